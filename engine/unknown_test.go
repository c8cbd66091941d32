package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/health"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// unknowing returns an examination of two Deployments, of which the server tells about one place or not.
func unknowing(want, live *unstructured.Unstructured, reason error, before *examination, previous ...object.Ref) *examination {
	x := accounted(nil, nil, nil, nil)
	x.want.objects, x.want.index = []*unstructured.Unstructured{want}, indexOf([]*unstructured.Unstructured{want})
	x.live.Objects, x.previous = map[object.Ref]*unstructured.Unstructured{}, previous
	d := diff.Diff{Ref: object.Of(want), Verdict: diff.Create}
	if live != nil {
		x.live.Objects[object.Of(live)] = live
		d.Verdict = diff.InSync
	}
	if reason != nil {
		x.live.Unreadable = map[object.Place]error{object.Of(want).Place(): reason}
		d = diff.Unknown(want, reason)
	}
	x.diffs, x.resources, x.owned = []*diff.Diff{&d}, nil, nil
	var known *rows
	if before != nil {
		known = &before.rows
	}
	x.judge(known)
	x.tell(known)
	x.own(before, "here")
	return x
}

func TestWhatIsUnknownIsNotMissing(t *testing.T) {
	t.Parallel()
	for name, reason := range map[string]error{
		"the server fails to tell": fmt.Errorf("%w: the webhook is down", object.ErrFailing),
		"it may not be read":       apierrors.NewForbidden(schema.GroupResource{Group: "apps", Resource: "deployments"}, "front", errors.New("no")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whatIsUnknownIsNotMissing(t, reason)
		})
	}
}

func whatIsUnknownIsNotMissing(t *testing.T, reason error) {
	t.Helper()
	front := deployment("front", 1, 1)
	ref := object.Of(front)
	known := unknowing(front, front, nil, nil)
	unknown := unknowing(front, nil, reason, known, known.owned...)

	var s app.Status
	statusOf(&s, unknown)
	if s.Sync.Status != app.SyncUnknown || s.Health.Status != app.HealthUnknown || s.Resources[0].Status != app.SyncUnknown || s.Resources[0].Health.Status != app.HealthUnknown {
		t.Errorf("it is %s and %s, its object %s and %s", s.Sync.Status, s.Health.Status, s.Resources[0].Status, s.Resources[0].Health.Status)
	}
	if len(s.Conditions) != 1 || s.Conditions[0].Type != app.ConditionComparisonError || !strings.HasPrefix(s.Conditions[0].Message, "Deployment.apps in web: "+reason.Error()) {
		t.Errorf("the conditions are %+v", s.Conditions)
	}
	if !slices.Equal(unknown.owned, []object.Ref{ref}) {
		t.Errorf("the inventory becomes %v", unknown.owned)
	}

	t.Run("a missing one is missing again", func(t *testing.T) {
		t.Parallel()
		gone := unknowing(front, nil, nil, unknown, unknown.owned...)
		var s app.Status
		statusOf(&s, gone)
		if s.Sync.Status != app.OutOfSync || s.Health.Status != app.Missing || len(s.Conditions) != 0 || len(gone.owned) != 0 {
			t.Errorf("it is %s and %s with %+v, and owns %v", s.Sync.Status, s.Health.Status, s.Conditions, gone.owned)
		}
	})
	t.Run("one that is unknown for another reason says that", func(t *testing.T) {
		t.Parallel()
		var s app.Status
		statusOf(&s, unknowing(front, nil, errors.New("the line is cut"), unknown, unknown.owned...))
		if h := s.Resources[0].Health; h.Status != app.HealthUnknown || h.Message != "the line is cut" {
			t.Errorf("it is %s: %s", h.Status, h.Message)
		}
	})
	t.Run("one that is back is as it was", func(t *testing.T) {
		t.Parallel()
		var s app.Status
		statusOf(&s, unknowing(front, front, nil, unknown, unknown.owned...))
		if s.Sync.Status != app.Synced || s.Health.Status != app.Healthy || len(s.Conditions) != 0 {
			t.Errorf("it is %s and %s with %+v", s.Sync.Status, s.Health.Status, s.Conditions)
		}
	})
	t.Run("so is one that git has no more", func(t *testing.T) {
		t.Parallel()
		other := deployment("other", 1, 1)
		other.SetNamespace("elsewhere")
		x := unknowing(other, other, nil, nil, ref)
		x.live.Unreadable = map[object.Place]error{ref.Place(): reason}
		var s app.Status
		statusOf(&s, x)
		if s.Sync.Status != app.SyncUnknown || len(s.Conditions) != 1 {
			t.Errorf("it is %s with %+v", s.Sync.Status, s.Conditions)
		}
	})
	t.Run("what nobody has of it concerns nobody", func(t *testing.T) {
		t.Parallel()
		x := unknowing(front, front, nil, nil)
		x.live.Unreadable = map[object.Place]error{{Kind: ref.GroupKind(), Namespace: "elsewhere"}: reason}
		var s app.Status
		statusOf(&s, x)
		if s.Sync.Status != app.Synced || len(s.Conditions) != 0 {
			t.Errorf("it is %s with %+v", s.Sync.Status, s.Conditions)
		}
	})
	t.Run("its health counts before all others", func(t *testing.T) {
		t.Parallel()
		h := health.Application([]*health.Item{
			{Ref: ref, Object: front, Health: app.Health{Status: app.Degraded}}, {Ref: ref, Health: app.Health{Status: app.HealthUnknown}},
		})
		if h.Status != app.HealthUnknown {
			t.Errorf("the application is %s", h.Status)
		}
	})
}

// TestSecretsOnTheWayBack are in a record without their data: what is there, what is not, and what may not be read.
func TestSecretsOnTheWayBack(t *testing.T) {
	t.Parallel()
	ref := object.Ref{Kind: "Secret", Namespace: "web", Name: "key"}
	for name, c := range map[string]struct {
		live object.LiveSet
		want string
	}{
		"it is there":        {object.LiveSet{Objects: map[object.Ref]*unstructured.Unstructured{ref: {}}}, "Secret/web/key is kept as it is live: "},
		"it is not":          {object.LiveSet{}, "Secret/web/key is not there and cannot be made again: "},
		"nobody knows of it": {object.LiveSet{Unreadable: map[object.Place]error{ref.Place(): errors.New("forbidden")}}, "Secret/web/key is left alone, if it is there: it cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := maskedNote(ref, c.live); !strings.HasPrefix(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestWhoMayReadNothing is about comparisons that rights end: those of which nothing would be left.
func TestWhoMayReadNothing(t *testing.T) {
	t.Parallel()
	front, key := object.Of(deployment("front", 1, 1)), object.Ref{Kind: "Secret", Namespace: "web", Name: "key"}
	forbidden := errors.New("secrets is forbidden")
	failing := fmt.Errorf("%w: the webhook is down", object.ErrFailing)
	for name, c := range map[string]struct {
		unreadable map[object.Place]error
		objects    map[object.Ref]*unstructured.Unstructured
		want       string
	}{
		"all may be read":                       {},
		"one of two may be read":                {unreadable: map[object.Place]error{key.Place(): forbidden}},
		"the other one fails":                   {unreadable: map[object.Place]error{key.Place(): forbidden, front.Place(): failing}},
		"one is read although its kind may not": {unreadable: map[object.Place]error{key.Place(): forbidden, front.Place(): forbidden}, objects: map[object.Ref]*unstructured.Unstructured{front: {}}},
		"none may": {
			unreadable: map[object.Place]error{key.Place(): forbidden, front.Place(): forbidden}, want: "Secret in web: secrets is forbidden",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ""
			if err := barred([]object.Ref{key, front}, &object.LiveSet{Objects: c.objects, Unreadable: c.unreadable}); err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
