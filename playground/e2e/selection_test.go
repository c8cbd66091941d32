package e2e

import (
	"bufio"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// labelled gives a manifest a label.
func labelled(label, manifest string) string {
	return strings.Replace(manifest, "metadata:\n", "metadata:\n  labels: {"+label+"}\n", 1)
}

// TestSelection syncs some objects of an application, and some applications of a store.
func TestSelection(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "selection", map[string]string{
		"a.yaml": labelled("tier: front", configMap("a", "one")), "b.yaml": configMap("b", "one"), "c.yaml": configMap("c", "one"),
		"before.yaml": hook("before", "PreSync"),
	})
	w.create("selection", repo)
	see := w.see()
	t.Run("by name, with a pattern and an exception", func(t *testing.T) {
		w := w.in(t)
		out := w.must("app", "sync", "selection", "--resource", ":ConfigMap:selection/*", "--resource", "!:ConfigMap:a", "--resource", "!:ConfigMap:c")
		contains(t, out, "ConfigMap/selection/b", "1 hook is not run", "Job/selection/before (PreSync)")
		see.present("configmap", "selection", "b")
		see.absent("configmap", "selection", "a")
		see.absent("configmap", "selection", "c")
		see.absent("job", "selection", "before")
		contains(t, w.must("app", "get", "selection"), "OutOfSync")
		if h := w.get("selection").Status.History; len(h) != 0 {
			t.Errorf("a sync in part is in Argo CD's history: %v", h)
		}
		last := read[[]app.Record](t, w.must("app", "history", "selection", "-o", "json"))[0]
		if !last.Partial || last.Phase != app.OperationSucceeded || !slices.ContainsFunc(last.Results, func(r app.ResourceResult) bool { return r.Name == "b" }) ||
			slices.ContainsFunc(last.Results, func(r app.ResourceResult) bool { return r.Name == "a" || r.Name == "c" || r.Name == "before" }) {
			t.Errorf("of a sync in part the history has %+v", last)
		}
	})
	t.Run("by label", func(t *testing.T) {
		w := w.in(t)
		contains(t, w.must("app", "plan", "selection", "--label", "tier=front"), "ConfigMap/selection/a", "1 create")
		see.absent("configmap", "selection", "a")
		w.must("app", "sync", "selection", "--label", "tier=front")
		see.present("configmap", "selection", "a")
		see.absent("configmap", "selection", "c")
	})
	t.Run("with hooks", func(t *testing.T) {
		w := w.in(t)
		w.expect(2, "app", "sync", "selection", "--hooks")
		contains(t, w.must("app", "sync", "selection", "--resource", ":ConfigMap:b", "--hooks", "--timeout", "120s"), "Job/selection/before")
		see.present("job", "selection", "before")
		see.absent("configmap", "selection", "c")
	})
	t.Run("what is not there is not found", func(t *testing.T) {
		w := w.in(t)
		contains(t, w.expect(3, "app", "sync", "selection", "--resource", ":ConfigMap:selection/zzz").err, "select :ConfigMap:selection/zzz of application selection")
		w.expect(3, "app", "sync", "selection", "--label", "tier=nobody")
		w.expect(2, "app", "sync", "selection", "--label", "=")
		w.expect(2, "app", "sync", "selection", "--resource", "ConfigMap")
	})
	t.Run("applications by label", func(t *testing.T) {
		w := w.in(t)
		w.createFrom("selection-two", repo, "  syncPolicy: {syncOptions: [CreateNamespace=true]}\n")
		contains(t, w.expect(3, "app", "sync", "-l", "team=shop").err, "team=shop")
		w.must("app", "set", "selection-two", "--label", "team=shop")
		out := w.must("app", "sync", "-l", "team=shop", "--timeout", "120s")
		contains(t, out, "sync of selection-two: Succeeded")
		if strings.Contains(out, "sync of selection:") {
			t.Errorf("an application without the label is synced too:\n%s", out)
		}
		contains(t, w.must("app", "wait", "-l", "team=shop", "--timeout", "120s"), "selection-two: Synced, Healthy")
		w.expect(2, "app", "sync", "selection", "-l", "team=shop")
		w.expect(2, "app", "sync")
	})
}

// TestOtherRevision syncs what is not followed: by hand it may be, where automation would take it back it may not.
func TestOtherRevision(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "other-revision", map[string]string{"a.yaml": configMap("a", "main")})
	repo.git("checkout", "--quiet", "-b", "feature")
	repo.git("push", "--quiet", "origin", "feature")
	repo.git("checkout", "--quiet", "main")
	repo.push("go on", map[string]string{"a.yaml": configMap("a", "newest")})
	w.create("other-revision", repo)
	w.must("app", "sync", "other-revision", "--revision", "feature")
	if got := w.see().get("other-revision", "a").Data["value"]; got != "main" {
		t.Errorf("the value is %q, want that of the other revision", got)
	}
	contains(t, w.must("app", "refresh", "other-revision"), "OutOfSync")
	w.must("app", "set", "other-revision", "--sync-policy", "automated")
	w.must("app", "sync", "other-revision", "--revision", "main")
	contains(t, w.expect(6, "app", "sync", "other-revision", "--revision", "feature").err, "synced automatically from main", "--sync-policy none")
	contains(t, w.must("app", "sync", "other-revision", "--revision", "feature", "--dry-run"), "dry run: nothing was written")
	if got := w.see().get("other-revision", "a").Data["value"]; got != "newest" {
		t.Errorf("the value is %q, want the newest", got)
	}
}

// TestRetry tries a sync again that fails, until git has the repair.
func TestRetry(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "retry", map[string]string{"a.yaml": configMap("a", "[no, string]")})
	w.create("retry", repo)
	r := w.expect(4, "app", "sync", "retry", "--retry-limit", "2", "--retry-backoff-duration", "100ms", "--retry-backoff-factor", "3")
	contains(t, r.err, "retry 1 in 100ms", "retry 2 in 300ms")
	if strings.Contains(r.err, "retry 3") {
		t.Errorf("it is retried more often than it may:\n%s", r.err)
	}
	cmd, out := w.piped(nil, "app", "sync", "retry", "--retry-limit", "-1", "--retry-backoff-duration", "100ms", "--retry-backoff-max-duration", "200ms",
		"--timeout", "120s")
	lines := bufio.NewScanner(out)
	untilSaid(t, lines, "retry 2 in 200ms")
	repo.push("repair", map[string]string{"a.yaml": configMap("a", "string")})
	untilSaid(t, lines, "sync of retry: Succeeded")
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	w.see().present("configmap", "retry", "a")
}

// untilSaid reads lines until one has a part.
func untilSaid(t *testing.T, lines *bufio.Scanner, part string) {
	t.Helper()
	for lines.Scan() {
		if strings.Contains(lines.Text(), part) {
			return
		}
	}
	t.Fatalf("it does not say %q", part)
}

// TestRetryOfANewerCommit has git repaired during a pause of an hour: the next attempt does not wait for its end.
func TestRetryOfANewerCommit(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "retry-newer", map[string]string{"a.yaml": configMap("a", "[no, string]")})
	w.create("retry-newer", repo)
	cmd, r := w.piped(nil, "app", "sync", "retry-newer", "--retry-limit", "1", "--retry-backoff-duration", "1h", "--retry-backoff-max-duration", "1h",
		"--timeout", "120s")
	lines := bufio.NewScanner(r)
	untilSaid(t, lines, "retry 1 in 1h")
	repo.push("repair", map[string]string{"a.yaml": configMap("a", "string")})
	untilSaid(t, lines, "git has moved on: retry 1 now")
	untilSaid(t, lines, "sync of retry-newer: Succeeded")
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	w.see().present("configmap", "retry-newer", "a")
}

// TestRetryOfTheSameCommits tries a sync again with the commit of every source that it had, of an application that is synced
// automatically as well: while git has not moved on, these are the followed ones.
func TestRetryOfTheSameCommits(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	good := newRepository(t, w.play, "retry-good", map[string]string{"a.yaml": configMap("a", "one")})
	bad := newRepository(t, w.play, "retry-bad", map[string]string{"b.yaml": configMap("b", "[no, string]")})
	drop(t, w.store, "retries.yaml", `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: retries}
spec:
  destination: {name: playground, namespace: retries}
  syncPolicy: {automated: {}, syncOptions: [CreateNamespace=true]}
  sources:
    - {repoURL: `+good.url+`, targetRevision: main, path: .}
    - {repoURL: `+bad.url+`, targetRevision: main, path: .}
`)
	r := w.expect(4, "app", "sync", "retries", "--retry-limit", "1", "--retry-backoff-duration", "100ms", "--retry-refresh=false")
	contains(t, r.err, "retry 1 in 100ms")
	var status struct {
		Status struct {
			OperationState struct {
				SyncResult struct {
					Revisions []string
					Sources   []struct{ TargetRevision string }
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(w.must("app", "get", "retries", "-o", "json")), &status); err != nil {
		t.Fatal(err)
	}
	result := status.Status.OperationState.SyncResult
	if len(result.Sources) != 2 || len(result.Revisions) != 2 {
		t.Fatalf("the last attempt was of %+v, want two sources", result)
	}
	for i, commit := range result.Revisions {
		if got := result.Sources[i].TargetRevision; got != commit {
			t.Errorf("source %d was tried again at %s, want %s, which failed", i+1, got, commit)
		}
	}
	good.push("something else", map[string]string{"a.yaml": configMap("a", "two")})
	r = w.expect(6, "app", "sync", "retries", "--revisions", result.Revisions[0], "--source-positions", "1")
	contains(t, r.err, "synced automatically from main")
}
