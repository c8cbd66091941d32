package planview

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/tui/screen"
	"github.com/wheelhouse-gitops/wheelhouse/tui/widget"
)

// cannotCommit says why a rollback cannot be followed by a commit in git.
func (s *Screen) cannotCommit() string {
	switch {
	case s.plan.Resumes != nil:
		return asApproved
	case s.opts.Commit != nil:
		return ""
	case s.err != nil:
		return "there is no plan: " + s.err.Error()
	case s.kind() != app.KindRollback:
		return "only a rollback can be committed: a sync is of a commit already"
	case len(s.plan.Commits) == 0:
		return "the record names no commit"
	case !slices.ContainsFunc(s.plan.Sources, app.Source.InGit):
		return "its sources are in no git repository"
	}
	return s.May(s.Engine.Allowed(s.Principal, engine.ActEdit))
}

// commitToo asks for message and branch and plans again with the commit, or takes it out of the plan.
func (s *Screen) commitToo() tea.Cmd {
	if s.opts.Commit != nil {
		s.opts.Commit = nil
		return s.request()
	}
	branch := s.followed()
	return screen.Question(screen.Dialog{
		Title: "Restore it in git too?", Yes: "plan with it",
		Lines: []string{"Nothing is pushed before the plan is applied. Another branch than the followed one is made from it."},
		Fields: []screen.Field{
			{Label: "message", Value: s.commitMessage(), Needed: true}, {Label: "branch", Value: branch},
		},
		Accept: func(values []string) tea.Cmd {
			c := &plan.CommitOptions{Message: values[0], Branch: values[1]}
			if c.Branch == branch {
				// Each source has the one that it follows.
				c.Branch = ""
			}
			s.opts.Commit = c
			return s.request()
		},
	})
}

// followed names the branches that the application's git sources follow; "" is that of HEAD.
func (s *Screen) followed() string {
	v, _ := s.Engine.View(s.key)
	var out []string
	for _, src := range v.App.Spec.AllSources() {
		if src.InGit() && src.TargetRevision != "" && !slices.Contains(out, src.TargetRevision) {
			out = append(out, src.TargetRevision)
		}
	}
	if len(out) != 1 {
		return ""
	}
	return out[0]
}

func (s *Screen) commitMessage() string {
	for i, src := range s.plan.Sources {
		if src.InGit() && i < len(s.plan.Commits) {
			return s.key.Name + ": restore as of " + s.plan.Commits[i].Short()
		}
	}
	return s.key.Name + ": restore"
}

// mostFiles bounds how many files of a commit are listed.
const mostFiles = 12

// commitLines lists what the commits of a rollback change.
func (s *Screen) commitLines(w int) []string {
	var out []string
	for i := range s.plan.Restores {
		files := s.plan.Restores[i].Draft.Files
		for j, f := range files {
			if j == mostFiles {
				out = append(out, "  "+s.Look.Muted.Render(widget.Count(len(files)-mostFiles, "more file")))
				break
			}
			out = append(out, "   "+s.Look.Cut(widget.Line(plan.Stat(f)), w-3))
		}
	}
	return out
}

// unpushed says that the rollback is done and its commit is not, and what to do.
func (s *Screen) unpushed(w int) []string {
	if s.run == nil {
		return nil
	}
	err := s.run.Unpushed()
	if err == nil {
		return nil
	}
	text := strings.ToUpper(err.Error()[:1]) + err.Error()[1:] + "."
	return append(widget.Paragraph(s.Look.Bad, text, w), widget.Paragraph(s.Look.Muted, hint.Of(err), w)...)
}
