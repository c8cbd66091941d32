package e2e

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// claimant is a StatefulSet whose claims go with the Pods that it gives up.
func claimant(replicas int) string {
	return workload("StatefulSet", "db", fmt.Sprintf("  serviceName: db\n  replicas: %d\n  podManagementPolicy: Parallel\n"+
		"  persistentVolumeClaimRetentionPolicy: {whenScaled: Delete}\n  volumeClaimTemplates:\n  - metadata: {name: data}\n"+
		"    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n", replicas))
}

// claims waits until a namespace has the claims of so many Pods that are not being deleted.
func (e eyes) claims(namespace string, want int) {
	e.t.Helper()
	playtest.Eventually(e.t, playtest.Patience, fmt.Sprintf("%d claims", want), func() error {
		list, err := e.client.CoreV1().PersistentVolumeClaims(namespace).List(e.t.Context(), metav1.ListOptions{})
		if err != nil {
			return err
		}
		there := 0
		for i := range list.Items {
			if list.Items[i].DeletionTimestamp == nil {
				there++
			}
		}
		if there != want {
			return fmt.Errorf("there are %d", there)
		}
		return nil
	})
}

// scaledTo reads how many Pods the StatefulSet is to have, which is what a refused sync or action leaves.
func (e eyes) scaledTo(namespace string, want int32) {
	e.t.Helper()
	set, err := e.client.AppsV1().StatefulSets(namespace).Get(e.t.Context(), "db", metav1.GetOptions{})
	if err != nil {
		e.t.Fatal(err)
	}
	if got := *set.Spec.Replicas; got != want {
		e.t.Fatalf("it has %d replicas, want %d", got, want)
	}
}

// TestScalingDownAsksForClaimsThatGo scales a StatefulSet down in git, by actions and by a heal: none of them deletes a claim unasked.
func TestScalingDownAsksForClaimsThatGo(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	see := w.see()
	repo := newRepository(t, w.play, "scaled-down", map[string]string{"db.yaml": claimant(4)})
	w.create("scaled-down", repo)
	w.must("app", "sync", "scaled-down")
	see.claims("scaled-down", 4)
	const guard = "scale:StatefulSet/scaled-down/db"
	act := func(more ...string) []string {
		return append([]string{"app", "actions", "run", "scaled-down"}, append(more, "--kind", "StatefulSet", "--resource-name", "db", "--yes")...)
	}

	// By hand.
	for _, action := range [][]string{act("scale", "--param", "replicas=3"), act("patch", "--param", `patch={"spec":{"replicas":3}}`)} {
		contains(t, w.expect(6, action...).err, guard+": scales", "deletes the claims of 1 Pod that goes", "--confirm")
		see.scaledTo("scaled-down", 4)
	}
	w.must(act("scale", "--param", "replicas=3", "--confirm", guard)...)
	see.claims("scaled-down", 3)
	w.must(act("scale", "--param", "replicas=4")...)
	see.claims("scaled-down", 4)

	// In git.
	repo.push("fewer", map[string]string{"db.yaml": claimant(2)})
	contains(t, w.must("app", "plan", "scaled-down"), guard)
	contains(t, w.expect(6, "app", "sync", "scaled-down", "--yes").err, guard+": scales", "deletes the claims of 2 Pods that go")
	see.scaledTo("scaled-down", 4)
	see.claims("scaled-down", 4)
	w.must("app", "sync", "scaled-down", "--confirm", guard)
	see.claims("scaled-down", 2)

	// By itself: what somebody has scaled up holds data that was written since.
	w.must("app", "set", "scaled-down", "--sync-policy", "automated", "--self-heal")
	_, err := see.client.AppsV1().StatefulSets("scaled-down").Patch(t.Context(), "db", types.MergePatchType, []byte(`{"spec":{"replicas":3}}`), metav1.PatchOptions{})
	if err != nil {
		t.Fatal(err)
	}
	see.claims("scaled-down", 3)
	w.automate()
	playtest.Eventually(t, playtest.Patience, "automation says what it waits for", func() error {
		if out := w.must("app", "get", "scaled-down"); !strings.Contains(out, guard) {
			return errors.New(out)
		}
		return nil
	})
	see.scaledTo("scaled-down", 3)
	if _, err := see.client.CoreV1().PersistentVolumeClaims("scaled-down").Get(t.Context(), "data-db-2", metav1.GetOptions{}); apierrors.IsNotFound(err) {
		t.Error("the claim is gone")
	}
	w.must("app", "sync", "scaled-down", "--confirm", guard)
	see.claims("scaled-down", 2)
}
