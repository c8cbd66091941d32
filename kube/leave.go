package kube

import (
	"net/http"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// withLeave keeps requests back that write, dry runs too, when their context gives no leave. It is asked this late since a request
// waits for its turn, and is sent again when the server has too much to do.
func withLeave(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		if req.Method != http.MethodGet {
			if err := object.Leave(req.Context()); err != nil {
				return nil, err
			}
		}
		return next.RoundTrip(req)
	})
}
