package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestAServerThatGoesByTheDefinitionOfBefore changes a definition together with its objects at a server that refuses each of them once
// after it took the definition, as one does that has not heard of it.
func TestAServerThatGoesByTheDefinitionOfBefore(t *testing.T) {
	t.Parallel()
	const group = "late.example.com"
	var mu sync.Mutex
	late := map[string]bool{}
	w := onOwnStore(t).overLine(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		mu.Lock()
		refuse := late[r.URL.Path] && r.Method == http.MethodPatch && r.URL.Query().Get("dryRun") == ""
		if refuse {
			late[r.URL.Path] = false
		}
		mu.Unlock()
		if !refuse {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusInternalServerError)
		_ = json.NewEncoder(w).Encode(metav1.Status{
			TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}, Status: metav1.StatusFailure, Code: http.StatusInternalServerError,
			Message: "failed to create typed patch object: .spec.weight: field not declared in schema",
		})
	})
	repo := newRepository(t, w.play, "late", map[string]string{
		"kind.yaml": inGroup(group, gauges("v1", "size")), "a.yaml": inGroup(group, dial("v1", "a", "size: 1")),
	})
	w.create("late", repo)
	w.must("app", "sync", "late", "--timeout", "120s")
	repo.push("measure weight too", map[string]string{
		"kind.yaml": inGroup(group, gauges("v1", "size: {type: integer}, weight")),
		"a.yaml":    inGroup(group, dial("v1", "a", "weight: 2")), "b.yaml": inGroup(group, dial("v1", "b", "weight: 3")),
	})
	path := "/apis/" + group + "/v1/namespaces/late/gauges/"
	mu.Lock()
	late[path+"a"], late[path+"b"] = true, true
	mu.Unlock()
	out := w.must("app", "sync", "late", "--timeout", "120s")
	contains(t, out, "done     Gauge/late/a  configured", "done     Gauge/late/b  created")
	mu.Lock()
	defer mu.Unlock()
	if late[path+"a"] || late[path+"b"] {
		t.Errorf("not both were refused first: %v\n%s", late, strings.TrimSpace(out))
	}
}
