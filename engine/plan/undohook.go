package plan

import "github.com/wheelhouse-gitops/wheelhouse/engine/diff"

// UndoHooks adds to the plan of an undo or a rollback, which settles an interrupted operation and runs no hook, what becomes of its hooks whose outcome is not known: one that still
// runs is deleted, but for what may hold data, and each is asked about. What a hook did is not undone, and nobody asks about it later:
// the next sync runs it.
func UndoHooks(p *Plan, open []OpenHook) error {
	for _, o := range open {
		guard := Guard{Name: "hook:" + o.Ref.String(), Message: o.Why + "; what it did is not undone, and the next sync runs it again"}
		if o.Running != nil {
			s := Step{Ref: o.Ref, Verb: Delete, Guard: guard.Name, Live: o.Running, Diff: diff.Extra(o.Running), Reason: "hook that the interrupted operation left running"}
			if s.HoldsData() {
				s.Verb, s.Guard, s.Reason = Keep, "", "left as it is: it may hold data"
			}
			p.Steps = append(p.Steps, s)
		}
		p.Guards = append(p.Guards, guard)
	}
	sortSteps(p.Steps)
	return name(p)
}
