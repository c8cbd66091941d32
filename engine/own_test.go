package engine

import (
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// TestWhatAnotherObjectOwns has an object with the application's mark and an owner: it is the application's while git asks for it, and
// neither the application's nor too much when git does not.
func TestWhatAnotherObjectOwns(t *testing.T) {
	t.Parallel()
	e := New(Ports{Store: installed{}}, Options{})
	t.Cleanup(e.Close)
	child := settings("child", "one", true)
	child.SetOwnerReferences([]metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: "owner", UID: "owner"}})
	ref := object.Of(child)
	look := func(before *examination, want ...*unstructured.Unstructured) *examination {
		x := &examination{app: app.Application{Metadata: app.Metadata{Name: "web"}}, live: object.LiveSet{
			Objects: map[object.Ref]*unstructured.Unstructured{ref: child, object.Of(settings("own", "one", true)): settings("own", "one", true)},
		}}
		x.want.objects, x.want.index = want, indexOf(want)
		x.own(before, "here")
		return x
	}
	wanted := look(nil, settings("own", "one", false), child)
	dropped := look(wanted, settings("own", "one", false))
	if e.isExtra(wanted, ref, child) || !slices.Contains(wanted.owned, ref) || len(wanted.owned) != 2 {
		t.Errorf("git asks for it, and the application's are %v", wanted.owned)
	}
	if e.isExtra(dropped, ref, child) || len(dropped.owned) != 1 {
		t.Errorf("git does not ask for it: it is too much %t, and the application's are %v", e.isExtra(dropped, ref, child), dropped.owned)
	}
	if again := look(dropped, settings("own", "one", false), child); len(again.owned) != 2 {
		t.Errorf("git asks for it again, and the application's are %v", again.owned)
	}
}
