package values

import (
	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/tui/action"
)

// Disabled says why the values cannot be kept or committed.
func (s *Screen) Disabled(id action.ID) string {
	switch id {
	case action.Keep, action.PlanEdit, action.Commit:
	default:
		return ""
	}
	denied := s.May(s.Engine.Allowed(s.Principal, engine.ActEdit))
	switch {
	case s.err != nil || !s.loaded:
		return "the values are not there"
	case denied != "":
		return denied
	case s.saving:
		return "the values are being written"
	case id == action.Keep && s.values.CommitOnly != "":
		return "commit it instead: " + s.values.CommitOnly
	case !s.dirty() && id != action.PlanEdit:
		return "nothing has been edited"
	case s.preview != nil && s.previewed == s.typed && broken(s.preview.Result.Problems):
		return "the text has errors: " + firstProblem(s.preview.Result.Problems)
	case id == action.Commit && !s.inGit() && s.commitOnly() != "":
		return "the values come with the chart, and " + s.commitOnly()
	case id == action.Commit && !s.inGit():
		return "the values come with the chart: keep them as an override"
	case id != action.Commit && s.dirty() && s.commitOnly() != "":
		return "commit it instead: " + s.commitOnly()
	case id == action.Keep && s.same():
		return "no value has changed; a comment can only be committed"
	}
	return ""
}

// commitOnly says why the text can only be committed.
func (s *Screen) commitOnly() string {
	if s.values.CommitOnly == "" && s.preview != nil && s.previewed == s.typed {
		return s.preview.Result.CommitOnly
	}
	return s.values.CommitOnly
}

// inGit reports whether the source's files can be committed.
func (s *Screen) inGit() bool {
	v, _ := s.Engine.View(s.key)
	sources := v.App.Spec.AllSources()
	return s.source >= len(sources) || sources[s.source].InGit()
}

// same reports whether the text is known to come to the values that git has, while the application has no override.
func (s *Screen) same() bool {
	return s.preview != nil && s.previewed == s.typed && s.values.Override == "" && len(s.values.Parameters) == 0 &&
		len(s.preview.Result.Overridden) == 0
}

func broken(problems []app.Problem) bool { return firstProblem(problems) != "" }

// firstProblem is the first error in words, "" when there is none.
func firstProblem(problems []app.Problem) string {
	for _, p := range problems {
		if !p.Warning {
			return p.String()
		}
	}
	return ""
}
