package plan

import "github.com/wheelhouse-gitops/wheelhouse/kube/object"

// A Namespace goes with everything in it. One that holds what an option or an annotation keeps stays, or keeping would mean nothing.

// holdings are the namespaces that hold what is kept, each with the first object by name and what keeps it.
type holdings map[string]holding

type holding struct {
	ref object.Ref
	why string
}

// add notes an object that is kept.
func (h holdings) add(ref object.Ref, why string) {
	if first, known := h[ref.Namespace]; ref.Namespace != "" && (!known || ref.Compare(first.ref) < 0) {
		h[ref.Namespace] = holding{ref, why}
	}
}

// keeps says why a Namespace is not deleted; "" when nothing that is kept is in it.
func (h holdings) keeps(ref object.Ref) string {
	held, ok := h[ref.Name]
	if !ok || !object.IsNamespace(ref) {
		return ""
	}
	return "kept: " + held.ref.String() + " is in it, " + held.why
}

// fill finds the namespaces that hold objects which git has no more and which are kept, whatever is selected.
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

// keepFull keeps the Namespaces that a deletion would take what it keeps along with.
func keepFull(steps []Step) {
	h := holdings{}
	for i := range steps {
		if s := &steps[i]; s.Verb == Keep {
			h.add(s.Ref, s.Reason)
		}
	}
	for i := range steps {
		s := &steps[i]
		if why := h.keeps(s.Ref); why != "" && s.Verb == Delete && !s.Dying() {
			s.Verb, s.Reason, s.Guard = Keep, why, ""
		}
	}
}
