package e2e

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestRandomValues syncs a chart that makes a password at every rendering: it is made once and stays.
func TestRandomValues(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "random", map[string]string{
		"Chart.yaml": "apiVersion: v2\nname: random\nversion: 1.0.0\n",
		"templates/secret.yaml": "apiVersion: v1\nkind: Secret\nmetadata:\n  name: key\nstringData:\n  user: admin\n" +
			"  password: {{ randAlphaNum 24 }}\n",
		"templates/settings.yaml": configMap("settings", "one"),
	})
	w.create("random", repo)
	w.must("app", "sync", "random")
	password := func() string {
		t.Helper()
		s, err := w.see().client.CoreV1().Secrets("random").Get(t.Context(), "key", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return string(s.Data["password"])
	}
	first := password()
	if len(first) != 24 {
		t.Fatalf("the first sync made a password of %d characters", len(first))
	}
	// Every command renders anew, in a process of its own.
	w.expect(0, "app", "diff", "random")
	contains(t, w.must("app", "get", "random", "--refresh"), "Synced", "Secret/key: stringData.password", "randAlphaNum (templates/secret.yaml:7)")
	repo.push("another setting", map[string]string{"templates/settings.yaml": configMap("settings", "two")})
	contains(t, w.expect(1, "app", "diff", "random", "-o", "name").out, "ConfigMap/random/settings\n")
	w.must("app", "sync", "random")
	w.expect(0, "app", "diff", "random")
	if second := password(); second != first {
		t.Error("the second sync changed the password")
	}
}
