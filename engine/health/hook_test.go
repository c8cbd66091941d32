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
		"custom-widget/widget-degraded":                   health.HookFailed,
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
