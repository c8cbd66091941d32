package plan

// Group is a phase and wave: its steps start together, kind after kind.
type Group struct {
	Phase Phase
	Wave  int
	// Steps are indexes into Plan.Steps, in order.
	Steps []int
}

// Groups returns the groups of a plan in their order, without steps that do nothing or were left out, and without the deletions of hooks
// that have succeeded, which come after all of them. Those of the SyncFail phase are for a failed operation only.
func (p *Plan) Groups() []Group {
	var out []Group
	for i := range p.Steps {
		s := &p.Steps[i]
		if s.Left || s.Verb == Keep || s.EndsHook() {
			continue
		}
		if n := len(out); n == 0 || out[n-1].Phase != s.Phase || out[n-1].Wave != s.Wave {
			out = append(out, Group{Phase: s.Phase, Wave: s.Wave})
		}
		g := &out[len(out)-1]
		g.Steps = append(g.Steps, i)
	}
	return out
}

// EndsHook reports whether a step deletes a hook that has succeeded, which is done when all else is.
func (s *Step) EndsHook() bool { return s.Verb == Delete && s.Hook != nil }

// HandlesFailure reports whether the plan has SyncFail hooks.
func (p *Plan) HandlesFailure() bool {
	for _, g := range p.Groups() {
		if g.Phase == SyncFail {
			return true
		}
	}
	return false
}
