package charts

import (
	"net/http"
	"testing"
)

func TestCredentialsStayWithTheServerThatTheyAreFor(t *testing.T) {
	t.Parallel()
	ask := func(url string) *http.Request {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		return req
	}
	const protected, plain = "https://example.com/v2/", "http://example.com/v2/"
	for _, tt := range []struct {
		from, to string
		kept     bool
	}{
		{protected, "https://example.com/v3/", true},
		{protected, "https://EXAMPLE.com:443/v3/", true},
		{protected, "https://blobs.example.com/", false},
		{protected, "https://example.com:8443/", false},
		{plain, "https://example.com/v2/", true},
		{plain, "https://example.com:8443/v2/", false},
		{plain, "http://example.com:8080/v2/", false},
	} {
		first, req := ask(tt.from), ask(tt.to)
		req.Header.Set("Authorization", "Basic x")
		if err := FollowRedirect(first.URL, req, []*http.Request{first}); err != nil || (req.Header.Get("Authorization") != "") != tt.kept {
			t.Errorf("from %s to %s: %v, with credentials %t", tt.from, tt.to, err, !tt.kept)
		}
	}
}
