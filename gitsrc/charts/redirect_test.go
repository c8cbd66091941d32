package charts

import (
	"net/http"
	"testing"
)

func TestCredentialsStayWithTheServerThatTheyAreFor(t *testing.T) {
	t.Parallel()
	first, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://example.com/v2/", nil)
	if err != nil {
		t.Fatal(err)
	}
	for to, kept := range map[string]bool{
		"https://example.com/v3/": true, "https://EXAMPLE.com:443/v3/": true, "https://blobs.example.com/": false, "https://example.com:8443/": false,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, to, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Basic x")
		if err := sentOn(first.URL, req, []*http.Request{first}); err != nil || (req.Header.Get("Authorization") != "") != kept {
			t.Errorf("to %s: %v, with credentials %t", to, err, !kept)
		}
	}
}
