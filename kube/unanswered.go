package kube

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// withFate says of every request that may change something, dry runs too, whether it can have reached the server when it got no
// answer: see [object.Unanswered]. It stands next to the transport, for only there it is known whether there was a connection.
func withFate(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		if req.Method == http.MethodGet {
			return next.RoundTrip(req)
		}
		var sent atomic.Bool
		trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { sent.Store(true) }}
		resp, err := next.RoundTrip(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
		if err != nil {
			return nil, &object.Unanswered{Err: err, Sent: sent.Load()}
		}
		resp.Body = cutBody{resp.Body}
		return resp, nil
	})
}

// cutBody is an answer that may break off.
type cutBody struct{ io.ReadCloser }

func (b cutBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = &object.Unanswered{Err: err, Sent: true}
	}
	return n, err
}
