package e2e

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/app"
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
	t.Run("the next sync of the same commit does not walk past it", func(t *testing.T) {
		w := w.in(t)
		contains(t, w.must("app", "plan", "waves"), "wave 2 waits for Deployment/waves/backend (wave 1): ")
		r := w.expect(4, "app", "sync", "waves", "--timeout", "60s")
		contains(t, r.out+r.err, "what comes after wave 1 is not begun", "Deployment/waves/backend is degraded", "repair it in git")
		see := w.see()
		see.absent("deployment", "waves", "frontend")
		see.absent("job", "waves", "after")
	})
	t.Run("one object is synced without the others", func(t *testing.T) {
		w := w.in(t)
		w.must("app", "sync", "waves", "--resource", "apps:Deployment:frontend", "--timeout", "120s")
		w.see().present("deployment", "waves", "frontend")
	})
	t.Run("with nothing to write, it is waited for all the same", func(t *testing.T) {
		w := w.in(t)
		repo.push("no hooks", map[string]string{"after.yaml": "", "failed.yaml": ""})
		r := w.expect(4, "app", "sync", "waves", "--timeout", "60s")
		contains(t, r.out+r.err, "Deployment/waves/backend is degraded")
		repo.push("hooks again", map[string]string{"after.yaml": hook("after", "PostSync"), "failed.yaml": hook("failed", "SyncFail")})
	})
	t.Run("repaired in git, all waves are applied", func(t *testing.T) {
		w := w.in(t)
		repo.push("repair the backend", map[string]string{"backend.yaml": inWave("1", deployment("backend", 1))})
		inOrder(t, w.must("app", "sync", "waves", "--timeout", "120s"), "Deployment/waves/backend", "Job/waves/after")
		w.must("app", "wait", "waves", "--timeout", "120s")
		for _, r := range read[[]app.Record](t, w.must("app", "history", "waves", "-o", "json"))[0].Results {
			if r.Kind == "Deployment" && r.Message != "configured" {
				t.Errorf("what was done to %s is told as %q", r.Name, r.Message)
			}
		}
	})
}

// edgeService is a Service that is not well before it has an address, which here nobody gives it.
const edgeService = `apiVersion: v1
kind: Service
metadata:
  name: edge
spec: {type: LoadBalancer, selector: {app: edge}, ports: [{port: 80}]}
`

// address gives a Service of that kind an address.
func (e eyes) address(namespace, name string) {
	e.t.Helper()
	patch := []byte(`{"status":{"loadBalancer":{"ingress":[{"ip":"192.0.2.1"}]}}}`)
	_, err := e.client.CoreV1().Services(namespace).Patch(e.t.Context(), name, types.MergePatchType, patch, metav1.PatchOptions{}, "status")
	if err != nil {
		e.t.Fatal(err)
	}
}

// TestAPruneDoesNotHaveItsWaveAwaited deletes an object in the last wave, of which another one is not well and changes: as without the
// prune, and as in Argo CD, the sync has succeeded when all is applied and the object is gone.
func TestAPruneDoesNotHaveItsWaveAwaited(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "prune-beside", map[string]string{"edge.yaml": edgeService, "old.yaml": configMap("old", "one")})
	w.create("prune-beside", repo)
	w.must("app", "sync", "prune-beside", "--timeout", "60s")
	repo.push("without the old", map[string]string{"edge.yaml": inWave("0", edgeService), "old.yaml": ""})
	contains(t, w.must("app", "sync", "prune-beside", "--prune", "--timeout", "60s"), "change", "prune", "Succeeded")
	w.see().absent("configmap", "prune-beside", "old")
}

// TestPruneLastWaitsForTheLastWave keeps an object that git has no more until the last wave is well, written or not.
func TestPruneLastWaitsForTheLastWave(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "prune-last", map[string]string{
		"edge.yaml": inWave("5", edgeService), "old.yaml": configMap("old", "one"),
	})
	w.create("prune-last", repo, "--sync-option", "PruneLast=true")
	w.must("app", "sync", "prune-last", "--timeout", "60s")
	repo.push("without the old", map[string]string{"old.yaml": ""})
	contains(t, w.must("app", "plan", "prune-last", "--prune"), "wave 6 waits for Service/prune-last/edge (wave 5): ")
	w.expect(5, "app", "sync", "prune-last", "--prune", "--timeout", "4s")
	see := w.see()
	see.present("configmap", "prune-last", "old")
	see.address("prune-last", "edge")
	w.must("app", "sync", "prune-last", "--prune", "--timeout", "60s")
	see.absent("configmap", "prune-last", "old")
}

// TestAWaveThatProgresses has syncs wait for an object that they do not write, until it is well.
func TestAWaveThatProgresses(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "progressing", map[string]string{"edge.yaml": inWave("1", edgeService)})
	w.create("progressing", repo)
	w.must("app", "sync", "progressing", "--timeout", "60s")
	repo.push("more", map[string]string{"settings.yaml": inWave("2", configMap("settings", "one"))})
	contains(t, w.must("app", "plan", "progressing"), "wave 2 waits for Service/progressing/edge (wave 1): ")
	w.expect(5, "app", "sync", "progressing", "--timeout", "4s")
	contains(t, w.must("app", "history", "progressing"), "while it waited for Service/progressing/edge (wave 1)")
	see := w.see()
	see.absent("configmap", "progressing", "settings")
	cmd := w.begin("app", "sync", "progressing", "--yes")
	eventuallyPrints(w, []string{"Running"}, "app", "get", "progressing")
	see.absent("configmap", "progressing", "settings")
	see.address("progressing", "edge")
	if err := cmd.Wait(); err != nil {
		t.Errorf("the sync did not go on: %v", err)
	}
	see.present("configmap", "progressing", "settings")
}

// TestAWaveThatIsPaused has a sync wait for a Deployment that is paused, until it is resumed.
func TestAWaveThatIsPaused(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	paused := strings.Replace(deployment("backend", 1), "  replicas:", "  paused: true\n  replicas:", 1)
	w.create("paused-wave", newRepository(t, w.play, "paused-wave", map[string]string{
		"backend.yaml": paused, "settings.yaml": inWave("1", configMap("settings", "one")),
	}))
	w.expect(5, "app", "sync", "paused-wave", "--timeout", "5s")
	contains(t, w.must("app", "history", "paused-wave"), "while it waited for Deployment/paused-wave/backend", "resume it for the sync to go on")
	see := w.see()
	see.absent("configmap", "paused-wave", "settings")
	contains(t, w.must("app", "plan", "paused-wave"), "wave 1 waits for Deployment/paused-wave/backend (wave 0): ", "resume it")
	cmd := w.begin("app", "sync", "paused-wave", "--yes")
	eventuallyPrints(w, []string{"Running"}, "app", "get", "paused-wave")
	w.must("app", "actions", "run", "paused-wave", "resume", "--kind", "Deployment", "--resource-name", "backend", "--yes")
	if err := cmd.Wait(); err != nil {
		t.Errorf("the sync did not go on: %v", err)
	}
	see.present("configmap", "paused-wave", "settings")
}
