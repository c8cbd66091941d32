package kube

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

// A proxy that has lost the API server may keep its clients' connections open and say nothing more on them. What client-go asks
// of a quiet connection (a ping of HTTP/2, after half a minute) the proxy answers itself, and on HTTP/1.1 there is none. So
// silence is measured by what the API server does: it ends an ordinary request after a minute and a watch after the time that
// was asked for, and sends a bookmark on a watch every minute or two. A watch that ends for its silence is begun anew from where
// it was, so that one which had nothing to say costs a request.

const (
	// answerWithin bounds the wait for an answer to begin, and the time for which a cluster that says nothing counts as known.
	answerWithin = 2 * time.Minute
	// bookmarkWithin bounds the silence of a watch on which the server has sent a bookmark.
	bookmarkWithin = 3 * time.Minute
	// watchGrace is how much longer than it was asked for a watch may last.
	watchGrace = 30 * time.Second
)

// errSilent says that a request was taken and not answered.
var errSilent = errors.New("the server, or a proxy before it, took the request and has not answered within " + answerWithin.String())

// promptly sends a request, and gives it up when no answer begins. A log that is followed may have nothing to say.
func promptly(next http.RoundTripper, req *http.Request) (*http.Response, error) {
	if strings.Contains(req.URL.RawQuery, "follow=true") {
		return next.RoundTrip(req)
	}
	ctx, cancel := context.WithCancelCause(req.Context())
	late := time.AfterFunc(answerWithin, func() { cancel(errSilent) })
	resp, err := next.RoundTrip(req.WithContext(ctx))
	late.Stop()
	if err != nil {
		if errors.Is(context.Cause(ctx), errSilent) {
			err = errSilent
		}
		cancel(nil)
		return nil, err
	}
	resp.Body = &endingBody{ReadCloser: resp.Body, end: func() { cancel(nil) }}
	return resp, nil
}

// endingBody is the body of an answer whose request has a context of its own.
type endingBody struct {
	io.ReadCloser
	end func()
}

// Close ends the request.
func (b *endingBody) Close() error {
	defer b.end()
	return b.ReadCloser.Close()
}
