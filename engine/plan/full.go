package plan

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// A Namespace goes with everything in it, and a CustomResourceDefinition with every object of its kind. One that holds what an option or
// an annotation keeps stays, or keeping would mean nothing.

// container is what other objects go with: a Namespace by its name, or the kind that a definition defines.
type container struct {
	namespace string
	kind      schema.GroupKind
}

// containerOf returns what an object is to others, and false when it holds none.
func containerOf(ref object.Ref, u *unstructured.Unstructured) (container, bool) {
	if object.IsNamespace(ref) {
		return container{namespace: ref.Name}, true
	}
	kind, ok := defined(u)
	return container{kind: kind}, ok
}

// containers are those of an object.
func containers(ref object.Ref) []container {
	out := []container{{kind: ref.GroupKind()}}
	if ref.Namespace != "" {
		out = append(out, container{namespace: ref.Namespace})
	}
	return out
}

// holdings are the containers of what is kept, each with the first object by name and what keeps it.
type holdings map[container]holding

type holding struct {
	ref object.Ref
	why string
}

// add notes an object that is kept.
func (h holdings) add(ref object.Ref, why string) {
	for _, c := range containers(ref) {
		if first, known := h[c]; !known || ref.Compare(first.ref) < 0 {
			h[c] = holding{ref, why}
		}
	}
}

// keeps says why a Namespace or a definition is not deleted; "" when nothing that is kept goes with it.
func (h holdings) keeps(ref object.Ref, live *unstructured.Unstructured) string {
	c, holds := containerOf(ref, live)
	held, ok := h[c]
	switch {
	case !holds || !ok:
		return ""
	case c.namespace == "":
		return "kept: " + held.ref.String() + " is of its kind, " + held.why
	}
	return "kept: " + held.ref.String() + " is in it, " + held.why
}

// fill finds the containers of objects which git has no more and which are kept, whatever is selected.
func (h holdings) fill(b *builder) {
	for i := range b.in.Objects {
		ref := b.in.Objects[i].Diff.Ref
		live := b.in.Live[ref]
		if b.in.Objects[i].Desired != nil || live == nil || !Extra(live, b.plan.App.Tracking(), b.in.Installation) {
			continue
		}
		if why := b.preserved(live); why != "" {
			h.add(ref, why)
		}
	}
}

// occupied says why a Namespace or a definition that git has no more stays for what git has; "" when it has nothing that goes with it.
func (b *builder) occupied(ref object.Ref, live *unstructured.Unstructured) string {
	c, holds := containerOf(ref, live)
	switch {
	case !holds || !b.occupies[c]:
		return ""
	case c.namespace == "":
		return "kept: git has objects of its kind"
	}
	return "kept: git has objects in it"
}

// keepFull keeps the Namespaces that a deletion would take what it keeps along with. It keeps all definitions anyway.
func keepFull(steps []Step) {
	h := holdings{}
	for i := range steps {
		if s := &steps[i]; s.Verb == Keep {
			h.add(s.Ref, s.Reason)
		}
	}
	for i := range steps {
		s := &steps[i]
		if s.Verb != Delete || s.Dying() {
			continue
		}
		if why := h.keeps(s.Ref, s.Live); why != "" {
			s.Verb, s.Reason, s.Guard = Keep, why, ""
		}
	}
}
