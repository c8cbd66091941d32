package e2e

import (
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	applycorev1 "k8s.io/client-go/applyconfigurations/core/v1"
	"sigs.k8s.io/yaml"
)

// TestTakeover brings under an application what kubectl or Argo CD applied before: a key that git drops leaves the cluster, unless
// the application says that nothing is taken over.
func TestTakeover(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		manager, option, named string
		left                   int
	}{
		"taken-over":          {"kubectl-client-side-apply", "", "", 1},
		"not-taken-over":      {"kubectl-client-side-apply", ", ClientSideApplyMigration=false", "", 2},
		"argo-taken-over":     {"argocd-controller", "", "", 1},
		"argo-not-taken-over": {"argocd-controller", ", ClientSideApplyMigration=false", "", 2},
		"named-by-the-app":    {"deployer", "", "deployer", 1},
		"not-named-by-it":     {"deployer", "", "another", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := onOwnStore(t)
			see := w.see()
			see.namespace(name)
			cm := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "settings"}, Data: map[string]string{"value": "one", "old": "1"}}
			if _, err := see.client.CoreV1().ConfigMaps(name).Create(t.Context(), cm, metav1.CreateOptions{FieldManager: c.manager}); err != nil {
				t.Fatal(err)
			}
			w.createFrom(name, newRepository(t, w.play, name, map[string]string{"a.yaml": configMap("settings", "one")}), "  syncPolicy: {syncOptions: [CreateNamespace=true"+c.option+"]}\n")
			if c.named != "" {
				w.editDocument(name, "  name: "+name+"\nspec:", "  name: "+name+"\n  annotations: {argocd.argoproj.io/client-side-apply-migration-manager: "+c.named+"}\nspec:")
			}
			out := w.must("app", "plan", name)
			contains(t, out, "adopted")
			if c.left == 1 {
				contains(t, out, "fields are taken over from "+c.manager)
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

// TestTakeoverFromArgoCD adopts what an application of an Argo CD applied, in either of its ways: what git drops then leaves the
// cluster, and unless it is taken over it stays.
func TestTakeoverFromArgoCD(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		option string
		apply  bool
		left   int
	}{
		"argo-updated":      {"", false, 1},
		"argo-applied":      {"", true, 1},
		"argo-applied-left": {", ClientSideApplyMigration=false", true, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := onOwnStore(t)
			see := w.see()
			see.namespace(name)
			api := see.client.CoreV1().ConfigMaps(name)
			marks, data := map[string]string{"argocd.argoproj.io/tracking-id": "front:/ConfigMap:" + name + "/settings"}, map[string]string{"value": "one", "old": "1"}
			var err error
			if c.apply {
				theirs := applycorev1.ConfigMap("settings", name).WithAnnotations(marks).WithData(data)
				_, err = api.Apply(t.Context(), theirs, metav1.ApplyOptions{FieldManager: "argocd-controller"})
			} else {
				theirs := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "settings", Annotations: marks}, Data: data}
				_, err = api.Create(t.Context(), theirs, metav1.CreateOptions{FieldManager: "argocd-controller"})
			}
			if err != nil {
				t.Fatal(err)
			}
			repo := newRepository(t, w.play, name, map[string]string{"a.yaml": configMap("settings", "one") + "  old: '1'\n"})
			w.createFrom(name, repo, "  syncPolicy: {syncOptions: [CreateNamespace=true"+c.option+"]}\n")
			out := w.must("app", "plan", name, "--adopt")
			contains(t, out, "adopted from front")
			if says := strings.Contains(out, "fields are taken over from argocd-controller"); says != (c.left == 1) {
				t.Errorf("that fields are taken over is said: %v\n%s", says, out)
			}
			w.must("app", "sync", name, "--yes", "--adopt", "--confirm", "adopt:ConfigMap/"+name+"/settings")
			repo.push("drop a key", map[string]string{"a.yaml": configMap("settings", "one")})
			w.must("app", "sync", name)
			if got := see.get(name, "settings").Data; len(got) != c.left {
				t.Errorf("the data is %v, want %d keys", got, c.left)
			}
			contains(t, w.must("app", "get", name, "--refresh"), "Synced")
			contains(t, w.must("app", "sync", name), "nothing to do")
		})
	}
}

// TestTakeoverOfWhatIsRespected brings under an application a Deployment that kubectl applied, of which fields are ignored, and that
// is respected: they stay as they are, with us where kubectl's fields are taken over and without us where they are not.
func TestTakeoverOfWhatIsRespected(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		option string
		ours   bool
	}{
		"respected-taken": {"", true},
		"respected-left":  {", ClientSideApplyMigration=false", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := onOwnStore(t)
			see := w.see()
			see.namespace(name)
			var there appsv1.Deployment
			if err := yaml.Unmarshal([]byte(deployment("front", 5)), &there); err != nil {
				t.Fatal(err)
			}
			there.Spec.Template.Spec.Containers[0].Image = "example/front:5"
			deployments := see.client.AppsV1().Deployments(name)
			if _, err := deployments.Create(t.Context(), &there, metav1.CreateOptions{FieldManager: "kubectl-client-side-apply"}); err != nil {
				t.Fatal(err)
			}
			w.createFrom(name, newRepository(t, w.play, name, map[string]string{"front.yaml": deployment("front", 1)}), `  ignoreDifferences:
    - {group: apps, kind: Deployment, jsonPointers: [/spec/replicas, /spec/template/spec/containers/0/image]}
  syncPolicy: {syncOptions: [CreateNamespace=true, RespectIgnoreDifferences=true`+c.option+`]}
`)
			contains(t, w.must("app", "plan", name), "adopted")
			w.must("app", "sync", name)
			got, err := deployments.Get(t.Context(), "front", metav1.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if image := got.Spec.Template.Spec.Containers[0].Image; *got.Spec.Replicas != 5 || image != "example/front:5" {
				t.Errorf("it has %d replicas of %s", *got.Spec.Replicas, image)
			}
			ours := see.owned(name, "front", "wheelhouse")
			if strings.Contains(ours, "f:replicas") != c.ours || strings.Contains(ours, "f:image") != c.ours {
				t.Errorf("wheelhouse owns %s", ours)
			}
			contains(t, w.must("app", "get", name, "--refresh"), "Synced")
			contains(t, w.must("app", "sync", name), "nothing to do")
		})
	}
}

// TestForeignFields has a colleague add a key by hand: it is no difference, it is listed with who wrote it, and it goes when the
// colleague's fields are taken over.
func TestForeignFields(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("foreign-fields", newRepository(t, w.play, "foreign-fields", map[string]string{"a.yaml": configMap("settings", "one"), "hook.yaml": hook("before", "PreSync")}))
	contains(t, w.must("app", "plan", "foreign-fields"), "not checked: Job/foreign-fields/before: a hook is created when its turn comes")
	w.must("app", "sync", "foreign-fields", "--timeout", "120s")
	see := w.see()
	edit := []byte(`{"data":{"extra":"by hand"}}`)
	if _, err := see.client.CoreV1().ConfigMaps("foreign-fields").Patch(t.Context(), "settings", types.MergePatchType, edit, metav1.PatchOptions{FieldManager: "kubectl-edit"}); err != nil {
		t.Fatal(err)
	}
	w.expect(0, "app", "diff", "foreign-fields")
	contains(t, w.must("app", "diff", "foreign-fields", "--foreign"), "ConfigMap/foreign-fields/settings", ".data.extra", "kubectl-edit", "Update")
	for _, other := range [][]string{{"--revision", "main"}, {"--revisions", "main", "--source-positions", "1"}, {"--local", t.TempDir()}} {
		refused := w.expect(2, append([]string{"app", "diff", "foreign-fields", "--foreign"}, other...)...)
		contains(t, refused.err, "--foreign is about git as it is followed", "leave --foreign out")
	}
	contains(t, w.must("app", "plan", "foreign-fields", "--take-over", "kubectl-edit"), "1 field differs; fields are taken over from kubectl-edit")
	w.must("app", "sync", "foreign-fields", "--take-over", "kubectl-edit", "--timeout", "120s")
	if got := see.get("foreign-fields", "settings").Data; len(got) != 1 || got["value"] != "one" {
		t.Errorf("the data is %v", got)
	}
	if out := w.must("app", "diff", "foreign-fields", "--foreign"); out != "" {
		t.Errorf("others still own: %s", out)
	}
}

// TestTakeoverInTheConsole lists in the differences what a colleague added by hand, and takes it over from there.
func TestTakeoverInTheConsole(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("seen-foreign", newRepository(t, w.play, "seen-foreign", map[string]string{"a.yaml": configMap("settings", "one")}))
	w.must("app", "sync", "seen-foreign")
	see := w.see()
	edit := []byte(`{"data":{"extra":"by hand"}}`)
	if _, err := see.client.CoreV1().ConfigMaps("seen-foreign").Patch(t.Context(), "settings", types.MergePatchType, edit, metav1.PatchOptions{FieldManager: "kubectl-edit"}); err != nil {
		t.Fatal(err)
	}
	x := w.console(120, 40)
	x.shows("seen-foreign", "Synced").press("d").shows("Nothing differs.", "1 field that git does not name", ".data.extra", "by kubectl-edit")
	x.press("t").shows("Take over the fields of", "1 field of 1 object").press("Enter").shows("fields of kubectl-edit", "1 change")
	if got := see.get("seen-foreign", "settings").Data; len(got) != 2 {
		t.Errorf("the plan wrote: %v", got)
	}
	x.press("S").shows("succeeded in").press("Escape").shows("Nothing differs.").hides(".data.extra")
	if got := see.get("seen-foreign", "settings").Data; len(got) != 1 || got["value"] != "one" {
		t.Errorf("the data is %v", got)
	}
	x.press("q", "q").ended()
}
