package plan

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// guardHook guards a hook whose run deletes what holds data or other objects: earlier, an object that is there before it runs, or its
// own once it has ended. The step is bound to the earlier one. Ran is true where the hook runs before, in a phase of the same sync.
func guardHook(s *Step, earlier *unstructured.Unstructured, ran bool) {
	if !s.HoldsData() || deletion(s.Hook, earlier != nil || ran) == "" {
		return
	}
	s.Live, s.Guard = earlier, "prune:"+s.Ref.String()
	if s.Ref.Name == "" {
		s.Guard += s.Desired.GetGenerateName()
	}
}

// deletion says when a run of a hook deletes an object of its name; "" is never. There is one before where earlier is true.
func deletion(h *Hook, earlier bool) string {
	switch {
	case h.BeforeCreation && earlier:
		return "before the hook runs"
	case h.OnSuccess && h.OnFailure:
		return "when the hook has ended"
	case h.OnSuccess:
		return "when the hook has succeeded"
	case h.OnFailure:
		return "when the hook has failed"
	}
	return ""
}

// HoldsData reports whether the step's object is of a kind that holds data or other objects, so that nothing deletes it which was not
// confirmed by its name.
func (s *Step) HoldsData() bool { return guardedKind(s.Ref) }

// Unasked reports whether a run of the step's hook would delete an earlier object that holds data or other objects and that the plan
// did not ask about.
func (s *Step) Unasked(earlier *unstructured.Unstructured) bool {
	asked := s.Live != nil && s.Live.GetUID() == earlier.GetUID()
	return s.HoldsData() && deletion(s.Hook, true) != "" && !asked
}

// dropGuard drops the question about a hook that the rest of an operation deletes no more.
func (p *Plan) dropGuard(name string) {
	for i := range p.Guards {
		if name != "" && p.Guards[i].Name == name {
			p.Guards = append(p.Guards[:i:i], p.Guards[i+1:]...)
			return
		}
	}
}
