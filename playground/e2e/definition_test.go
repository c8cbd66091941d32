package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// dial is an object of the kind that gauges defines.
func dial(version, name, spec string) string {
	return fmt.Sprintf("apiVersion: defined.example.com/%s\nkind: Gauge\nmetadata:\n  name: %s\nspec: {%s}\n", version, name, spec)
}

// inGroup has the kind of a manifest in a group of one test.
func inGroup(group, manifest string) string {
	return strings.ReplaceAll(manifest, "defined.example.com", group)
}

// TestObjectsAreCheckedByTheDefinitionBesideThem plans objects of a kind that the cluster does not have, then of one that it has with
// fewer fields, and then in a version that it does not have; each time they and the definition are synced in one go.
func TestObjectsAreCheckedByTheDefinitionBesideThem(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	const group = "checked.example.com"
	files := func(changed map[string]string) map[string]string {
		out := map[string]string{}
		for name, text := range changed {
			out[name] = inGroup(group, text)
		}
		return out
	}
	repo := newRepository(t, w.play, "by-definition", files(map[string]string{
		"kind.yaml": gauges("v1", "size"), "a.yaml": dial("v1", "a", "size: 1"), "wrong.yaml": dial("v1", "wrong", "wait: 1"),
	}))
	w.create("by-definition", repo)
	out := w.must("app", "plan", "by-definition")
	contains(t, rowOf(t, out, "Gauge/by-definition/a"), "CRD schema", "its kind is defined by this application")
	contains(t, rowOf(t, out, "Gauge/by-definition/wrong"), "CRD schema", "refused: failed to create typed patch object", ".spec.wait: field not declared in schema")
	t.Run("a dry run fails where the definition refuses", func(t *testing.T) {
		w := w.in(t)
		r := w.expect(4, "app", "sync", "by-definition", "--dry-run", "--timeout", "120s")
		contains(t, r.out, "done     Gauge/by-definition/a  checked by the definition of its kind in git", "failed   Gauge/by-definition/wrong", "field not declared in schema")
	})
	t.Run("without its definition an object is not synced", func(t *testing.T) {
		w := w.in(t)
		out := w.must("app", "plan", "by-definition", "--resource", group+":Gauge:a")
		contains(t, rowOf(t, out, "Gauge/by-definition/a"), "refused: CustomResourceDefinition/gauges."+group+" comes first, and is not selected")
	})
	repo.push("mend it", files(map[string]string{"wrong.yaml": ""}))
	w.must("app", "sync", "by-definition", "--timeout", "120s")
	t.Run("the server says the same once it has the definition", func(t *testing.T) {
		w := w.in(t)
		repo.push("break it again", files(map[string]string{"wrong.yaml": dial("v1", "wrong", "wait: 1")}))
		_, before, _ := strings.Cut(rowOf(t, out, "Gauge/by-definition/wrong"), "CRD schema")
		_, after, _ := strings.Cut(rowOf(t, w.must("app", "plan", "by-definition"), "Gauge/by-definition/wrong"), "server")
		if strings.TrimSpace(before) != strings.TrimSpace(after) {
			t.Errorf("before it was%s\nand is%s", before, after)
		}
		repo.push("mend it again", files(map[string]string{"wrong.yaml": ""}))
	})
	t.Run("a field that comes with its use", func(t *testing.T) {
		w := w.in(t)
		repo.push("measure weight too", files(map[string]string{
			"kind.yaml": gauges("v1", "size: {type: integer}, weight"), "a.yaml": dial("v1", "a", "size: 1, weight: 2"), "b.yaml": dial("v1", "b", "weight: 3"),
		}))
		out := w.must("app", "plan", "by-definition")
		contains(t, rowOf(t, out, "Gauge/by-definition/a"), "CRD schema", "1 field differs")
		contains(t, rowOf(t, out, "Gauge/by-definition/b"), "CRD schema", "missing")
		contains(t, w.expect(1, "app", "diff", "by-definition").out, "Gauge/by-definition/a  differs  (checked by the definition of its kind in git)", "+  weight: 2")
		w.must("app", "sync", "by-definition", "--timeout", "120s")
		contains(t, w.must("app", "sync", "by-definition"), "nothing to do")
	})
	t.Run("a version that comes with its use", func(t *testing.T) {
		w := w.in(t)
		const fields = "size: {type: integer}, weight"
		_, second, _ := strings.Cut(gauges("v2", fields), "versions:\n")
		repo.push("another version", files(map[string]string{
			"kind.yaml": strings.Replace(gauges("v1", fields), "storage: true", "storage: false", 1) + second,
			"a.yaml":    dial("v2", "a", "size: 1, weight: 4"), "b.yaml": dial("v3", "b", "weight: 3"),
		}))
		out := w.must("app", "plan", "by-definition")
		contains(t, rowOf(t, out, "Gauge/by-definition/a"), "change", "CRD schema", "1 field differs")
		contains(t, rowOf(t, out, "Gauge/by-definition/b"), "CRD schema", "refused: the definition of Gauge."+group+" serves no v3, but v1, v2")
		repo.push("mend it", files(map[string]string{"b.yaml": dial("v1", "b", "weight: 3")}))
		w.must("app", "sync", "by-definition", "--timeout", "120s")
		contains(t, w.must("app", "get", "by-definition", "--refresh"), "Synced")
	})
}

// TestADefinitionThatGitDropsStaysForItsObjects has git drop a definition while it has an object of the kind, and then that one too,
// which is kept: with the definition the server would delete it.
func TestADefinitionThatGitDropsStaysForItsObjects(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	const group, name = "stays.example.com", "stays-defined"
	const definition = "CustomResourceDefinition/gauges." + group
	repo := newRepository(t, w.play, name, map[string]string{
		"kind.yaml": inGroup(group, gauges("v1", "size")), "a.yaml": withOption("Prune=false", inGroup(group, dial("v1", "a", "size: 1"))),
		"other.yaml": configMap("other", "one"),
	})
	w.create(name, repo)
	w.must("app", "sync", name, "--timeout", "120s")
	kept := func(why string) {
		t.Helper()
		contains(t, rowOf(t, w.must("app", "plan", name, "--prune"), definition), why)
		w.must("app", "sync", name, "--prune", "--yes", "--timeout", "120s")
		w.see().identity(holder{definition, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gauges." + group})
	}
	repo.push("drop the definition", map[string]string{"kind.yaml": ""})
	kept("kept: git has objects of its kind")
	repo.push("drop its object", map[string]string{"a.yaml": ""})
	kept("kept: Gauge/" + name + "/a is of its kind, kept by Prune=false")
}
