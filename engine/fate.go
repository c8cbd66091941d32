package engine

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// A write without an answer is one of two. It certainly did not reach the server: then it is sent again as it was, held to the same
// version and UID. Or it may have been done: then the object is read first. Where that does not tell either, as of a hook that is not
// there, the operation ends as if its process had died.

// errFate is the end of a write that may have been done or not: the journal says no more than that it was intended.
var errFate = errors.New("what became of the write is not known")

// read reads an object, once the server is there.
func (op *operation) read(ctx context.Context, ref object.Ref) (*unstructured.Unstructured, error) {
	for tries := 1; ; tries++ {
		u, err := op.cluster.Read(ctx, ref)
		if _, cut := errors.AsType[*url.Error](err); !cut || ctx.Err() != nil || tries == writeTries {
			return u, err
		}
		if err := op.outlast(ctx, err); err != nil {
			return nil, err
		}
	}
}

// repeat makes a write that comes to the same when it is made twice.
func (op *operation) repeat(ctx context.Context, send func(context.Context) error) error {
	for tries := 1; ; tries++ {
		err := op.write(ctx, send)
		if !unknown(err) || tries == writeTries {
			return err
		}
		if err := op.outlast(ctx, err); err != nil {
			return fateOf(err)
		}
	}
}

// unsent reports whether a write certainly did not reach the server.
func unsent(err error) bool {
	u, ok := errors.AsType[*object.Unanswered](err)
	return ok && !u.Sent
}

// unknown reports whether a write may have been done although nobody said so: its connection ended, somebody between here and the
// server answered for it, or the server lost sight of it.
func unknown(err error) bool {
	if u, ok := errors.AsType[*object.Unanswered](err); ok {
		return u.Sent
	}
	s := answerOf(err)
	return lostSight(&s) || byProxy(&s)
}

// answerOf returns what a server answered instead of doing what it was asked; the zero Status when it did not answer.
func answerOf(err error) metav1.Status {
	var status apierrors.APIStatus // no error type, which AsType wants
	if errors.As(err, &status) {
		return status.Status()
	}
	return metav1.Status{}
}

// byProxy reports whether an answer is of somebody between here and the server who has not had the server's.
func byProxy(s *metav1.Status) bool {
	switch s.Code {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return s.Details != nil && slices.ContainsFunc(s.Details.Causes, func(c metav1.StatusCause) bool {
			return c.Type == metav1.CauseTypeUnexpectedServerResponse
		})
	}
	return false
}

// lostSight reports whether a server answered that it does not know what became of a write: its store did not answer in time (504), or
// failed in a way that the server has no word for (500 without a reason), as etcd does when its leader changes.
func lostSight(s *metav1.Status) bool {
	return s.Reason == metav1.StatusReasonTimeout && !byProxy(s) ||
		s.Reason == metav1.StatusReasonUnknown && s.Code == http.StatusInternalServerError
}

// undecided is the end of a write that may have been done when the server is there and cannot tell either. Whoever answered that it
// cannot be taken (503) is believed, and so is a server that fails each time at what may be done twice: what it did, the next
// comparison shows.
func undecided(open, why error, once bool) error {
	s := answerOf(open)
	switch {
	case apierrors.IsServiceUnavailable(open), lostSight(&s) && !once:
		return errors.Join(open, why)
	case why == nil:
		return fmt.Errorf("%w: %w", errFate, open)
	}
	return fmt.Errorf("%w: %w; %w", errFate, open, why)
}

// fateOf is the end of a write that may have been done, for which nobody could look.
func fateOf(err error) error {
	if errors.Is(err, app.ErrTerminated) {
		return errCut
	}
	return fmt.Errorf("%w: %w", errFate, err)
}

// withoutRequest says why a request was not answered, and not which.
func withoutRequest(err error) string {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	if u, ok := errors.AsType[*object.Unanswered](err); ok {
		err = u.Err
	}
	return serverWords(err)
}
