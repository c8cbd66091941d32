package e2e

import (
	"path/filepath"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// TestIgnoreDifferencesByJQ has somebody give a container another image, which a rule in jq leaves out of the comparison: the application
// stays Synced with the rule and only with it, the cluster's own object is as synced for `admin diff`, and a field beside it counts.
func TestIgnoreDifferencesByJQ(t *testing.T) {
	t.Parallel()
	const rules = "[{group: apps, kind: Deployment, jqPathExpressions: ['.spec.template.spec.containers[] | select(.name == \"main\") | .image']}]\n"
	for name, c := range map[string]struct {
		spec, verdict string
		status        int
	}{
		"counts-by-jq":   {"", "OutOfSync", 1},
		"left-out-by-jq": {"  ignoreDifferences: " + rules, "Synced", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := onOwnStore(t)
			see := w.see()
			repo := newRepository(t, w.play, name, map[string]string{"front.yaml": deployment("front", 1)})
			w.createFrom(name, repo, c.spec+"  syncPolicy: {syncOptions: [CreateNamespace=true]}\n")
			w.must("app", "sync", name)
			by := func(patch string) {
				t.Helper()
				_, err := see.client.AppsV1().Deployments(name).Patch(t.Context(), "front", types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{})
				if err != nil {
					t.Fatal(err)
				}
			}
			by(`{"spec":{"template":{"spec":{"containers":[{"name":"main","image":"example/front:2"}]}}}}`)
			w.must("app", "refresh", name)
			if got := w.get(name).Status.Sync.Status; got != c.verdict {
				t.Errorf("with another image it is %s, want %s", got, c.verdict)
			}
			w.expect(c.status, "app", "diff", name)

			body, err := see.client.AppsV1().RESTClient().Get().Namespace(name).Resource("deployments").Name("front").DoRaw(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			drop(t, dir, "live.json", string(body))
			drop(t, dir, "rules.yaml", rules)
			drop(t, dir, "desired.yaml", w.must("app", "manifests", name, "-o", "yaml"))
			flags := []string{"admin", "diff", "--live", filepath.Join(dir, "live.json"), "--desired", filepath.Join(dir, "desired.yaml")}
			if c.spec != "" {
				flags = append(flags, "--ignore", filepath.Join(dir, "rules.yaml"))
			}
			if r := w.run(flags...); r.status != c.status {
				t.Errorf("the files alone: exit status %d, want %d\n%s%s", r.status, c.status, r.out, r.err)
			}

			by(`{"spec":{"template":{"spec":{"containers":[{"name":"main","image":"example/front:1"}]}},"replicas":2}}`)
			w.must("app", "refresh", name)
			if got := w.get(name).Status.Sync.Status; got != "OutOfSync" {
				t.Errorf("with other replicas it is %s", got)
			}
		})
	}
}
