package e2e

import (
	"strings"
	"testing"
)

// inWave puts a manifest into a sync wave.
func inWave(wave, manifest string) string {
	return strings.Replace(manifest, "metadata:\n", "metadata:\n  annotations: {argocd.argoproj.io/sync-wave: \""+wave+"\"}\n", 1)
}

// crashing makes the Pods of a Deployment crash, which the cluster gives up on after two seconds.
func crashing(manifest string) string {
	manifest = strings.Replace(manifest, "  replicas:", "  progressDeadlineSeconds: 2\n  replicas:", 1)
	return strings.Replace(manifest, "      labels: {", "      labels: {playground.wheelhouse.dev/behaviour: broken, ", 1)
}

// hook is the manifest of a Job that runs in a phase of the sync.
func hook(name, phase string) string {
	return `apiVersion: batch/v1
kind: Job
metadata:
  name: ` + name + `
  annotations: {argocd.argoproj.io/hook: ` + phase + `}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: main
          image: example/job:1
`
}

// TestWaves holds a wave back until the one before is healthy.
func TestWaves(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "waves", map[string]string{
		"backend.yaml":  inWave("1", crashing(deployment("backend", 1))),
		"frontend.yaml": inWave("2", deployment("frontend", 1)),
		"after.yaml":    hook("after", "PostSync"),
		"failed.yaml":   hook("failed", "SyncFail"),
	})
	w.create("waves", repo)
	t.Run("a wave that does not become healthy fails the sync and the next one is never begun", func(t *testing.T) {
		w := w.in(t)
		r := w.expect(4, "app", "sync", "waves", "--timeout", "120s")
		contains(t, r.out+r.err, "Deployment/waves/backend")
		see := w.see()
		see.present("deployment", "waves", "backend")
		see.absent("deployment", "waves", "frontend")
		see.absent("job", "waves", "after")
		see.present("job", "waves", "failed")
	})
	t.Run("repaired in git, all waves are applied", func(t *testing.T) {
		w := w.in(t)
		repo.push("repair the backend", map[string]string{"backend.yaml": inWave("1", deployment("backend", 1))})
		inOrder(t, w.must("app", "sync", "waves", "--timeout", "120s"), "Deployment/waves/backend", "Deployment/waves/frontend", "Job/waves/after")
		w.must("app", "wait", "waves", "--timeout", "120s")
	})
}
