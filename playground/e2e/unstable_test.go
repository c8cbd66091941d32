package e2e

import (
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wheelhouse-gitops/wheelhouse/playground"
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

// TestFixedValuesBesideRandomOnes has Secrets of git's own share their names with those of a chart: one comes later and takes the place of
// the chart's, and one is in another namespace. What git changes in them is seen and synced.
func TestFixedValuesBesideRandomOnes(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	const name, other = "random-names", "random-names-other"
	fixed := func(name, namespace, password string) string {
		return fmt.Sprintf("apiVersion: v1\nkind: Secret\nmetadata: {name: %s, namespace: %s}\nstringData: {password: %s}\n", name, namespace, password)
	}
	made := func(name string) string {
		return "apiVersion: v1\nkind: Secret\nmetadata:\n  name: " + name + "\nstringData:\n  password: {{ randAlphaNum 24 }}\n"
	}
	files := func(password string) map[string]string {
		return map[string]string{"own/db.yaml": fixed("db", name, password), "own/token.yaml": fixed("token", other, password)}
	}
	repo := newRepository(t, w.play, name, map[string]string{
		"chart/Chart.yaml": "apiVersion: v2\nname: random\nversion: 1.0.0\n", "chart/templates/db.yaml": made("db"), "chart/templates/token.yaml": made("token"),
		"own/other.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: " + other + "}\n",
	})
	repo.push("secrets of its own", files("one"))
	drop(t, w.store, name+".yaml", fmt.Sprintf(`apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: %[2]s}
spec:
  project: default
  sources:
    - {repoURL: %[1]s, path: chart, targetRevision: main}
    - {repoURL: %[1]s, path: own, targetRevision: main}
  destination: {name: %[3]s, namespace: %[2]s}
  syncPolicy: {syncOptions: [CreateNamespace=true]}
`, repo.url, name, playground.Context))
	password := func(namespace, name string) string {
		t.Helper()
		s, err := w.see().client.CoreV1().Secrets(namespace).Get(t.Context(), name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return string(s.Data["password"])
	}
	w.must("app", "sync", name)
	random := password(name, "token")
	repo.push("another password", files("two"))
	out := w.expect(1, "app", "diff", name, "-o", "name").out
	contains(t, out, "Secret/"+name+"/db\n", "Secret/"+other+"/token\n")
	if strings.Contains(out, "Secret/"+name+"/token") {
		t.Errorf("the random one differs too:\n%s", out)
	}
	w.must("app", "sync", name)
	if db, token, kept := password(name, "db"), password(other, "token"), password(name, "token"); db != "two" || token != "two" || kept != random || len(kept) != 24 {
		t.Errorf("the passwords are %q and %q of git, and %q of the chart, which was %q", db, token, kept, random)
	}
	w.expect(0, "app", "diff", name)
}
