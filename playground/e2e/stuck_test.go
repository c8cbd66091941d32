package e2e

import (
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// held gives a manifest a finalizer that nobody removes.
func held(manifest string) string {
	return strings.Replace(manifest, "metadata:\n", "metadata:\n  finalizers: [example.com/held]\n", 1)
}

// release removes the finalizers of a ConfigMap.
func (e eyes) release(namespace, name string) {
	e.t.Helper()
	_, err := e.client.CoreV1().ConfigMaps(namespace).Patch(e.t.Context(), name, types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{})
	if err != nil {
		e.t.Fatal(err)
	}
}

// eventuallyPrints runs a command until it prints these texts.
func eventuallyPrints(p *program, texts []string, args ...string) {
	p.t.Helper()
	playtest.Eventually(p.t, playtest.Patience, strings.Join(args, " "), func() error {
		r := p.run(args...)
		for _, text := range texts {
			if !strings.Contains(r.out+r.err, text) {
				return fmt.Errorf("%q is missing in: %s%s", text, r.out, r.err)
			}
		}
		return nil
	})
}

// TestFinalizerThatIsNeverRemoved prunes an object that stays: the sync says what it waits for, ends with that as its reason when
// it is told to, and when the object goes after all it is done.
func TestFinalizerThatIsNeverRemoved(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "held", map[string]string{"a.yaml": held(configMap("a", "one")), "b.yaml": configMap("b", "one")})
	w.create("held", repo)
	w.must("app", "sync", "held")
	repo.push("drop it", map[string]string{"a.yaml": ""})
	see := w.see()
	t.Run("when time is up", func(t *testing.T) {
		w := w.in(t)
		r := w.expect(5, "app", "sync", "held", "--prune", "--timeout", "5s")
		contains(t, r.out+r.err, "ConfigMap/held/a")
		contains(t, w.must("app", "history", "held"), "operation terminated while it waited for ConfigMap/held/a to be deleted (finalizers [example.com/held])")
		see.present("configmap", "held", "a")
	})
	t.Run("what is being deleted already is named, and the rest goes on", func(t *testing.T) {
		w := w.in(t)
		repo.push("change the other", map[string]string{"b.yaml": configMap("b", "two")})
		contains(t, w.must("app", "sync", "held", "--prune", "--timeout", "60s"), "being deleted already")
		if got := see.get("held", "b").Data["value"]; got != "two" {
			t.Errorf("the other is held up: %q", got)
		}
	})
	t.Run("terminated from another process", func(t *testing.T) {
		w := w.in(t)
		see.release("held", "a")
		repo.push("bring it back", map[string]string{"a.yaml": held(configMap("a", "one"))})
		w.must("app", "sync", "held", "--timeout", "60s")
		repo.push("drop it again", map[string]string{"a.yaml": ""})
		cmd := w.begin("app", "sync", "held", "--prune", "--yes")
		playtest.Eventually(t, playtest.Patience, "it is being deleted", func() error {
			if see.get("held", "a").DeletionTimestamp == nil {
				return fmt.Errorf("it is not")
			}
			return nil
		})
		contains(t, w.must("app", "terminate", "held", "--timeout", "60s"), "has ended")
		if err := cmd.Wait(); err == nil {
			t.Error("a sync that was terminated succeeded")
		}
		see.release("held", "a")
		playtest.Eventually(t, playtest.Patience, "it is gone", func() error {
			if see.find("configmap", "held", "a") == nil {
				return fmt.Errorf("it is there")
			}
			return nil
		})
		w.must("app", "sync", "held", "--prune", "--timeout", "60s")
		contains(t, w.must("app", "get", "held", "--refresh"), "Synced")
	})
}

// TestNamespaceThatIsStuck syncs into a namespace that does not end: plan and sync say so, and once it is gone it is made anew.
func TestNamespaceThatIsStuck(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	see := w.see()
	see.namespace("stuck")
	see.configMap("stuck", "holding", nil, nil)
	if _, err := see.client.CoreV1().ConfigMaps("stuck").Patch(t.Context(), "holding", types.MergePatchType, []byte(`{"metadata":{"finalizers":["example.com/held"]}}`), metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := see.client.CoreV1().Namespaces().Delete(t.Context(), "stuck", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	w.create("stuck", newRepository(t, w.play, "stuck", map[string]string{"a.yaml": configMap("a", "one")}))
	eventuallyPrints(w, []string{"ConfigMap/stuck/a", "refused", "is being terminated"}, "app", "plan", "stuck")
	r := w.expect(4, "app", "sync", "stuck", "--timeout", "60s")
	contains(t, r.out, "ConfigMap/stuck/a", "is being terminated")
	see.release("stuck", "holding")
	playtest.Eventually(t, playtest.Patience, "the namespace is gone", func() error {
		if see.find("namespace", "", "stuck") == nil {
			return fmt.Errorf("it is there")
		}
		return nil
	})
	w.must("app", "sync", "stuck", "--timeout", "60s")
	see.present("configmap", "stuck", "a")
}

// gauges is a definition with one version.
func gauges(version, property string) string {
	return `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: gauges.defined.example.com
spec:
  group: defined.example.com
  scope: Namespaced
  names: {kind: Gauge, plural: gauges}
  versions:
    - name: ` + version + `
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties: {spec: {type: object, properties: {` + property + `: {type: integer}}}}
`
}

// TestDefinitionWithItsObjects applies a definition and objects of its kind in one sync, changes it later, and deletes the objects
// with the application, but not the definition.
func TestDefinitionWithItsObjects(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "defined", map[string]string{
		"kind.yaml": gauges("v1", "size"),
		"a.yaml":    "apiVersion: defined.example.com/v1\nkind: Gauge\nmetadata:\n  name: a\nspec: {size: 1}\n",
		"b.yaml":    inWave("-1", "apiVersion: defined.example.com/v1\nkind: Gauge\nmetadata:\n  name: b\nspec: {size: 2}\n"),
	})
	w.create("defined", repo)
	contains(t, rowOf(t, w.must("app", "plan", "defined"), "Gauge/defined/a"), "CRD schema", "its kind is defined by this application")
	inOrder(t, w.must("app", "sync", "defined", "--timeout", "120s"), "CustomResourceDefinition/gauges.defined.example.com", "Gauge/defined/b", "Gauge/defined/a")
	contains(t, w.must("app", "get", "defined", "--refresh"), "Synced")
	contains(t, w.must("app", "sync", "defined"), "nothing to do")
	t.Run("it is upgraded like any object", func(t *testing.T) {
		w := w.in(t)
		repo.push("measure weight too", map[string]string{"kind.yaml": gauges("v1", "size: {type: integer}, weight")})
		contains(t, w.must("app", "plan", "defined"), "change", "CustomResourceDefinition/gauges.defined.example.com")
		w.must("app", "sync", "defined", "--timeout", "120s")
		contains(t, w.must("app", "get", "defined", "--refresh"), "Synced")
	})
	t.Run("a version that objects are stored in does not vanish", func(t *testing.T) {
		w := w.in(t)
		repo.push("another version alone", map[string]string{"kind.yaml": gauges("v2", "size")})
		contains(t, w.must("app", "plan", "defined"), "refused", "storedVersions")
		w.expect(4, "app", "sync", "defined", "--timeout", "120s")
	})
	out := w.must("app", "delete", "defined", "--yes", "--timeout", "120s")
	contains(t, out, "kept: deleting it would delete every object of its kind")
}

// TestFieldsOfAnotherManager takes fields back from another manager who applied them by force, and names it.
func TestFieldsOfAnotherManager(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("contested", newRepository(t, w.play, "contested", map[string]string{"a.yaml": configMap("a", "ours")}))
	w.must("app", "sync", "contested")
	see := w.see()
	theirs := []byte(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"value":"theirs","extra":"theirs"}}`)
	force := true
	if _, err := see.client.CoreV1().ConfigMaps("contested").Patch(t.Context(), "a", types.ApplyPatchType, theirs, metav1.PatchOptions{FieldManager: "rival", Force: &force}); err != nil {
		t.Fatal(err)
	}
	contains(t, w.expect(1, "app", "diff", "contested").out, ".data.value last written by rival (Apply)")
	contains(t, w.must("app", "plan", "contested"), "1 field differs")
	w.must("app", "sync", "contested")
	if got := see.get("contested", "a").Data; got["value"] != "ours" || got["extra"] != "theirs" {
		t.Errorf("the data is %v", got)
	}
	w.expect(0, "app", "diff", "contested")
}
