package e2e

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

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

// balancer is a Service that is Progressing until somebody gives it an address.
const balancer = `apiVersion: v1
kind: Service
metadata: {name: front}
spec: {type: LoadBalancer, selector: {app: front}, ports: [{port: 80}]}
`

// asks counts the requests to read an object, and when the last one came.
type asks struct {
	count, last atomic.Int64
	// unwatched refuses every watch.
	unwatched bool
}

func (a *asks) through(path string) func(http.ResponseWriter, *http.Request, http.Handler) {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.URL.Query().Has("watch") && a.unwatched {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`{"kind":"Status","apiVersion":"v1","status":"Failure","message":"watching is forbidden","reason":"Forbidden","code":403}`))
			return
		}
		if r.Method == http.MethodGet && !r.URL.Query().Has("watch") && strings.HasSuffix(r.URL.Path, path) {
			a.count.Add(1)
			a.last.Store(time.Now().UnixNano())
		}
		next.ServeHTTP(w, r)
	}
}

// quiet waits until nobody has asked for five seconds.
func (a *asks) quiet(t *testing.T) {
	t.Helper()
	playtest.Eventually(t, playtest.Patience, "five seconds without a question", func() error {
		if a.count.Load() == 0 {
			return errors.New("nobody asked for it")
		}
		if since := time.Since(time.Unix(0, a.last.Load())); since < 5*time.Second {
			return fmt.Errorf("it was asked for %s ago", since)
		}
		return nil
	})
}

// TestCommandsHearOfWhatTheyWaitFor has commands, which watch no cluster, wait for health and for a hook: they ask when something
// has happened, and where nothing may be watched now and then.
func TestCommandsHearOfWhatTheyWaitFor(t *testing.T) {
	t.Parallel()
	for name, unwatched := range map[string]bool{"heard": false, "unheard": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := &asks{unwatched: unwatched}
			w := onOwnStore(t).overLine(a.through("/services/front"))
			w.create(name, newRepository(t, w.play, name, map[string]string{"front.yaml": balancer}))
			w.must("app", "sync", name)
			contains(t, w.must("app", "get", name, "--refresh"), "successfully synced (all tasks run); not settled yet")
			cmd := w.begin("app", "wait", name, "--timeout", "60s")
			see := w.see()
			if unwatched {
				before := a.count.Load()
				playtest.Eventually(t, playtest.Patience, "it is asked for again and again", func() error {
					if n := a.count.Load() - before; n < 4 {
						return fmt.Errorf("it was asked for %d times", n)
					}
					return nil
				})
			} else {
				a.quiet(t)
			}
			given := time.Now()
			address := []byte(`{"status":{"loadBalancer":{"ingress":[{"ip":"192.0.2.1"}]}}}`)
			if _, err := see.client.CoreV1().Services(name).Patch(t.Context(), "front", types.MergePatchType, address, metav1.PatchOptions{}, "status"); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err != nil {
				t.Errorf("the wait ended with %v", err)
			}
			// It would look by itself 30 s after its last look, which was 5 s ago at least.
			if took := time.Since(given); took > 20*time.Second {
				t.Errorf("it took %s to hear of it", took)
			}
			contains(t, w.must("app", "get", name), "successfully synced (all tasks run); settled")
		})
	}
	t.Run("a document that goes", func(t *testing.T) {
		t.Parallel()
		w := onOwnStore(t)
		w.create("wait-gone", newRepository(t, w.play, "wait-gone", map[string]string{"a.yaml": configMap("a", "one")}))
		cmd := w.begin("app", "wait", "wait-gone", "--delete", "--timeout", "60s")
		w.must("app", "delete", "wait-gone", "--cascade=false", "--yes")
		if err := cmd.Wait(); err != nil {
			t.Errorf("the wait ended with %v", err)
		}
	})
	t.Run("a hook", func(t *testing.T) {
		t.Parallel()
		a := &asks{}
		w := onOwnStore(t).overLine(a.through("/jobs/gate"))
		w.create("hook-heard", newRepository(t, w.play, "hook-heard", map[string]string{"hook.yaml": endless, "a.yaml": configMap("a", "one")}))
		cmd := w.begin("app", "sync", "hook-heard", "--yes", "--timeout", "60s")
		a.quiet(t)
		see := w.see()
		see.absent("configmap", "hook-heard", "a")
		see.letGo("hook-heard")
		if err := cmd.Wait(); err != nil {
			t.Errorf("the sync ended with %v", err)
		}
		see.present("configmap", "hook-heard", "a")
	})
	t.Run("a commit that a wait has not seen", func(t *testing.T) {
		t.Parallel()
		w := onOwnStore(t)
		repo := newRepository(t, w.play, "wait-commit", map[string]string{"a.yaml": configMap("a", "one")})
		w.create("wait-commit", repo)
		cmd := w.begin("app", "wait", "wait-commit", "--sync", "--timeout", "60s")
		repo.push("two", map[string]string{"a.yaml": configMap("a", "two")})
		w.must("app", "sync", "wait-commit")
		if err := cmd.Wait(); err != nil {
			t.Errorf("the wait ended with %v", err)
		}
	})
}
