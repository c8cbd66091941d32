package kube

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// TestTheFateOfARequestWithoutAnAnswer sends requests to servers that do not answer.
func TestTheFateOfARequestWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	cuts := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	breaks := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "{")
	}))
	plain := httptest.NewServer(http.NotFoundHandler())
	for _, s := range []*httptest.Server{cuts, breaks, plain} {
		t.Cleanup(s.Close)
	}
	hangsUp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = hangsUp.Close() })
	go func() {
		for {
			c, err := hangsUp.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
		}
	}()
	for name, c := range map[string]struct {
		method, url string
		marked      bool
		sent        bool
	}{
		"nobody listens":                       {http.MethodPatch, gone.URL, true, false},
		"no encryption comes to be":            {http.MethodPatch, "https" + strings.TrimPrefix(plain.URL, "http"), true, false},
		"the encryption is cut off":            {http.MethodDelete, "https://" + hangsUp.Addr().String(), true, false},
		"the connection ends":                  {http.MethodPatch, cuts.URL, true, true},
		"the answer breaks off":                {http.MethodPatch, breaks.URL, true, true},
		"who reads is left to the client":      {http.MethodGet, cuts.URL, false, false},
		"an answer is no matter of connection": {http.MethodPatch, plain.URL, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req, err := http.NewRequestWithContext(t.Context(), c.method, c.url, nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := withFate(&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
			if err == nil {
				_, err = io.ReadAll(resp.Body)
				_ = resp.Body.Close()
			}
			u, marked := errors.AsType[*object.Unanswered](err)
			if marked != c.marked || marked && u.Sent != c.sent {
				t.Errorf("the error is %v, of one that was not answered: %v", err, marked)
			}
			if marked && u.Error() != u.Err.Error() {
				t.Errorf("it reads as %q", u)
			}
		})
	}
}
