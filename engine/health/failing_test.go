package health_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/engine/health"
)

func TestFailingContainers(t *testing.T) {
	t.Parallel()
	for file, want := range map[string][]health.Container{
		"core-pod/pod-degraded-crashing.yaml": {{Name: "web", Says: `web: CrashLoopBackOff (restarts 7): "FATAL: no database"`, Ran: true, Previous: true}},
		"core-pod/pod-healthy.yaml":           nil,
		"batch-job/job-degraded.yaml":         nil,
	} {
		u, _, _ := fixture(t, "testdata/"+file)
		if d := cmp.Diff(want, health.Failing(u)); d != "" {
			t.Errorf("%s (-want +got):\n%s", file, d)
		}
	}
}
