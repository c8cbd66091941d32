package health_test

import (
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/engine/health"
)

func TestWhereHooksStand(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]health.HookState{
		"batch-job/job-healthy":                           health.HookSucceeded,
		"batch-job/job-progressing":                       health.HookRunning,
		"batch-job/job-suspended":                         health.HookRunning,
		"batch-job/job-degraded":                          health.HookFailed,
		"batch-job/job-degraded-deleted-hook":             health.HookFailed,
		"core-pod/pod-healthy-succeeded":                  health.HookSucceeded,
		"core-pod/pod-progressing-pending":                health.HookRunning,
		"core-pod/pod-progressing-job":                    health.HookRunning,
		"core-pod/pod-degraded-exit-code":                 health.HookFailed,
		"core-pod/pod-degraded-image":                     health.HookFailed,
		"core-pod/pod-unknown":                            health.HookFailed,
		"argoproj.io-workflow/workflow-healthy":           health.HookSucceeded,
		"argoproj.io-workflow/workflow-progressing":       health.HookRunning,
		"argoproj.io-workflow/workflow-degraded":          health.HookFailed,
		"core-configmap/configmap-none":                   health.HookSucceeded,
		"custom-widget/widget-none":                       health.HookSucceeded,
		"custom-widget/widget-progressing-undecided":      health.HookSucceeded,
		"custom-widget/widget-degraded":                   health.HookSucceeded,
		"custom-widget/widget-degraded-unavailable":       health.HookSucceeded,
		"custom-widget/widget-degraded-not-reconciling":   health.HookSucceeded,
		"custom-widget/widget-degraded-stalled":           health.HookFailed,
		"custom-widget/widget-degraded-failed":            health.HookFailed,
		"custom-widget/widget-degraded-degraded":          health.HookFailed,
		"apps-deployment/deployment-progressing-deleting": health.HookRunning,
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			u, _, _ := fixture(t, "testdata/"+file+".yaml")
			got, message := health.Hook(u)
			if got != want {
				t.Errorf("got %s (%s), want %s", got, message, want)
			}
			if got != health.HookSucceeded && message == "" {
				t.Errorf("%s without a message", got)
			}
		})
	}
}

func TestHooksThatNoRuleHoldsBack(t *testing.T) {
	t.Parallel()
	for object, want := range map[string]health.HookState{
		"{apiVersion: example.com/v1, kind: Widget, metadata: {deletionTimestamp: '2026-01-01T00:00:00Z'}}": health.HookRunning,
		"{apiVersion: core.humio.com/v1, kind: HumioView, status: {state: NotFound}}":                       health.HookRunning,
		"{apiVersion: argoproj.io/v1alpha1, kind: Rollout, status: {phase: Progressing}}":                   health.HookRunning,
	} {
		got, message := health.Hook(parse(t, object))
		if got != want || message == "" {
			t.Errorf("%s: got %s (%s), want %s", object, got, message, want)
		}
	}
	if got, message := health.Hook(nil); got != health.HookRunning || message != "not in the cluster" {
		t.Errorf("one that is not there: got %s (%s)", got, message)
	}
	if _, message := health.Hook(parse(t, "{apiVersion: argoproj.io/v1alpha1, kind: Rollout, status: {phase: Progressing}}")); message != "running" {
		t.Errorf("one without a message says %q", message)
	}
	for state, want := range map[health.HookState]string{health.HookRunning: "running", health.HookSucceeded: "succeeded", health.HookFailed: "failed", health.HookFailed + 1: "unknown"} {
		if got := state.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
