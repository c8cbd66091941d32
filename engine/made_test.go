package engine

import (
	"context"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/engine/compare"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// answering is a cluster that answers dry runs with one object, and has it in another version too.
type answering struct {
	Cluster
	answer, converted *unstructured.Unstructured
	epoch             object.Epoch
	// after is the epoch once something was applied.
	after object.Epoch
}

func (a *answering) Apply(context.Context, object.ApplyRequest) (object.Answer, error) {
	a.epoch = a.after
	return object.Answer{Object: a.answer}, nil
}

func (a *answering) Epoch(context.Context, schema.GroupVersionKind) (object.Epoch, error) {
	return a.epoch, nil
}

func (a *answering) ReadAs(context.Context, schema.GroupVersionKind, object.Ref) (*unstructured.Unstructured, error) {
	return a.converted, nil
}

// TestWhatWasNotAnsweredWasMade looks at an object that has moved since an apply was sent that nobody answered: it was made where it
// would change nothing now, and not where somebody else moved the object.
func TestWhatWasNotAnsweredWasMade(t *testing.T) {
	t.Parallel()
	at := func(apiVersion, version, value string) *unstructured.Unstructured {
		u := settings("one", value, true)
		u.SetAPIVersion(apiVersion)
		u.SetUID("one")
		u.SetResourceVersion(version)
		return u
	}
	for name, c := range map[string]struct {
		newest, answer, converted *unstructured.Unstructured
		made                      bool
	}{
		"it was":                                {newest: at("v1", "2", "git"), answer: at("v1", "2", "git"), made: true},
		"somebody else wrote it":                {newest: at("v1", "2", "hand"), answer: at("v1", "2", "git")},
		"nobody did":                            {newest: at("v1", "1", "git"), answer: at("v1", "1", "git")},
		"it was, and is told in another":        {newest: at("v2", "2", "git"), answer: at("v1", "2", "git"), converted: at("v1", "2", "git"), made: true},
		"somebody else wrote it in another one": {newest: at("v2", "2", "hand"), answer: at("v1", "2", "git"), converted: at("v1", "2", "hand")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := New(Ports{Store: installed{}}, Options{})
			t.Cleanup(e.Close)
			op := &operation{engine: e, cluster: &answering{answer: c.answer, converted: c.converted}, lease: hold(free{}, wall{}, func() {})}
			made, err := op.applying(&plan.Step{}, at("v1", "", "git")).made(t.Context(), at("v1", "1", "before"), c.newest)
			if err != nil || made != c.made {
				t.Errorf("it was made: %t (%v), want %t", made, err, c.made)
			}
		})
	}
}

// TestAnApplyIsRememberedWithItsEpoch has what changes objects on their way in change while an apply is sent: the comparison after it
// does not take over what the apply has told, for the next one may come to something else.
func TestAnApplyIsRememberedWithItsEpoch(t *testing.T) {
	t.Parallel()
	for after, known := range map[string]bool{"first": true, "second": false} {
		e := New(Ports{Store: installed{}}, Options{})
		t.Cleanup(e.Close)
		want, made := settings("one", "git", true), settings("one", "git", true)
		made.SetResourceVersion("2")
		cluster := &answering{answer: made, epoch: object.Epoch{ID: "first"}, after: object.Epoch{ID: after}}
		op := &operation{engine: e, cluster: cluster, lease: hold(free{}, wall{}, func() {})}
		s := &plan.Step{Desired: want}
		for by, apply := range map[string]func() error{
			"changes": func() error { return op.applying(s, want).send(t.Context(), nil) },
			"creates": func() error {
				_, err := op.createOnce(t.Context(), s)
				return err
			},
		} {
			cluster.epoch = object.Epoch{ID: "first"}
			if err := apply(); err != nil {
				t.Fatal(err)
			}
			next := &compare.Comparer{Cluster: cluster, Memo: e.entry(op.plan.App).memo, Now: e.opts.Clock.Now()}
			if _, got := next.Known(t.Context(), object.Of(want), want, made); got != known {
				t.Errorf("what an apply that %s told is known in the epoch %s: %t", by, after, got)
			}
		}
	}
}
