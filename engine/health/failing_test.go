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
	if got := health.Failing(nil); got != nil {
		t.Errorf("nil has %v", got)
	}
	for name, c := range map[string]struct {
		kind, container string
		want            []health.Container
	}{
		"waits for its image":       {"v1, kind: Pod", "state: {waiting: {reason: ErrImagePull}}", []health.Container{{Name: "web", Says: "web: ErrImagePull"}}},
		"is being made":             {"v1, kind: Pod", "state: {waiting: {reason: ContainerCreating}}", nil},
		"failed":                    {"v1, kind: Pod", "state: {terminated: {reason: OOMKilled, exitCode: 137}}", []health.Container{{Name: "web", Says: "web: OOMKilled with exit code 137", Ran: true}}},
		"failed without a reason":   {"v1, kind: Pod", "state: {terminated: {exitCode: 1}}", []health.Container{{Name: "web", Says: "web: ended with exit code 1"}}},
		"failed again":              {"v1, kind: Pod", "state: {terminated: {reason: Error, exitCode: 1}}, lastState: {terminated: {reason: Error}}", []health.Container{{Name: "web", Says: "web: Error with exit code 1", Ran: true}}},
		"is done":                   {"v1, kind: Pod", "state: {terminated: {reason: Completed, exitCode: 0}}", nil},
		"is not ready and ended":    {"v1, kind: Pod", "state: {running: {}}, lastState: {terminated: {reason: Error}}", []health.Container{{Name: "web", Says: "web: not ready, and ended before: Error", Ran: true, Previous: true}}},
		"is not ready and ended so": {"v1, kind: Pod", "state: {running: {}}, lastState: {terminated: {exitCode: 1}}", []health.Container{{Name: "web", Says: "web: not ready, and ended before: no reason given", Ran: true, Previous: true}}},
		"is ready again":            {"v1, kind: Pod", "ready: true, lastState: {terminated: {reason: Error}}", nil},
		"is not ready yet":          {"v1, kind: Pod", "state: {running: {}}", nil},
		"is of another group's Pod": {"example.com/v1, kind: Pod", "state: {waiting: {reason: ErrImagePull}}", nil},
		"is of what is not a Pod":   {"v1, kind: Node", "state: {waiting: {reason: ErrImagePull}}", nil},
	} {
		u := parse(t, "{apiVersion: "+c.kind+", status: {containerStatuses: [{name: web, "+c.container+"}]}}")
		if d := cmp.Diff(c.want, health.Failing(u)); d != "" {
			t.Errorf("one that %s (-want +got):\n%s", name, d)
		}
	}
}
