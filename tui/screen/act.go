package screen

import (
	"context"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// The acts on an application that several screens offer. Each asks first; the engine has the last word.

// CannotTerminate says why an application's operation cannot be ended from here.
func (b *Base) CannotTerminate(v engine.View) string {
	switch {
	case v.Held != nil:
		// It runs in another process, which is asked to end it.
	case v.Progress == nil || v.Progress.Phase.Done():
		return "no operation runs"
	}
	return b.May(b.Engine.Allowed(b.Principal, engine.ActTerminate))
}

// Terminate asks whether to end the running operation.
func (b *Base) Terminate(key app.Key) tea.Cmd {
	return Question(Dialog{
		Title: "Terminate the operation of " + key.String() + "?", Yes: "terminate",
		Lines: []string{"It ends at once. What it has written stays as it is; running hooks are deleted."},
		Accept: func([]string) tea.Cmd {
			return b.Act("terminate", func(ctx context.Context) (any, error) {
				return nil, b.Engine.Terminate(ctx, b.Principal, key)
			})
		},
	})
}

// CannotSkipHook says why no hook of an application's operation can be skipped from here.
func (b *Base) CannotSkipHook(v engine.View) string {
	switch {
	case v.Held != nil:
		// What it waits for is in its journal, which is read when that is asked for.
	case v.Progress == nil || v.Progress.Phase.Done():
		return "no operation runs"
	case len(v.Progress.RunningHooks()) == 0:
		return "its operation waits for no hook"
	}
	return b.May(b.Engine.Allowed(b.Principal, engine.ActSkipHook))
}

// RunningHooks are the hooks that an application's operation in another process waits for: the reply to a question of SkipHook.
type RunningHooks struct {
	key   app.Key
	hooks []object.Ref
}

// SkipHook asks why the running operation is to go on without the end of a hook, and of which one where several run. Those of another
// process are asked for first: its answer goes to OfferSkips.
func (b *Base) SkipHook(v engine.View) tea.Cmd {
	key := v.App.Key()
	if v.Held != nil {
		return b.Ask("hooks", func(ctx context.Context) (any, error) {
			_, hooks, err := b.Engine.RunningHooks(ctx, key)
			return RunningHooks{key: key, hooks: hooks}, err
		})
	}
	return b.OfferSkips(RunningHooks{key: key, hooks: v.Progress.RunningHooks()})
}

// OfferSkips asks which of some running hooks is to be skipped, and why.
func (b *Base) OfferSkips(r RunningHooks) tea.Cmd {
	switch len(r.hooks) {
	case 0:
		return Tell("no hook of " + r.key.String() + " runs")
	case 1:
		return b.skipHook(r.key, r.hooks[0])
	}
	m := Menu{Title: "Skip which hook?"}
	for _, h := range r.hooks {
		m.Choices = append(m.Choices, Choice{Title: h.String(), Choose: func() tea.Cmd { return b.skipHook(r.key, h) }})
	}
	return Offer(m)
}

func (b *Base) skipHook(key app.Key, hook object.Ref) tea.Cmd {
	return Question(Dialog{
		Title: "Skip hook " + hook.String() + "?", Yes: "skip",
		Lines: []string{
			"The operation goes on as if it had ended, whatever it has done by now. The hook itself goes on; it is deleted only where",
			"its policy says so however it ends.",
		},
		Fields: []Field{{Label: "reason", Needed: true}},
		Accept: func(texts []string) tea.Cmd {
			return b.Act("skip-hook", func(ctx context.Context) (any, error) {
				return b.Engine.SkipHook(ctx, b.Principal, key, hook.String(), texts[0])
			})
		},
	})
}

// CannotUndo says why the last operation of an application cannot be undone now.
func (b *Base) CannotUndo(v engine.View) string {
	if v.Progress != nil && !v.Progress.Phase.Done() || v.Held != nil {
		return "an operation runs"
	}
	return b.May(b.Engine.Allowed(b.Principal, engine.ActUndo))
}

// CannotResume says why there is nothing of an application to go on with.
func (b *Base) CannotResume(v engine.View) string {
	for _, c := range v.App.Status.Conditions {
		if c.Type == app.ConditionInterrupted {
			return b.May(b.Engine.Allowed(b.Principal, engine.ActResume))
		}
	}
	return "none of its operations was interrupted"
}

// CannotUnpin says why an application cannot be unpinned.
func (b *Base) CannotUnpin(v engine.View) string {
	if v.Pin == nil {
		return "it is not pinned"
	}
	return b.May(b.Engine.Allowed(b.Principal, engine.ActPin))
}

// Unpin asks whether an application is to follow git again.
func (b *Base) Unpin(v engine.View) tea.Cmd {
	key := v.App.Key()
	lines := []string{fmt.Sprintf("It is pinned at %s: %s.", v.Pin.Record, v.Pin.Reason), "It will follow git again."}
	if _, on := v.App.Spec.AutomatedOn(); on {
		lines = append(lines, "It is synced automatically: whoever automates may sync it at once.")
	}
	return Question(Dialog{
		Title: "Unpin " + key.String() + "?", Yes: "unpin", Lines: lines,
		Accept: func([]string) tea.Cmd {
			return b.Act("unpin", func(ctx context.Context) (any, error) {
				return nil, b.Engine.Unpin(ctx, b.Principal, key)
			})
		},
	})
}

// Automation asks whether to switch automatic syncs of an application on or off.
func (b *Base) Automation(v engine.View) tea.Cmd {
	key := v.App.Key()
	auto, on := v.App.Spec.AutomatedOn()
	d := Dialog{
		Title: "Sync " + key.String() + " automatically?", Yes: "switch on",
		Lines: []string{"Every new commit on the followed revision will be synced without asking."},
	}
	if on {
		d.Title, d.Yes = "Stop syncing "+key.String()+" automatically?", "switch off"
		d.Lines = []string{"New commits will wait for a person, and nothing is healed any more."}
		if auto.SelfHeal || auto.Prune {
			d.Lines = append(d.Lines, "Its settings for prune and self-heal are kept.")
		}
	}
	d.Accept = func([]string) tea.Cmd {
		return b.Act("automation", func(ctx context.Context) (any, error) {
			return nil, b.Engine.SetAutomation(ctx, b.Principal, key, !on)
		})
	}
	return Question(d)
}

// Refresh asks git and the cluster again.
func (b *Base) Refresh(key app.Key) tea.Cmd {
	return b.Ask("refresh", func(ctx context.Context) (any, error) {
		_, err := b.Engine.Refresh(ctx, key)
		return nil, err
	})
}

// RefreshAnew asks again, and for what the application's paths leave out too.
func (b *Base) RefreshAnew(key app.Key) tea.Cmd {
	return b.Ask("refresh", func(ctx context.Context) (any, error) {
		_, err := b.Engine.RefreshAnew(ctx, key)
		return nil, err
	})
}
