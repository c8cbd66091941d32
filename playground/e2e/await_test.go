package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestAwaitedObjectsAreNotPolled lets an automatic sync wait for a hook: while nothing happens to the hook nobody asks for
// it, and when it ends the sync goes on.
func TestAwaitedObjectsAreNotPolled(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	w := onOwnStore(t).overLine(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/jobs/gate") {
			asked.Store(time.Now().UnixNano())
		}
		next.ServeHTTP(w, r)
	})
	repo := newRepository(t, w.play, "awaited", map[string]string{"hook.yaml": endless, "settings.yaml": configMap("settings", "one")})
	w.create("awaited", repo, "--sync-policy", "automated")
	w.automate()
	see := w.see()
	playtest.Eventually(t, playtest.Patience, "the hook runs and is looked at", func() error {
		if asked.Load() == 0 {
			return fmt.Errorf("nobody asked for it")
		}
		return see.find("job", "awaited", "gate")
	})
	playtest.Eventually(t, playtest.Patience, "five seconds without a question", func() error {
		if quiet := time.Since(time.Unix(0, asked.Load())); quiet < 5*time.Second {
			return fmt.Errorf("it was asked for %s ago", quiet)
		}
		return nil
	})
	see.absent("configmap", "awaited", "settings")
	see.letGo("awaited")
	playtest.Eventually(t, playtest.Patience, "the sync goes on", func() error { return see.find("configmap", "awaited", "settings") })
}
