package e2e

import "testing"

// TestNobodyWritesWhoOnlyLooks looks in every way at an application with objects to be created, changed, made anew and pruned, hooks and
// a namespace to come, and then with a way back, an action to be confirmed and an interrupted sync: the server is asked to try, and to
// keep nothing, and nothing is pushed.
func TestNobodyWritesWhoOnlyLooks(t *testing.T) {
	t.Parallel()
	const name = "only-looked-at"
	w, writes := onOwnStore(t).noted()
	fixed := func(value string) string {
		return withOption("Replace=true,Force=true", configMap("fixed", value)) + "immutable: true\n"
	}
	repo := newRepository(t, w.play, name, map[string]string{
		"web.yaml": deployment("web", 1), "old.yaml": configMap("old", "one"), "fixed.yaml": fixed("one"), "before.yaml": hook("before", "PreSync"),
	})
	w.create(name, repo)
	tip := func() string { return repo.fetched("origin/main") }
	// look looks in these ways, of which each ends with this status or 0.
	look := func(t *testing.T, status int, looks [][]string) {
		t.Helper()
		for _, args := range looks {
			before, commit := len(writes.all()), tip()
			r := w.in(t).run(args...)
			if r.status != 0 && r.status != status {
				t.Errorf("%v: exit status %d\n%s%s", args, r.status, r.out, r.err)
			}
			for _, one := range writes.all()[before:] {
				t.Errorf("%v sends %s %s %s", args, one.method, one.path, one.body)
			}
			if now := tip(); now != commit {
				t.Errorf("%v pushes %s", args, now)
			}
		}
	}
	looks := [][]string{
		{"app", "refresh", name},
		{"app", "get", name},
		{"app", "get", name, "--refresh"},
		{"app", "plan", name},
		{"app", "plan", name, "--prune", "--force"},
		{"app", "diff", name},
		{"app", "diff", name, "--foreign"},
		{"app", "manifests", name},
		{"app", "explain", name},
		{"app", "sync", name, "--dry-run"},
		{"app", "sync", name, "--dry-run", "--prune", "--force", "--yes"},
	}
	t.Run("before there is anything", func(t *testing.T) { look(t, 1, looks) })
	w.must("app", "sync", name, "--timeout", "120s")
	if len(writes.all()) < 5 {
		t.Fatalf("a sync is not noted: %v", writes.all())
	}
	// tries wants the server to be asked to try what is looked at.
	tries := func(t *testing.T, status int, looks [][]string) {
		t.Helper()
		for _, args := range looks {
			tried := writes.tried()
			look(t, status, [][]string{args})
			if writes.tried() == tried {
				t.Errorf("%v: the server was asked to try nothing", args)
			}
		}
	}
	t.Run("with all there is to do", func(t *testing.T) {
		repo.push("change all", map[string]string{
			"web.yaml": deployment("web", 2), "old.yaml": "", "new.yaml": configMap("new", "one"), "fixed.yaml": fixed("two"), "after.yaml": hook("after", "PostSync"),
		})
		contains(t, w.in(t).must("app", "plan", name, "--prune"), "create", "change", "replace", "prune")
		tries(t, 1, [][]string{{"app", "sync", name, "--dry-run", "--prune", "--force", "--yes"}})
		look(t, 1, append(looks, []string{"app", "delete", name, "--dry-run", "--yes"}))
	})
	w.must("app", "sync", name, "--prune", "--force", "--yes", "--confirm", "replace:ConfigMap/"+name+"/fixed", "--timeout", "120s")
	t.Run("with a way back", func(t *testing.T) {
		tries(t, 0, [][]string{
			{"app", "rollback", name, "r1", "--dry-run", "--yes"},
			{"app", "rollback", name, "--commit", "--dry-run", "--yes"},
			{"app", "undo", name, "--dry-run", "--yes"},
			{"app", "hand-back", name, "--dry-run", "--yes"},
		})
		contains(t, w.in(t).must("app", "rollback", name, "r1", "--dry-run"), "create", "change", "replace", "prune")
	})
	t.Run("with an action to be confirmed", func(t *testing.T) {
		act := func(args ...string) []string {
			return append([]string{"app", "actions", "run", name, "--kind", "Deployment", "--resource-name", "web"}, args...)
		}
		look(t, 0, [][]string{{"app", "actions", "list", name, "--kind", "Deployment", "--resource-name", "web"}})
		tries(t, 6, [][]string{act("patch", "--param", `patch={"spec":{"replicas":3}}`), act("delete")})
	})
	t.Run("with something interrupted", func(t *testing.T) {
		repo.push("a hook that does not end", map[string]string{"gate.yaml": endless, "new.yaml": configMap("new", "two")})
		w.in(t).killedInHook(name)
		tries(t, 0, [][]string{{"app", "resume", name, "--dry-run", "--yes"}, {"app", "undo", name, "--dry-run", "--yes"}})
		look(t, 1, append(looks, []string{"app", "history", name}))
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
