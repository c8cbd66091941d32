package e2e

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// TestARefusalThatGoesBy has the server refuse what is planned, and take it a moment later: nothing is written of which the plan
// showed no Changes, and the next plan shows them.
func TestARefusalThatGoesBy(t *testing.T) {
	t.Parallel()
	var strict atomic.Bool
	w := onOwnStore(t).overLine(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if strict.Load() && r.Method == http.MethodPatch && strings.HasSuffix(r.URL.Path, "/configmaps/a") && r.URL.Query().Get("dryRun") != "" {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"BadRequest","code":400,` +
				`"message":"admission webhook \"gate.example.com\" denied the request: not today"}`))
			return
		}
		next.ServeHTTP(w, r)
	})
	repo := newRepository(t, w.play, "refused", map[string]string{"a.yaml": configMap("a", "one"), "b.yaml": configMap("b", "one")})
	w.create("refused", repo)
	w.must("app", "sync", "refused")
	strict.Store(true)
	repo.push("two", map[string]string{"a.yaml": configMap("a", "two"), "b.yaml": configMap("b", "two")})
	r := w.expect(4, "app", "sync", "refused", "--timeout", "60s")
	contains(t, r.out, "ConfigMap/refused/a", "denied the request: not today", "look at a new plan and approve that")
	see := w.see()
	if a, b := see.get("refused", "a").Data["value"], see.get("refused", "b").Data["value"]; a != "one" || b != "two" {
		t.Errorf("the values are %s and %s: what was refused stays, and does not stop its neighbour", a, b)
	}
	strict.Store(false)
	w.must("app", "sync", "refused", "--timeout", "60s")
	if a := see.get("refused", "a").Data["value"]; a != "two" {
		t.Errorf("the value is %s", a)
	}
}

// TestASyncIsOnRecordWhoseObjectsWereSyncedOneByOne has a sync fail, and a person sync what it had failed at: nothing is left to do then,
// but that the whole is well is said by a sync of the whole alone, once.
func TestASyncIsOnRecordWhoseObjectsWereSyncedOneByOne(t *testing.T) {
	t.Parallel()
	var full atomic.Bool
	full.Store(true)
	w := onOwnStore(t).overLine(whileFull(&full))
	w.create("one-by-one", newRepository(t, w.play, "one-by-one", map[string]string{"a.yaml": configMap("a", "one"), "b.yaml": configMap("b", "one")}))
	w.expect(4, "app", "sync", "one-by-one", "--timeout", "60s")
	full.Store(false)
	twice := func(records int, flags ...string) {
		t.Helper()
		for range 2 {
			w.must(append([]string{"app", "sync", "one-by-one", "--timeout", "60s"}, flags...)...)
		}
		if got := w.records("one-by-one"); len(got) != records || got[0].Phase != "Succeeded" {
			t.Errorf("want %d records, the last of a success: %+v", records, got)
		}
	}
	only := []string{"--resource", ":ConfigMap:one-by-one/a"}
	twice(2, only...)
	twice(3)
	twice(3, only...)
}

// TestARefusalThatTheSyncItselfLifts makes a Pod whose ServiceAccount comes with the same sync: the server refuses the one before the
// other is there.
func TestARefusalThatTheSyncItselfLifts(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	see := w.see()
	see.namespace("lifted")
	w.create("lifted", newRepository(t, w.play, "lifted", map[string]string{
		"account.yaml": "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: runner\n",
		"pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: runner\nspec:\n  serviceAccountName: runner\n" +
			"  containers: [{name: main, image: example/runner:1}]\n",
	}))
	contains(t, w.must("app", "plan", "lifted"), "refused: ", "Pod/lifted/runner")
	w.must("app", "sync", "lifted", "--timeout", "60s")
	if !see.pods("lifted")["runner"] {
		t.Error("the Pod is not there")
	}
}
