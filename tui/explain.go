package tui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/tui/screen"
	"github.com/wheelhouse-gitops/wheelhouse/tui/textview"
)

// openExplanation leads from an application's state to its first cause.
func openExplanation(env *screen.Env, key app.Key) tea.Cmd {
	return env.Open(textview.New(env, key, "why", "Nothing is known of it yet.", func(ctx context.Context) (string, error) {
		causes, err := env.Engine.Explain(ctx, key)
		return explanation(causes), err
	}).Wrapped())
}

// explanation writes the chain of causes as text: what each link is about, and below it what it says.
func explanation(causes []engine.Cause) string {
	var b strings.Builder
	for _, c := range causes {
		b.WriteString(strings.TrimSpace(c.Step+" "+c.Object) + "\n")
		for line := range strings.SplitSeq(c.Says, "\n") {
			b.WriteString("    " + line + "\n")
		}
	}
	return b.String()
}
