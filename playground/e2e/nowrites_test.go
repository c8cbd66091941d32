package e2e

import "testing"

// TestNobodyWritesWhoOnlyLooks looks in every way at an application with objects to be created, changed, made anew and pruned, hooks and
// a namespace to come: the server is asked to try, and to keep nothing.
func TestNobodyWritesWhoOnlyLooks(t *testing.T) {
	t.Parallel()
	w, writes := onOwnStore(t).noted()
	fixed := func(value string) string {
		return withOption("Replace=true,Force=true", configMap("fixed", value)) + "immutable: true\n"
	}
	repo := newRepository(t, w.play, "only-looked-at", map[string]string{
		"web.yaml": deployment("web", 1), "old.yaml": configMap("old", "one"), "fixed.yaml": fixed("one"), "before.yaml": hook("before", "PreSync"),
	})
	w.create("only-looked-at", repo)
	looks := [][]string{
		{"app", "refresh"},
		{"app", "get"},
		{"app", "get", "--refresh"},
		{"app", "plan"},
		{"app", "plan", "--prune", "--force"},
		{"app", "diff"},
		{"app", "diff", "--foreign"},
		{"app", "manifests"},
		{"app", "explain"},
		{"app", "sync", "--dry-run"},
		{"app", "sync", "--dry-run", "--prune", "--force", "--yes"},
	}
	look := func(t *testing.T, looks [][]string) {
		t.Helper()
		for _, args := range looks {
			before := len(writes.all())
			r := w.in(t).run(append([]string{args[0], args[1], "only-looked-at"}, args[2:]...)...)
			if r.status > 1 {
				t.Errorf("%v: exit status %d\n%s%s", args, r.status, r.out, r.err)
			}
			for _, one := range writes.all()[before:] {
				t.Errorf("%v sends %s %s %s", args, one.method, one.path, one.body)
			}
		}
	}
	t.Run("before there is anything", func(t *testing.T) { look(t, looks) })
	w.must("app", "sync", "only-looked-at", "--timeout", "120s")
	if len(writes.all()) < 5 {
		t.Fatalf("a sync is not noted: %v", writes.all())
	}
	t.Run("with all there is to do", func(t *testing.T) {
		repo.push("change all", map[string]string{
			"web.yaml": deployment("web", 2), "old.yaml": "", "new.yaml": configMap("new", "one"), "fixed.yaml": fixed("two"), "after.yaml": hook("after", "PostSync"),
		})
		contains(t, w.in(t).must("app", "plan", "only-looked-at", "--prune"), "create", "change", "replace", "prune")
		tried := writes.tried()
		look(t, append(looks, []string{"app", "delete", "--dry-run", "--yes"}))
		if writes.tried() == tried {
			t.Error("the server was asked to try nothing")
		}
	})
}

// all returns the writes there were so far.
func (w *writes) all() []sent {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.list[:len(w.list):len(w.list)]
}

// tried is how many writes the server was only asked to try.
func (w *writes) tried() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dry
}
