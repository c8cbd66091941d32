package tui

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	tea "charm.land/bubbletea/v2"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
	"github.com/wheelhouse-gitops/wheelhouse/tui/apps"
	"github.com/wheelhouse-gitops/wheelhouse/tui/detail"
	"github.com/wheelhouse-gitops/wheelhouse/tui/diffview"
	"github.com/wheelhouse-gitops/wheelhouse/tui/history"
	"github.com/wheelhouse-gitops/wheelhouse/tui/planview"
	"github.com/wheelhouse-gitops/wheelhouse/tui/screen"
	"github.com/wheelhouse-gitops/wheelhouse/tui/textview"
	"github.com/wheelhouse-gitops/wheelhouse/tui/values"
)

// The functions here say which screen leads to which. Screens know each other only through them.

func newApps(env *screen.Env) screen.Screen {
	return apps.New(env, apps.Doors{
		Detail:  func(k app.Key) tea.Cmd { return openDetail(env, k) },
		Diff:    func(k app.Key) tea.Cmd { return openDiff(env, k, nil) },
		Plan:    func(k app.Key) tea.Cmd { return openPlan(env, k) },
		Remove:  func(k app.Key) tea.Cmd { return openDeletion(env, k) },
		Undo:    func(k app.Key) tea.Cmd { return openUndo(env, k) },
		Resume:  func(k app.Key) tea.Cmd { return openResumption(env, k) },
		History: func(k app.Key) tea.Cmd { return openHistory(env, k) },
		Values:  func(k app.Key) tea.Cmd { return openValues(env, k) },
		YAML:    func(k app.Key) tea.Cmd { return openDocument(env, k) },
		Explain: func(k app.Key) tea.Cmd { return openExplanation(env, k) },
	})
}

func openDetail(env *screen.Env, key app.Key) tea.Cmd {
	return env.Open(detail.New(env, key, detail.Doors{
		Plan:    func(k app.Key) tea.Cmd { return openPlan(env, k) },
		Remove:  func(k app.Key) tea.Cmd { return openDeletion(env, k) },
		Undo:    func(k app.Key) tea.Cmd { return openUndo(env, k) },
		Resume:  func(k app.Key) tea.Cmd { return openResumption(env, k) },
		History: func(k app.Key) tea.Cmd { return openHistory(env, k) },
		Values:  func(k app.Key) tea.Cmd { return openValues(env, k) },
		Explain: func(k app.Key) tea.Cmd { return openExplanation(env, k) },
		Diff:    func(k app.Key, ref *object.Ref) tea.Cmd { return openDiff(env, k, ref) },
		YAML: func(k app.Key, n engine.TreeNode) tea.Cmd {
			return openText(env, k, n.Ref.String(), "There is nothing to show.", func(context.Context) (string, error) {
				return diff.YAML(n.Object), nil
			})
		},
		Events: func(k app.Key, n engine.TreeNode) tea.Cmd {
			return openText(env, k, "events of "+n.Ref.String(), "The cluster has no events about it.", func(ctx context.Context) (string, error) {
				return events(ctx, env.Engine, k, n.Ref)
			})
		},
		Logs: func(k app.Key, n engine.TreeNode) tea.Cmd {
			return openText(env, k, "logs of "+n.Ref.String(), "Its containers have written nothing.", func(ctx context.Context) (string, error) {
				return logs(ctx, env.Engine, k, n)
			})
		},
	}))
}

func openText(env *screen.Env, key app.Key, what, empty string, ask textview.Ask) tea.Cmd {
	return env.Open(textview.New(env, key, what, empty, ask))
}

// openDocument shows an application's own document.
func openDocument(env *screen.Env, key app.Key) tea.Cmd {
	return openText(env, key, "document", "It has no document.", func(context.Context) (string, error) {
		v, ok := env.Engine.View(key)
		if !ok {
			return "", fmt.Errorf("application %s: %w", key, app.ErrNotFound)
		}
		text, err := app.Encode(v.App)
		return string(text), err
	})
}

func openDiff(env *screen.Env, key app.Key, only *object.Ref) tea.Cmd {
	what := "diff"
	if only != nil {
		what = "diff of " + only.String()
	}
	return env.Open(diffview.New(env, key, what, diffview.OfApp(env, key, only), true, diffview.Doors{
		Plan:     func() tea.Cmd { return openPlan(env, key) },
		TakeOver: func(manager string) tea.Cmd { return openTakeover(env, key, only, manager) },
	}))
}

func planDoors(env *screen.Env) planview.Doors {
	return planview.Doors{YAML: func(k app.Key, st plan.Step) tea.Cmd {
		return openText(env, k, st.Ref.String(), "There is nothing to show.", func(context.Context) (string, error) {
			if st.Diff.Predicted != nil {
				return diff.YAML(st.Diff.Predicted), nil
			}
			return diff.YAML(st.Diff.Live), nil
		})
	}}
}

func openPlan(env *screen.Env, key app.Key) tea.Cmd {
	v, _ := env.Engine.View(key)
	auto, _ := v.App.Spec.AutomatedOn()
	return openSync(env, key, plan.Options{Prune: auto.Prune})
}

// openTakeover plans a sync that takes over what a field manager wrote, of all objects or of one.
func openTakeover(env *screen.Env, key app.Key, only *object.Ref, manager string) tea.Cmd {
	o := plan.Options{TakeOver: []string{manager}}
	if only != nil {
		o.Resources = []object.Ref{*only}
	}
	return openSync(env, key, o)
}

func openSync(env *screen.Env, key app.Key, o plan.Options) tea.Cmd {
	return env.Open(planview.New(env, key, "plan", o, func(ctx context.Context, o plan.Options) (plan.Plan, error) {
		return env.Engine.PlanSync(ctx, env.Principal, key, o)
	}, planDoors(env)))
}

func openDeletion(env *screen.Env, key app.Key) tea.Cmd {
	return env.Open(planview.New(env, key, "deletion", plan.Options{}, func(ctx context.Context, o plan.Options) (plan.Plan, error) {
		return env.Engine.PlanDelete(ctx, env.Principal, key, o)
	}, planDoors(env)))
}

func openUndo(env *screen.Env, key app.Key) tea.Cmd {
	return env.Open(planview.New(env, key, "undo", plan.Options{}, func(ctx context.Context, o plan.Options) (plan.Plan, error) {
		return env.Engine.PlanUndo(ctx, env.Principal, key, o)
	}, planDoors(env)))
}

func openResumption(env *screen.Env, key app.Key) tea.Cmd {
	return env.Open(planview.New(env, key, "rest of the interrupted operation", plan.Options{},
		func(ctx context.Context, _ plan.Options) (plan.Plan, error) {
			return env.Engine.PlanResume(ctx, env.Principal, key)
		}, planDoors(env)))
}

func openHistory(env *screen.Env, key app.Key) tea.Cmd {
	return env.Open(history.New(env, key, history.Doors{
		Undo: func(k app.Key) tea.Cmd { return openUndo(env, k) },
		Rollback: func(k app.Key, r app.Record) tea.Cmd {
			return env.Open(planview.New(env, k, "rollback to "+r.ID, plan.Options{Prune: true},
				func(ctx context.Context, o plan.Options) (plan.Plan, error) {
					return env.Engine.PlanRollback(ctx, env.Principal, k, r.ID, o)
				}, planDoors(env)))
		},
		Diff: func(k app.Key, before, after app.Record) tea.Cmd {
			return env.Open(diffview.New(env, k, before.ID+" "+env.Look.Arrow()+" "+after.ID, func(ctx context.Context) (diffview.Found, error) {
				c, err := env.Engine.RecordDiff(ctx, k, before.ID, after.ID)
				return diffview.Found{Diffs: c.Diffs, Unseen: c.Unseen}, err
			}, false, diffview.Doors{}))
		},
	}))
}

func openValues(env *screen.Env, key app.Key) tea.Cmd {
	return env.Open(values.New(env, key, values.Doors{Plan: func(k app.Key) tea.Cmd { return openPlan(env, k) }}))
}

// events writes an object's events as a table.
func events(ctx context.Context, e screen.Engine, key app.Key, ref object.Ref) (string, error) {
	list, err := e.Events(ctx, key, ref)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, u := range list {
		field := func(path ...string) string {
			s, _, err := unstructured.NestedString(u.Object, path...)
			if err != nil {
				return ""
			}
			return s
		}
		at := field("lastTimestamp")
		if at == "" {
			at = field("eventTime")
		}
		fmt.Fprintf(&b, "%-20s  %-8s %-22s %s\n", at, field("type"), field("reason"), field("message"))
	}
	return b.String(), nil
}

// logLines is how many of the last lines of each container are shown, logBytes the most that is read of one.
const (
	logLines = 500
	logBytes = 1 << 20
)

// logs reads the last lines of a Pod's containers. A container that cannot be read says why, and the others are shown.
func logs(ctx context.Context, e screen.Engine, key app.Key, n engine.TreeNode) (string, error) {
	if n.Object == nil {
		return "", errors.New("the Pod is gone")
	}
	containers, _, err := unstructured.NestedSlice(n.Object.Object, "spec", "containers")
	if err != nil {
		return "", fmt.Errorf("read containers of %s: %w", n.Ref, err)
	}
	var b strings.Builder
	for _, c := range containers {
		m, _ := c.(map[string]any)
		name := fmt.Sprint(m["name"])
		if len(containers) > 1 {
			fmt.Fprintf(&b, "== container %s\n", name)
		}
		if err := oneLog(ctx, &b, e, key, object.LogRequest{
			Namespace: n.Ref.Namespace, Pod: n.Ref.Name, Container: name, Tail: logLines,
		}); err != nil {
			fmt.Fprintf(&b, "cannot be read: %v\n", err)
		}
	}
	return b.String(), nil
}

func oneLog(ctx context.Context, b *strings.Builder, e screen.Engine, key app.Key, req object.LogRequest) error {
	stream, err := e.Logs(ctx, key, req)
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(io.LimitReader(stream, logBytes))
	lines.Buffer(nil, logBytes)
	for lines.Scan() {
		b.WriteString(lines.Text() + "\n")
	}
	return errors.Join(lines.Err(), stream.Close())
}
