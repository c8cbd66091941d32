package engine

import (
	"errors"

	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// refused returns why a step is not sent that the plan shows as refused: what refuses it may have gone by now, and then something
// would be written that nobody was shown. A step whose outcome the plan does show is sent where others were carried out before it,
// which may be what it lacked: a Pod is refused before its ServiceAccount is there. Automation approves of what git asks for, not of
// what it was shown, so there the server is asked again.
func (op *operation) refused(s *plan.Step) error {
	switch {
	case s.Refused == "":
		return nil
	case s.Diff.Verdict == diff.NotCompared:
		// What would happen is not known.
	case s.Diff.How == diff.Schema && op.plan.Options.DryRun:
		// A dry run does not write the definition that refuses it, and the server has none, or another.
	case op.principal.Automated, op.wrote.Load() && shown(s):
		return nil
	}
	return hint.With(errors.New(s.Refused), remedyOf(s))
}

// remedyOf says what a person can do about a step that a plan shows as refused.
func remedyOf(s *plan.Step) string {
	if s.Verb == plan.RunHook {
		return remedyOfNamesake
	}
	switch s.Diff.Verdict {
	case diff.Refused, diff.Create:
		return "change the manifest in git, or what refuses it, then " + lookAgain
	case diff.Immutable:
		if plan.Replaceable(s.Ref) {
			return "change it back in git, or have it deleted and made anew: --force, or Replace=true,Force=true in its sync-options"
		}
		return "change it back in git: it is never deleted to be made anew, for what it holds"
	case diff.MissingKind:
		return "install what defines the kind, declare its definition beside it, or write the object in a version that the cluster serves"
	case diff.NotCompared, diff.InSync, diff.OwnershipOnly, diff.Differs, diff.Prune, diff.Conflict, diff.Foreign:
	}
	return lookAgain
}

// shown reports whether a plan shows what a refused step would come to: the whole object where there is none yet, or Changes that
// were found without the server.
func shown(s *plan.Step) bool {
	switch s.Diff.Verdict {
	case diff.Create, diff.Differs, diff.OwnershipOnly:
		return true
	case diff.Refused:
		return s.Live == nil
	case diff.NotCompared, diff.InSync, diff.Prune, diff.Conflict, diff.Immutable, diff.MissingKind, diff.Foreign:
	}
	return false
}
