package screen

import (
	"context"
	"fmt"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
)

// The two ways to hold an application: a pin keeps everybody from syncing it, a pause only automation.

// CannotPin says why an application cannot be pinned.
func (b *Base) CannotPin(v engine.View) string {
	if v.Pin != nil {
		return "it is pinned at " + v.Pin.Record
	}
	return b.May(b.Engine.Allowed(b.Principal, engine.ActPin))
}

// Pin asks why and for how long an application is to be held at what its last operation left.
func (b *Base) Pin(v engine.View) tea.Cmd {
	key := v.App.Key()
	return Question(Dialog{
		Title: "Pin " + key.String() + "?", Yes: "pin",
		Lines: []string{
			"It is held at what its last successful operation left: nothing syncs or heals it until it is unpinned.",
			"for: such as 72h; empty is until somebody unpins it.",
		},
		Fields: []Field{{Label: "reason", Needed: true}, {Label: "for"}},
		Accept: func(texts []string) tea.Cmd {
			lasts, err := span(texts[1])
			if err != nil {
				return Fail(err)
			}
			return b.Act("pin", func(ctx context.Context) (any, error) {
				return nil, b.Engine.Pin(ctx, b.Principal, key, engine.PinRequest{Reason: texts[0], For: lasts})
			})
		},
	})
}

// Halted reports whether automation is paused in the whole cluster of an application.
func Halted(v engine.View) bool {
	return slices.ContainsFunc(v.App.Status.Conditions, func(c app.Condition) bool { return c.Type == app.ConditionPaused })
}

// CannotPause says why automation cannot be told to leave an application alone, or to look after it again.
func (b *Base) CannotPause(v engine.View) string {
	if _, on := v.App.Spec.AutomatedOn(); !on && v.Pause == nil && !Halted(v) {
		return "it is not synced automatically"
	}
	return b.May(b.Engine.Allowed(b.Principal, engine.ActAutomate))
}

// PauseAutomation asks for how long automation is to leave an application alone, or whether a pause is to end: its own, or
// that of its whole cluster.
func (b *Base) PauseAutomation(v engine.View) tea.Cmd {
	key := v.App.Key()
	if Halted(v) {
		cluster := v.App.Spec.Destination.Cluster()
		return Question(Dialog{
			Title: "Let automation go on in cluster " + cluster + "?", Yes: "go on",
			Lines: []string{"It paused because many applications had drifted at once. All of them may be synced and healed at once."},
			Accept: func([]string) tea.Cmd {
				return b.Act("unhalt", func(ctx context.Context) (any, error) {
					return nil, b.Engine.Unhalt(ctx, b.Principal, cluster)
				})
			},
		})
	}
	pause := func(lasts time.Duration, reason string) tea.Cmd {
		return b.Act("pause", func(ctx context.Context) (any, error) {
			return nil, b.Engine.PauseAutomation(ctx, b.Principal, key, lasts, reason)
		})
	}
	if v.Pause != nil {
		return Question(Dialog{
			Title: "End the pause of " + key.String() + "?", Yes: "end it",
			Lines:  []string{"Automation may sync and heal it at once."},
			Accept: func([]string) tea.Cmd { return pause(0, "") },
		})
	}
	return Question(Dialog{
		Title: "Pause the automation of " + key.String() + "?", Yes: "pause",
		Lines:  []string{"It is neither synced nor healed by itself for that time; a person may still sync it."},
		Fields: []Field{{Label: "for", Value: "30m", Needed: true}, {Label: "reason"}},
		Accept: func(texts []string) tea.Cmd {
			lasts, err := span(texts[0])
			if err != nil {
				return Fail(err)
			}
			return pause(lasts, texts[1])
		},
	})
}

// span reads how long something lasts; an empty text is no time at all.
func span(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q is no length of time: write it as 30m, 2h or 72h", text)
	}
	return d, nil
}
