package engine

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/action"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// TestAnswersToActions has the server refuse an action, and repeat the object, as it does of a patch of another type.
func TestAnswersToActions(t *testing.T) {
	t.Parallel()
	whole := strconv.Quote(`{"metadata":{"name":"web"},"spec":{"text":"` + strings.Repeat("x", 500) + `"}}`)
	status := func(code int32, reason metav1.StatusReason) error {
		return &apierrors.StatusError{ErrStatus: metav1.Status{Code: code, Reason: reason, Message: `"" is invalid: patch: Invalid value: ` + whole + ": a number is wanted"}}
	}
	noRight := apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "web", errors.New(`User "a" cannot patch resource "pods"`))
	for name, c := range map[string]struct {
		err                 error
		declined, forbidden bool
	}{
		"what is invalid":      {err: status(http.StatusUnprocessableEntity, metav1.StatusReasonInvalid), declined: true},
		"what a policy denies": {err: status(http.StatusForbidden, metav1.StatusReasonForbidden), declined: true},
		"what may not be done": {err: noRight, forbidden: true},
		"what is not there":    {err: status(http.StatusNotFound, metav1.StatusReasonNotFound)},
		"no answer":            {err: context.DeadlineExceeded},
		"a server that failed": {err: status(http.StatusInternalServerError, metav1.StatusReasonInternalError)},
	} {
		err := answered(c.err)
		if !errors.Is(err, c.err) || errors.Is(err, ErrDeclined) != c.declined || errors.Is(err, ErrForbidden) != c.forbidden {
			t.Errorf("%s: %v", name, err)
		}
		if text := err.Error(); c.declined && (len(text) > 200 || !strings.HasSuffix(text, ": a number is wanted")) {
			t.Errorf("%s: %s", name, text)
		}
	}
	e := New(Ports{}, Options{})
	t.Cleanup(e.Close)
	if r := e.outcome(app.Record{}, status(http.StatusUnprocessableEntity, metav1.StatusReasonInvalid)); len(r.Message) > 200 {
		t.Errorf("the record says %s", r.Message)
	}
}

// TestOutcomesOfActions tells what was not done from what is not known.
func TestOutcomesOfActions(t *testing.T) {
	t.Parallel()
	e := New(Ports{}, Options{})
	t.Cleanup(e.Close)
	const unknown = "whether it was done is not known"
	for name, c := range map[string]struct {
		err     error
		phase   app.OperationPhase
		unknown bool
	}{
		"done":      {nil, app.OperationSucceeded, false},
		"refused":   {fmt.Errorf("patch: %w", apierrors.NewNotFound(schema.GroupResource{Resource: "pods"}, "web")), app.OperationFailed, false},
		"no answer": {context.DeadlineExceeded, app.OperationError, true},
		"an answer that the server gave up": {
			&apierrors.StatusError{ErrStatus: metav1.Status{Code: http.StatusGatewayTimeout, Message: "timeout"}}, app.OperationError, true,
		},
	} {
		r := e.outcome(app.Record{}, c.err)
		if r.Phase != c.phase || strings.Contains(r.Message, unknown) != c.unknown || r.FinishedAt.IsZero() {
			t.Errorf("%s: it is %s: %s", name, r.Phase, r.Message)
		}
		if c.err != nil && !strings.Contains(r.Message, c.err.Error()) {
			t.Errorf("%s: it does not say why: %s", name, r.Message)
		}
	}
}

func TestHistoryIsInterleavedByTime(t *testing.T) {
	t.Parallel()
	at := func(id string, minute int) app.Record {
		return app.Record{ID: id, StartedAt: time.Unix(0, 0).Add(time.Duration(minute) * time.Minute)}
	}
	var got []string
	for _, r := range happened([]app.Record{at("r3", 9), at("r2", 4), at("r1", 1)}, []app.Record{at("a3", 10), at("a2", 5), at("a1", 4)}) {
		got = append(got, r.ID)
	}
	if text := strings.Join(got, " "); text != "a3 r3 a2 a1 r2 r1" {
		t.Errorf("newest first it is %s", text)
	}
}

// TestAGuardedActionIsRefusedUntilItIsConfirmed asks for the deletion of something that holds more; nothing is asked of a cluster.
func TestAGuardedActionIsRefusedUntilItIsConfirmed(t *testing.T) {
	t.Parallel()
	e := New(Ports{}, Options{})
	t.Cleanup(e.Close)
	pl := ActionPlan{Action: action.Action{Class: action.Remove}, Guards: []plan.Guard{{Name: "prune:Namespace/web", Message: "deletes it"}}}
	for _, confirmed := range [][]string{nil, {"web"}, {"prune:Namespace/other"}} {
		err := e.Act(t.Context(), app.Principal{Name: "ada", Role: app.Admin}, pl, confirmed)
		if !errors.Is(err, ErrGuarded) || !strings.Contains(err.Error(), "prune:Namespace/web: deletes it") || hint.Of(err) == "" {
			t.Errorf("confirmed %q it was answered with %v", confirmed, err)
		}
	}
}
