package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/playground"
)

// createFrom makes an application of the repository's root in a namespace of its name, with these lines of YAML in its
// spec.
func (p *program) createFrom(name string, r *repository, spec string) {
	p.t.Helper()
	path := filepath.Join(p.t.TempDir(), name+".yaml")
	text := fmt.Sprintf(`apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: %[1]s}
spec:
  project: default
  source: {repoURL: %[2]q, path: ., targetRevision: main}
  destination: {name: %[3]s, namespace: %[1]s}
%[4]s`, name, r.url, playground.Context, spec)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		p.t.Fatal(err)
	}
	p.must("app", "create", "-f", path)
}

// editDocument replaces a text in the file of an application, as an editor does.
func (p *program) editDocument(name, old, text string) {
	p.t.Helper()
	path := filepath.Join(p.store, name+".yaml")
	before, err := os.ReadFile(path)
	if err != nil {
		p.t.Fatal(err)
	}
	after := strings.Replace(string(before), old, text, 1)
	if after == string(before) {
		p.t.Fatalf("%s has no %q:\n%s", path, old, before)
	}
	if err := os.WriteFile(path, []byte(after), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// TestRespectIgnoreDifferences has somebody else scale a Deployment whose replicas are ignored: a sync that changes it leaves
// them alone where the application asks for that, and only there.
func TestRespectIgnoreDifferences(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		option string
		want   int32
	}{
		"ignored":   {want: 1},
		"respected": {option: ", RespectIgnoreDifferences=true", want: 3},
	} {
		t.Run(name+" replicas", func(t *testing.T) {
			t.Parallel()
			w := onOwnStore(t)
			repo := newRepository(t, w.play, name, map[string]string{"front.yaml": deployment("front", 1)})
			w.createFrom(name, repo, `  ignoreDifferences: [{group: apps, kind: Deployment, jsonPointers: [/spec/replicas]}]
  syncPolicy: {syncOptions: [CreateNamespace=true`+c.option+`]}
`)
			w.must("app", "sync", name)
			w.see().scale(name, "front", 3)
			contains(t, w.must("app", "refresh", name), "Synced")
			repo.push("another folder", map[string]string{"front.yaml": deployment("front", 1) + "          workingDir: /tmp\n"})
			w.must("app", "refresh", name)
			for _, says := range []string{w.must("app", "plan", name), w.run("app", "diff", name).out} {
				if told := strings.Contains(says, ".spec.replicas"); told != (c.want == 1) {
					t.Errorf("it tells that the sync writes replicas: %t\n%s", told, says)
				}
			}
			w.must("app", "sync", name)
			if got, err := w.see().replicas(name, "front"); err != nil || got != c.want {
				t.Errorf("%d replicas (%v), want %d", got, err, c.want)
			}
			w.expect(0, "app", "diff", name)
			contains(t, w.must("app", "sync", name), "nothing to do")
			ours := w.see().owned(name, "front", "wheelhouse")
			if owned := strings.Contains(ours, "f:replicas"); owned != (c.want == 1) {
				t.Errorf("replicas are wheelhouse's: %t\n%s", owned, ours)
			}
			if c.want == 1 {
				return
			}
			w.see().scale(name, "front", 4)
			w.must("app", "refresh", name)
			contains(t, w.must("app", "plan", name), "1 unchanged")
		})
	}
}

// TestElementsOfASetAreRespected has another manager put finalizers into an object that git names too: where its fields are ignored and
// that is respected, the next sync gives them up.
func TestElementsOfASetAreRespected(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	settings := func(value string) string {
		return strings.Replace(configMap("settings", value), "metadata:\n", "metadata:\n  finalizers: [example.com/ours, example.com/theirs]\n", 1)
	}
	repo := newRepository(t, w.play, "sets", map[string]string{"a.yaml": settings("one")})
	w.createFrom("sets", repo, `  ignoreDifferences: [{kind: ConfigMap, managedFieldsManagers: [cleaner]}]
  syncPolicy: {syncOptions: [CreateNamespace=true, RespectIgnoreDifferences=true]}
`)
	w.must("app", "sync", "sets")
	see := w.see()
	theirs := []byte(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings","finalizers":["example.com/theirs"]}}`)
	if _, err := see.client.CoreV1().ConfigMaps("sets").Patch(t.Context(), "settings", types.ApplyPatchType, theirs, metav1.PatchOptions{FieldManager: "cleaner"}); err != nil {
		t.Fatal(err)
	}
	repo.push("two", map[string]string{"a.yaml": settings("two")})
	w.must("app", "sync", "sets")
	got := see.get("sets", "settings")
	if got.Data["value"] != "two" || len(got.Finalizers) != 2 {
		t.Errorf("it is %v with the finalizers %v", got.Data, got.Finalizers)
	}
	for _, e := range got.ManagedFields {
		fields := e.FieldsV1.String()
		ours, his := strings.Contains(fields, `v:\"example.com/ours\"`), strings.Contains(fields, `v:\"example.com/theirs\"`)
		if e.Manager == "wheelhouse" && (!ours || his) || e.Manager == "cleaner" && !his {
			t.Errorf("%s owns %s", e.Manager, fields)
		}
	}
	see.release("sets", "settings")
}

// TestWhatIsExtraneous has an object say that it does not count once git has it no more: the application is Synced all the same,
// and the next sync that prunes takes it along.
func TestWhatIsExtraneous(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	spare := strings.Replace(configMap("spare", "one"), "  name: spare\n", "  name: spare\n  annotations: {argocd.argoproj.io/compare-options: IgnoreExtraneous}\n", 1)
	repo := newRepository(t, w.play, "extraneous", map[string]string{"a.yaml": spare, "b.yaml": configMap("counts", "one"), "c.yaml": configMap("stays", "one")})
	w.create("extraneous", repo)
	w.must("app", "sync", "extraneous")
	repo.push("drop one", map[string]string{"a.yaml": ""})
	contains(t, w.must("app", "get", "extraneous", "--refresh"), "Synced")
	if got := w.get("extraneous").Status; got.Sync.Status != "Synced" || len(got.Resources) != 3 {
		t.Errorf("without what does not count it is %+v", got)
	}
	w.see().present("configmap", "extraneous", "spare")
	repo.push("drop another", map[string]string{"b.yaml": ""})
	w.must("app", "get", "extraneous", "--refresh")
	if got := w.get("extraneous").Status.Sync.Status; got != "OutOfSync" {
		t.Errorf("without what counts it is %s", got)
	}
	w.must("app", "sync", "extraneous", "--prune")
	w.see().absent("configmap", "extraneous", "spare")
	w.see().absent("configmap", "extraneous", "counts")
}
