package e2e

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// claimHook is a claim that runs as a hook and that nobody binds, so that it never ends.
const claimHook = `apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: data
  annotations: {argocd.argoproj.io/hook: PreSync}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}
`

// TestAHookThatHoldsObjectsIsAskedAbout syncs a Namespace twice that is a hook: the second run would take along what others put into
// it, and does so only when its name is confirmed.
func TestAHookThatHoldsObjectsIsAskedAbout(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "holding", map[string]string{
		"held-by-hook.yaml": "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: held-by-hook\n  annotations: {helm.sh/hook: \"pre-install,pre-upgrade\"}\n",
	})
	w.create("holding", repo)
	w.must("app", "sync", "holding", "--timeout", "120s")
	see := w.see()
	theirs := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "theirs"}}
	if _, err := see.client.CoreV1().ConfigMaps("held-by-hook").Create(t.Context(), theirs, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	const name, loss = "prune:Namespace/held-by-hook", "deletes Namespace/held-by-hook with everything in it, before the hook runs"
	contains(t, w.must("app", "plan", "holding"), name, loss)
	contains(t, w.expect(6, "app", "sync", "holding", "--yes").err, name, loss)
	see.present("configmap", "held-by-hook", "theirs")
	w.must("app", "sync", "holding", "--confirm", name, "--timeout", "120s")
	see.absent("configmap", "held-by-hook", "theirs")
}

// TestAHookThatHoldsDataOutlivesItsOperation ends a sync that waits for a claim, which is left as it is, and asked about from then on.
func TestAHookThatHoldsDataOutlivesItsOperation(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("outliving", newRepository(t, w.play, "outliving", map[string]string{"data.yaml": claimHook}))
	r := w.expect(5, "app", "sync", "outliving", "--timeout", "5s")
	contains(t, r.out, "left as it is when the operation was terminated")
	see := w.see()
	claim, err := see.client.CoreV1().PersistentVolumeClaims("outliving").Get(t.Context(), "data", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if claim.DeletionTimestamp != nil {
		t.Error("the claim is being deleted")
	}
	refused := w.expect(6, "app", "sync", "outliving", "--yes")
	contains(t, refused.err, "prune:PersistentVolumeClaim/outliving/data")
	if strings.Contains(refused.err, "hook:PersistentVolumeClaim") {
		t.Errorf("its fate is known:\n%s", refused.err)
	}
}

// TestWhatBecomesAHookIsNotDeletedForIt gives a claim of the application, which is there, the annotation of a hook: it is neither deleted
// before the hook nor as a hook that runs.
func TestWhatBecomesAHookIsNotDeletedForIt(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	plain := strings.Replace(claimHook, "  annotations: {argocd.argoproj.io/hook: PreSync}\n", "", 1)
	repo := newRepository(t, w.play, "becoming", map[string]string{"data.yaml": plain})
	w.create("becoming", repo)
	w.must("app", "sync", "becoming", "--timeout", "120s")
	claims := w.see().client.CoreV1().PersistentVolumeClaims("becoming")
	before, err := claims.Get(t.Context(), "data", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	repo.push("a hook of it", map[string]string{"data.yaml": claimHook})
	const why = "an object of that name is part of the application, and it is no hook"
	contains(t, w.must("app", "plan", "becoming"), why)
	r := w.expect(4, "app", "sync", "becoming", "--yes", "--timeout", "20s")
	contains(t, r.out+r.err, why, "give the hook another name")
	after, err := claims.Get(t.Context(), "data", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if after.UID != before.UID || after.DeletionTimestamp != nil {
		t.Errorf("it is another claim now, or is being deleted: %v", after.ObjectMeta)
	}
}
