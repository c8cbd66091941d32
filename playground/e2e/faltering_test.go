package e2e

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// TestAWaitOutlastsAFalteringServer has the API server answer with errors of its own, as without a leader of its store, while the end
// of a hook is awaited: they say nothing about the hook, which is asked for again.
func TestAWaitOutlastsAFalteringServer(t *testing.T) {
	t.Parallel()
	var once sync.Once
	var left, answered atomic.Int32
	w := onOwnStore(t).overLine(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		of := strings.HasSuffix(strings.TrimSuffix(r.URL.Path, "/before"), "/namespaces/faltering/jobs")
		if of && r.Method == http.MethodGet && left.Add(-1) >= 0 {
			answered.Add(1)
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(w, `{"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "etcdserver: leader changed", "code": 500}`)
			return
		}
		next.ServeHTTP(w, r)
		if of && r.Method != http.MethodGet && r.URL.Query().Get("dryRun") == "" {
			once.Do(func() { left.Store(3) })
		}
	})
	w.create("faltering", newRepository(t, w.play, "faltering", map[string]string{"hook.yaml": hook("before", "PreSync"), "settings.yaml": configMap("settings", "one")}))
	out := w.must("app", "sync", "faltering", "--timeout", "120s")
	contains(t, out, "successfully synced")
	if !lineHas(out, "hook", "done", "Job/faltering/before") {
		t.Errorf("the end of the hook is not told:\n%s", out)
	}
	if answered.Load() != 3 {
		t.Errorf("the server faltered %d times", answered.Load())
	}
}
