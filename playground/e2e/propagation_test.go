package e2e

import (
	"errors"
	"fmt"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// replicaSets returns the ReplicaSets of a namespace.
func (e eyes) replicaSets(namespace string) []appsv1.ReplicaSet {
	e.t.Helper()
	list, err := e.client.AppsV1().ReplicaSets(namespace).List(e.t.Context(), metav1.ListOptions{})
	if err != nil {
		e.t.Fatal(err)
	}
	return list.Items
}

// TestWhatBecomesOfWhatAPrunedObjectOwns prunes a Deployment by every policy: the server is asked for just that, and its garbage
// collector does it.
func TestWhatBecomesOfWhatAPrunedObjectOwns(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ option, policy string }{
		"propagates":           {"PruneLast=true", "Foreground"},
		"propagates-before":    {"PrunePropagationPolicy=foreground", "Foreground"},
		"propagates-after":     {"PrunePropagationPolicy=background", "Background"},
		"propagates-to-no-one": {"PrunePropagationPolicy=orphan", "Orphan"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, writes := onOwnStore(t).noted()
			see := w.see()
			repo := newRepository(t, w.play, name, map[string]string{"web.yaml": deployment("web", 1), "a.yaml": configMap("a", "one")})
			w.create(name, repo, "--sync-option", c.option)
			w.must("app", "sync", name, "--wait", "--timeout", "120s")
			uid := see.replicaSets(name)[0].UID
			repo.push("drop it", map[string]string{"web.yaml": ""})
			before := len(writes.of("deployments/web"))
			w.must("app", "sync", name, "--prune", "--timeout", "120s")
			if got := writes.propagation(t, "deployments/web", before); got != c.policy {
				t.Errorf("the server was asked for %s, want %s", got, c.policy)
			}
			see.absent("deployment", name, "web")
			switch c.policy {
			case "Foreground":
				if left := see.replicaSets(name); len(left) != 0 {
					t.Errorf("the sync has ended and %s is there", left[0].Name)
				}
			case "Background":
				playtest.Eventually(t, playtest.Patience, "the ReplicaSet goes", func() error {
					if left := see.replicaSets(name); len(left) != 0 {
						return errors.New(left[0].Name + " is there")
					}
					return nil
				})
			case "Orphan":
				playtest.Eventually(t, playtest.Patience, "the ReplicaSet is let go", func() error {
					left := see.replicaSets(name)
					if len(left) != 1 || left[0].UID != uid || left[0].DeletionTimestamp != nil || len(left[0].OwnerReferences) != 0 {
						return fmt.Errorf("there are %+v", left)
					}
					return nil
				})
				contains(t, w.must("app", "sync", name, "--prune"), "nothing to do")
				if left := see.replicaSets(name); len(left) != 1 || left[0].DeletionTimestamp != nil {
					t.Errorf("the next sync left %+v", left)
				}
			}
		})
	}
}
