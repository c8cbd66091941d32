package e2e

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestTakeover brings under an application what kubectl applied before: a key that git drops leaves the cluster, unless the
// application says that nothing is taken over.
func TestTakeover(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options string
		left    int
	}{
		"taken-over":     {"CreateNamespace=true", 1},
		"not-taken-over": {"CreateNamespace=true, ClientSideApplyMigration=false", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := onOwnStore(t)
			see := w.see()
			see.namespace(name)
			cm := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "settings"}, Data: map[string]string{"value": "one", "old": "1"}}
			if _, err := see.client.CoreV1().ConfigMaps(name).Create(t.Context(), cm, metav1.CreateOptions{FieldManager: "kubectl-client-side-apply"}); err != nil {
				t.Fatal(err)
			}
			w.createFrom(name, newRepository(t, w.play, name, map[string]string{"a.yaml": configMap("settings", "one")}), "  syncPolicy: {syncOptions: ["+c.options+"]}\n")
			out := w.must("app", "plan", name)
			contains(t, out, "adopted")
			if c.left == 1 {
				contains(t, out, "fields are taken over from kubectl-client-side-apply")
			}
			if got := see.get(name, "settings"); len(got.Data) != 2 || len(got.ManagedFields) != 1 {
				t.Error("the plan wrote")
			}
			w.must("app", "sync", name)
			if got := see.get(name, "settings").Data; len(got) != c.left {
				t.Errorf("the data is %v, want %d keys", got, c.left)
			}
			contains(t, w.must("app", "get", name, "--refresh"), "Synced")
			contains(t, w.must("app", "sync", name), "nothing to do")
		})
	}
}
