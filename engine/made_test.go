package engine

import (
	"context"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// answering is a cluster that answers dry runs with one object, and has it in another version too.
type answering struct {
	Cluster
	answer, converted *unstructured.Unstructured
}

func (a *answering) Apply(context.Context, object.ApplyRequest) (object.Answer, error) {
	return object.Answer{Object: a.answer}, nil
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
