package e2e

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestTheConsoleRetries approves syncs in a real terminal that fail and are tried again, as their applications say: for what is mended in
// the cluster meanwhile, until somebody ends that, and not for what nobody was shown.
func TestTheConsoleRetries(t *testing.T) {
	t.Parallel()
	// The server takes no Pod of an account that is not there.
	pod := "apiVersion: v1\nkind: Pod\nmetadata: {name: worker}\nspec: {serviceAccountName: worker, containers: [{name: worker, image: example/worker:1}]}\n"
	begin := func(t *testing.T, name string, w, h int, pause string) (*program, *repository, *terminal) {
		t.Helper()
		p := onOwnStore(t)
		repo := newRepository(t, p.play, name, map[string]string{"a.yaml": configMap("a", "one"), "pod.yaml": pod})
		p.create(name, repo, "--sync-retry-limit", "100", "--sync-retry-backoff-duration", pause, "--sync-retry-backoff-factor", "1", "--sync-retry-backoff-max-duration", pause)
		x := p.console(w, h)
		x.shows("OutOfSync").press("s").shows("apply this plan", "a sync that fails is tried again, at most 100").press("S")
		x.shows("waiting for retry ", " of 100 at ", "Retrying attempt #", "service account")
		return p, repo, x
	}
	leave := func(x *terminal) {
		x.t.Helper()
		x.press("Escape").shows("sort: attention").press("q").ended()
	}
	for name, size := range map[string][2]int{"console-mended": {120, 40}, "console-mended-small": {80, 24}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, _, x := begin(t, name, size[0], size[1], "2s")
			account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "worker"}}
			if _, err := p.see().client.CoreV1().ServiceAccounts(name).Create(t.Context(), account, metav1.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			// What the attempt before has written is in its own plan alone.
			x.shows("succeeded in", "1 create  1 unchanged").hides("failed", "waiting for retry", "ConfigMap")
			leave(x)
		})
	}
	t.Run("it is terminated in the pause", func(t *testing.T) {
		t.Parallel()
		p, _, x := begin(t, "console-ended", 120, 40, "10m")
		x.press("X").shows("Terminate the operation of console-ended?").press("Right", "Enter")
		x.shows("failed in", "while it waited for retry 1 of 100")
		if records := p.records("console-ended"); len(records) != 1 {
			t.Errorf("one attempt left %d records", len(records))
		}
		leave(x)
	})
	t.Run("it would do what was not shown", func(t *testing.T) {
		t.Parallel()
		p, repo, x := begin(t, "console-unseen", 120, 40, "10m")
		repo.push("do something new", map[string]string{"c.yaml": configMap("c", "one")})
		x.shows("failed in", "not tried again: ", "create ConfigMap/console-unseen/c", "look at a new plan")
		p.see().absent("configmap", "console-unseen", "c")
		leave(x)
	})
}
