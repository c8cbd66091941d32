package e2e

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestAHookBesideARefusedOne has a hook run while its neighbour is refused: the sync fails when the end of the hook was seen, and the
// hook's policy is heeded.
func TestAHookBesideARefusedOne(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("neighbours", newRepository(t, w.play, "neighbours", map[string]string{
		"good.yaml":     strings.Replace(hook("good", "PreSync"), "hook: PreSync", "hook: PreSync, argocd.argoproj.io/hook-delete-policy: HookSucceeded", 1),
		"kept.yaml":     hook("kept", "PreSync"),
		"refused.yaml":  strings.Replace(hook("refused", "PreSync"), "spec:\n", "spec:\n  completions: -3\n", 1),
		"failed.yaml":   hook("failed", "SyncFail"),
		"settings.yaml": configMap("settings", "one"),
	}))
	r := w.expect(4, "app", "sync", "neighbours", "--timeout", "60s")
	for _, name := range []string{"good", "kept"} {
		if !lineHas(r.out, "hook", "done", "Job/neighbours/"+name) {
			t.Errorf("the end of %s is not told:\n%s", name, r.out)
		}
	}
	contains(t, r.out, "completions")
	see := w.see()
	see.absent("job", "neighbours", "good")
	see.present("job", "neighbours", "kept")
	see.present("job", "neighbours", "failed")
	see.absent("configmap", "neighbours", "settings")
	if strings.Contains(w.must("app", "get", "neighbours", "-o", "json"), `"hookPhase": "Running"`) {
		t.Error("a hook of an operation that has ended is said to run")
	}
}

// lineHas reports whether one line of a text has all the words.
func lineHas(text string, words ...string) bool {
	for line := range strings.Lines(text) {
		all := true
		for _, word := range words {
			all = all && strings.Contains(line, word)
		}
		if all {
			return true
		}
	}
	return false
}

// TestGeneratedHookIsNamed has a hook get its name when it is made: the plan shows how it begins, all else the whole of it.
func TestGeneratedHookIsNamed(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("generated", newRepository(t, w.play, "generated", map[string]string{
		"hook.yaml": strings.Replace(hook("before", "PreSync"), "name: before", "generateName: before-", 1), "own.yaml": configMap("own", "one"),
	}))
	contains(t, w.must("app", "plan", "generated"), "Job/generated/before-*")
	out := w.must("app", "sync", "generated", "--timeout", "120s")
	jobs, err := w.see().client.BatchV1().Jobs("generated").List(t.Context(), metav1.ListOptions{})
	if err != nil || len(jobs.Items) != 1 {
		t.Fatalf("%d Jobs (%v)", len(jobs.Items), err)
	}
	name := "Job/generated/" + jobs.Items[0].Name
	contains(t, out, name+" ")
	contains(t, w.must("app", "history", "generated", "r1"), name+" ")
	contains(t, w.must("app", "resources", "generated", "-o", "tree"), name+" ")
}
