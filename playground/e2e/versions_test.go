package e2e

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// The server prefers autoscaling/v2, and of the Gauges of these tests v1, in which it stores them too.

// scaler is a HorizontalPodAutoscaler in a version that says the same in other fields than the preferred one does.
func scaler(percentage int) string {
	return fmt.Sprintf(`apiVersion: autoscaling/v1
kind: HorizontalPodAutoscaler
metadata: {name: scaler}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: nobody}
  minReplicas: 1
  maxReplicas: 4
  targetCPUUtilizationPercentage: %d
`, percentage)
}

// gaugesTwice defines Gauges in two versions of one schema.
func gaugesTwice(group string) string {
	const kind = "size: {type: integer}, weight"
	_, older, _ := strings.Cut(gauges("v1beta1", kind), "versions:\n")
	return inGroup(group, gauges("v1", kind)+strings.Replace(older, "storage: true", "storage: false", 1))
}

// otherVersions are objects in versions that the server does not prefer.
func otherVersions(group string) map[string]string {
	return map[string]string{"kind.yaml": gaugesTwice(group), "a.yaml": inGroup(group, dial("v1beta1", "a", "size: 1")), "scaler.yaml": scaler(50)}
}

// patch changes an object by hand, as a colleague whose tools know the preferred version.
func (e eyes) patch(path, body string) {
	e.t.Helper()
	err := e.client.Discovery().RESTClient().Patch(types.MergePatchType).AbsPath(path).Param("fieldManager", "colleague").Body([]byte(body)).Do(e.t.Context()).Error()
	if err != nil {
		e.t.Fatal(err)
	}
}

// inVersions are the addresses of the two objects in their preferred versions.
func inVersions(group, namespace string) (gauge, scaler string) {
	return "/apis/" + group + "/v1/namespaces/" + namespace + "/gauges/a", "/apis/autoscaling/v2/namespaces/" + namespace + "/horizontalpodautoscalers/scaler"
}

const (
	largerGauge  = `{"spec":{"size":7}}`
	busierScaler = `{"spec":{"metrics":[{"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":80}}}]}}`
)

// reader lets a user read Gauges, definitions and HorizontalPodAutoscalers everywhere and write nothing, not even as a dry run.
func (e eyes) reader(user, group string) {
	e.t.Helper()
	role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: user}, Rules: []rbacv1.PolicyRule{{
		APIGroups: []string{"", group, "autoscaling", "apiextensions.k8s.io", "admissionregistration.k8s.io"}, Resources: []string{"*"}, Verbs: []string{"get", "list", "watch"},
	}}}
	if _, err := e.client.RbacV1().ClusterRoles().Create(e.t.Context(), role, metav1.CreateOptions{}); err != nil {
		e.t.Fatal(err)
	}
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: user}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: user},
		Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}},
	}
	if _, err := e.client.RbacV1().ClusterRoleBindings().Create(e.t.Context(), binding, metav1.CreateOptions{}); err != nil {
		e.t.Fatal(err)
	}
}

// TestAVersionThatIsNotPreferred syncs objects in versions that the server serves and does not prefer: they are Synced, whatever of
// them moves that is not git's, and what differs is told in the fields of git's version, to who may not ask the server too.
func TestAVersionThatIsNotPreferred(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	see := w.see()
	const group = "versions.example.com"
	repo := newRepository(t, w.play, "versions", otherVersions(group))
	w.create("versions", repo)
	w.must("app", "sync", "versions", "--timeout", "120s")
	see.reader("versions-reader", group)
	reader := w.as("versions-reader")
	gauge, scaler := inVersions(group, "versions")
	same := func(when string) {
		t.Helper()
		contains(t, w.must("app", "get", "versions", "--refresh"), "Synced")
		for _, p := range []*program{w, reader} {
			if r := p.run("app", "diff", "versions"); r.status != 0 {
				t.Errorf("%s there is a difference:\n%s%s", when, r.out, r.err)
			}
		}
		contains(t, w.must("app", "sync", "versions"), "nothing to do")
	}
	same("after the sync")
	for _, path := range []string{gauge, scaler} {
		see.patch(path, `{"metadata":{"labels":{"seen":"by-a-colleague"}}}`)
	}
	see.patch(gauge, `{"spec":{"weight":3}}`)
	same("once a colleague has written what git does not name")
	t.Run("files", func(t *testing.T) {
		w := w.in(t)
		dir := t.TempDir()
		differ := func(path string) result {
			body, err := see.client.Discovery().RESTClient().Get().AbsPath(path).DoRaw(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			drop(t, dir, "live.json", string(body))
			return w.run("admin", "diff", "--live", filepath.Join(dir, "live.json"), "--desired", filepath.Join(repo.dir, "scaler.yaml"))
		}
		if r := differ(strings.Replace(scaler, "v2", "v1", 1)); r.status != 0 {
			t.Errorf("in the version of git there is a difference: %s%s", r.out, r.err)
		}
		r := differ(scaler)
		contains(t, r.err, "compare HorizontalPodAutoscaler/versions/scaler in autoscaling/v1", "of another version", "kubectl get horizontalpodautoscaler.v1.autoscaling")
	})

	see.patch(gauge, largerGauge)
	see.patch(scaler, busierScaler)
	for name, p := range map[string]*program{"who may sync": w, "who may only read": reader} {
		out := p.expect(1, "app", "diff", "versions").out
		contains(t, out, "-  size: 7", "+  size: 1", "-  targetCPUUtilizationPercentage: 80", "+  targetCPUUtilizationPercentage: 50")
		for _, wrong := range []string{"-apiVersion", "metrics:"} {
			if strings.Contains(out, wrong) {
				t.Errorf("%s is told of %q:\n%s", name, wrong, out)
			}
		}
	}
	plan := w.must("app", "plan", "versions")
	contains(t, rowOf(t, plan, "Gauge/versions/a"), "1 field differs")
	contains(t, rowOf(t, plan, "HorizontalPodAutoscaler/versions/scaler"), "1 field differs")
	w.must("app", "sync", "versions", "--timeout", "120s")
	same("once the differences are mended")
	repo.push("without them", map[string]string{"a.yaml": "", "scaler.yaml": ""})
	w.must("app", "sync", "versions", "--prune", "--timeout", "120s")
	contains(t, w.must("app", "get", "versions", "--refresh"), "Synced")
	if out := w.must("app", "resources", "versions"); strings.Contains(out, "Gauge ") || strings.Contains(out, "HorizontalPodAutoscaler") {
		t.Errorf("they are not pruned:\n%s", out)
	}
}

// TestAVersionThatIsNotPreferredHeals has an application with such objects heal itself while a watch tells of them: each drift is put
// back once, and whatever else moves is no reason to sync.
func TestAVersionThatIsNotPreferredHeals(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	see := w.see()
	const group, name = "watched-versions.example.com", "watched-versions"
	repo := newRepository(t, w.play, name, otherVersions(group))
	w.create(name, repo, "--sync-policy", "automated", "--self-heal")
	w.automate()
	w.eventuallySynced(name, repo.git("rev-parse", "HEAD"))
	gauge, scaler := inVersions(group, name)
	is := func(path, text string) error {
		body, err := see.client.Discovery().RESTClient().Get().AbsPath(path).DoRaw(t.Context())
		if err == nil && !strings.Contains(string(body), text) {
			err = fmt.Errorf("%s has no %s: %s", path, text, body)
		}
		return err
	}
	syncs := 1
	for _, c := range []struct{ path, foreign, drift, mended string }{
		{gauge, `{"spec":{"weight":3}}`, largerGauge, `"size":1`},
		{scaler, `{"metadata":{"labels":{"seen":"by-a-colleague"}}}`, busierScaler, `"averageUtilization":50`},
	} {
		see.patch(c.path, c.foreign)
		see.patch(c.path, c.drift)
		playtest.Eventually(t, playtest.Patience, "it is put back", func() error { return is(c.path, c.mended) })
		w.eventuallySynced(name, repo.git("rev-parse", "HEAD"))
		syncs++
	}
	if records := w.records(name); len(records) != syncs {
		t.Errorf("there were %d syncs, want %d: %+v", len(records), syncs, records)
	}
}

// TestIgnoredInAVersionThatIsNotPreferred leaves a field alone that the application ignores, by its name in git's version.
func TestIgnoredInAVersionThatIsNotPreferred(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	const name = "ignored-versions"
	repo := newRepository(t, w.play, name, map[string]string{"scaler.yaml": scaler(50)})
	w.createFrom(name, repo, `  ignoreDifferences: [{group: autoscaling, kind: HorizontalPodAutoscaler, jsonPointers: [/spec/targetCPUUtilizationPercentage]}]
  syncPolicy: {syncOptions: [CreateNamespace=true, RespectIgnoreDifferences=true]}
`)
	w.must("app", "sync", name)
	see := w.see()
	syncsTo := func(most int32, target int32) {
		t.Helper()
		repo.push("more of them", map[string]string{"scaler.yaml": strings.Replace(scaler(50), "maxReplicas: 4", fmt.Sprint("maxReplicas: ", most), 1)})
		contains(t, w.must("app", "manifests", name), fmt.Sprint("targetCPUUtilizationPercentage: ", target))
		contains(t, rowOf(t, w.must("app", "plan", name), "HorizontalPodAutoscaler/"+name+"/scaler"), "1 field differs")
		w.must("app", "sync", name)
		got, err := see.client.AutoscalingV1().HorizontalPodAutoscalers(name).Get(t.Context(), "scaler", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if p := got.Spec.TargetCPUUtilizationPercentage; p == nil || *p != target || got.Spec.MaxReplicas != most {
			t.Errorf("it is %+v, want a target of %d", got.Spec, target)
		}
	}
	syncsTo(6, 50)
	see.patch("/apis/autoscaling/v2/namespaces/"+name+"/horizontalpodautoscalers/scaler", busierScaler)
	contains(t, w.must("app", "get", name, "--refresh"), "Synced")
	w.expect(0, "app", "diff", name)
	syncsTo(8, 80)
}

// TestAVersionThatIsServedNoLonger has the cluster stop to serve the version in which git declares an object without a namespace: the
// object works on in another one, and no plan deletes it.
func TestAVersionThatIsServedNoLonger(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	see := w.see()
	const group, name = "ended-versions.example.com", "ended-version"
	kind := strings.Replace(gaugesTwice(group), "scope: Namespaced", "scope: Cluster", 1)
	kinds := newRepository(t, w.play, "ended-version-kinds", map[string]string{"kind.yaml": kind})
	w.create("ended-version-kinds", kinds)
	w.must("app", "sync", "ended-version-kinds", "--timeout", "120s")
	repo := newRepository(t, w.play, name, map[string]string{
		"a.yaml": inGroup(group, dial("v1beta1", "a", "size: 1")), "b.yaml": configMap("b", "one"), "c.yaml": configMap("c", "one"),
	})
	w.createFrom(name, repo, "  syncPolicy: {syncOptions: [CreateNamespace=true, SkipDryRunOnMissingResource=true]}\n")
	w.must("app", "sync", name, "--timeout", "120s")
	_, older, _ := strings.Cut(kind, "name: v1beta1")
	kinds.push("serve v1 alone", map[string]string{"kind.yaml": strings.Replace(kind, older, strings.Replace(older, "served: true", "served: false", 1), 1)})
	w.must("app", "sync", "ended-version-kinds", "--timeout", "120s")
	const unserved = "the cluster does not serve this kind in this version, but in v1"
	playtest.Eventually(t, playtest.Patience, "the version is not served", func() error {
		if out := w.must("app", "plan", name); !strings.Contains(out, unserved) {
			return errors.New(out)
		}
		return nil
	})
	out := w.must("app", "plan", name, "--prune")
	contains(t, rowOf(t, out, "Gauge/a"), unserved, "that may change during the sync")
	for what, out := range map[string]string{"the plan": out, "the difference": w.expect(1, "app", "diff", name).out} {
		if strings.Contains(out, "not in git") || strings.Contains(out, "Gauge/"+name) {
			t.Errorf("%s takes it for another object:\n%s", what, out)
		}
	}
	repo.push("without another", map[string]string{"c.yaml": ""})
	out = w.expect(4, "app", "sync", name, "--prune", "--yes", "--timeout", "120s").out
	contains(t, out, unserved)
	body, err := see.client.Discovery().RESTClient().Get().AbsPath("/apis/" + group + "/v1/gauges/a").DoRaw(t.Context())
	if err != nil || !strings.Contains(string(body), `"size":1`) {
		t.Errorf("the object is %s: %v, after\n%s", body, err, out)
	}
	see.present("configmap", name, "b")
	repo.push("in the other version", map[string]string{"a.yaml": inGroup(group, dial("v1", "a", "size: 2"))})
	w.must("app", "sync", name, "--prune", "--yes", "--timeout", "120s")
	contains(t, w.must("app", "get", name, "--refresh"), "Synced")
}
