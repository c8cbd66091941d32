package values

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/tui/screen"
)

func (s *Screen) keep(kind string, edit app.ValuesEdit) tea.Cmd {
	s.saving = true
	return s.Act(kind, func(ctx context.Context) (any, error) {
		return nil, s.Engine.KeepValues(ctx, s.Principal, s.key, s.source, edit)
	})
}

// kept takes the end of keeping an override.
func (s *Screen) kept(r screen.Reply) tea.Cmd {
	s.saving = false
	if r.Err != nil {
		return nil
	}
	delete(s.Drafts, s.key)
	told := "kept as an override in the application"
	if s.preview != nil && len(s.preview.Result.Overridden) > 0 && s.previewed == s.typed {
		told += ": " + strings.Join(s.preview.Result.Overridden, ", ")
	}
	next := s.Init()
	if r.Kind == "keep and plan" {
		return tea.Batch(next, screen.Tell(told), s.doors.Plan(s.key))
	}
	return tea.Batch(next, screen.Tell(told+"; ctrl+p plans the sync"))
}

// askCommit asks for message and branch.
func (s *Screen) askCommit(edit app.ValuesEdit) tea.Cmd {
	v, _ := s.Engine.View(s.key)
	branch := ""
	if sources := v.App.Spec.AllSources(); s.source < len(sources) {
		branch = sources[s.source].TargetRevision
	}
	message := s.key.Name + ": change values"
	if s.preview != nil && s.previewed == s.typed && len(s.preview.Result.Overridden) > 0 {
		message = s.key.Name + ": set " + strings.Join(s.preview.Result.Overridden, ", ")
	}
	lines := []string{"Another branch than the followed one is made from it."}
	if s.preview != nil && s.previewed == s.typed && s.preview.Result.Shadowed != "" {
		lines = append(lines, app.StaysSet(s.preview.Result.Shadowed))
	}
	return screen.Question(screen.Dialog{
		Title: "Commit " + s.values.Editable + " and push it?", Yes: "commit and push",
		Lines:  lines,
		Fields: []screen.Field{{Label: "message", Value: message, Needed: true}, {Label: "branch", Value: branch, Needed: true}},
		Accept: func(values []string) tea.Cmd {
			s.saving = true
			request := engine.CommitRequest{
				Message: values[0], Branch: values[1], Author: s.Principal.Name + " <" + s.Principal.Name + "@wheelhouse.local>",
			}
			return s.Act("commit", func(ctx context.Context) (any, error) {
				return s.Engine.CommitValues(ctx, s.Principal, s.key, s.source, edit, request)
			})
		},
	})
}

// committed takes the end of a commit.
func (s *Screen) committed(r screen.Reply) tea.Cmd {
	s.saving = false
	c, ok := r.Value.(app.Commit)
	if r.Err != nil || !ok {
		return nil
	}
	delete(s.Drafts, s.key)
	return tea.Batch(s.Init(), screen.Tell("pushed commit "+c.Short()))
}
