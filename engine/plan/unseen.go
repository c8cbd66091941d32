package plan

import (
	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Unseen returns a step of a plan that somebody who approved another one was not shown, and false when there is none. A step was shown
// where the approved plan brings the same object to the same state, or deletes the same one: what differs by then, or was done
// already, does not count. A hook that was shown may run again.
func Unseen(approved, again *Plan) (Step, bool) {
	shown := make(map[object.Ref][]*Step, len(approved.Steps))
	for i := range approved.Steps {
		s := &approved.Steps[i]
		shown[s.Ref] = append(shown[s.Ref], s)
	}
	for i := range again.Steps {
		if s := &again.Steps[i]; s.Verb != Keep && !s.Left && !seen(shown[s.Ref], s) {
			return *s, true
		}
	}
	return Step{}, false
}

// LeaveOut leaves those steps out that the approver of another plan left out, with whatever is to be done to their objects now.
func LeaveOut(approved, again *Plan) {
	type act struct {
		ref   object.Ref
		phase Phase
	}
	left := map[act]bool{}
	for i := range approved.Steps {
		if s := &approved.Steps[i]; s.Left {
			left[act{s.Ref, s.Phase}] = true
		}
	}
	for i := range again.Steps {
		s := &again.Steps[i]
		s.Left = s.Left || left[act{s.Ref, s.Phase}]
	}
}

// seen reports whether one of the steps that were shown for an object covers a step.
func seen(shown []*Step, s *Step) bool {
	for _, a := range shown {
		if !a.Left && covers(a, s) {
			return true
		}
	}
	return false
}

// covers reports whether whoever approved a step has approved another one of the same object.
func covers(approved, s *Step) bool {
	switch s.Verb {
	case Create, Change, Own:
		// One that was to be made anew may be gone by now, and one that was made may differ.
		writes := approved.Verb == Create || approved.Verb == Change || approved.Verb == Own || approved.Verb == Replace
		return writes && sameDesired(approved, s)
	case Replace, RunHook:
		return approved.Verb == s.Verb && sameDesired(approved, s)
	case Delete, HandBack:
		return approved.Verb == s.Verb && approved.Live != nil && s.Live != nil && approved.Live.GetUID() == s.Live.GetUID()
	case Keep:
	}
	return true
}

func sameDesired(a, b *Step) bool {
	if a.Desired == nil || b.Desired == nil {
		return a.Desired == b.Desired
	}
	return equality.Semantic.DeepEqual(a.Desired.Object, b.Desired.Object)
}
