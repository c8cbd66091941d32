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

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// applies reports whether a request writes an object for real.
func applies(r *http.Request) bool {
	return r.Method == http.MethodPatch && !r.URL.Query().Has("dryRun")
}

// many are so many ConfigMaps in two waves.
func many(n int) map[string]string {
	files := map[string]string{}
	for i := range n {
		name := fmt.Sprintf("settings-%02d", i)
		files[name+".yaml"] = inWave(fmt.Sprint(i%2), configMap(name, "one"))
	}
	return files
}

func (e eyes) allThere(namespace string, n int) {
	e.t.Helper()
	for i := range n {
		e.present("configmap", namespace, fmt.Sprintf("settings-%02d", i))
	}
}

// TestTooManyRequests answers every third request with 429 and a time to wait: the sync takes longer, and does all.
func TestTooManyRequests(t *testing.T) {
	t.Parallel()
	var asked, refused atomic.Int64
	w := onOwnStore(t).overLine(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if asked.Add(1)%3 == 0 {
			refused.Add(1)
			w.Header().Set("Retry-After", "1")
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusTooManyRequests)
			_, _ = w.Write([]byte(`{"kind":"Status","apiVersion":"v1","status":"Failure","message":"too many requests","reason":"TooManyRequests","code":429}`))
			return
		}
		next.ServeHTTP(w, r)
	})
	w.create("stormed", newRepository(t, w.play, "stormed", many(12)))
	w.must("app", "sync", "stormed", "--yes", "--timeout", "80s")
	w.see().allThere("stormed", 12)
	if refused.Load() < 5 {
		t.Errorf("only %d requests were refused", refused.Load())
	}
}

// TestSlowServer delays every answer: nothing is given up, nothing is sent twice.
func TestSlowServer(t *testing.T) {
	t.Parallel()
	var writes atomic.Int64
	w := onOwnStore(t).overLine(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if applies(r) && strings.Contains(r.URL.Path, "/configmaps/") {
			writes.Add(1)
		}
		select {
		case <-r.Context().Done():
		case <-time.After(400 * time.Millisecond):
			next.ServeHTTP(w, r)
		}
	})
	w.create("slowed", newRepository(t, w.play, "slowed", many(6)))
	w.must("app", "sync", "slowed", "--yes", "--timeout", "80s")
	w.see().allThere("slowed", 6)
	if writes.Load() != 6 {
		t.Errorf("6 objects were written %d times", writes.Load())
	}
}

// TestCutLine ends the connection of a write after the server has done it: the sync fails and says where, and the next one
// finds what was written.
func TestCutLine(t *testing.T) {
	t.Parallel()
	var cut atomic.Bool
	w := onOwnStore(t)
	lined := w.overLine(func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
		if applies(r) && strings.Contains(r.URL.Path, "settings-03") && cut.CompareAndSwap(false, true) {
			next.ServeHTTP(discarded{http.Header{}}, r)
			panic(http.ErrAbortHandler)
		}
		next.ServeHTTP(rw, r)
	})
	lined.create("cut", newRepository(t, w.play, "cut", many(6)))
	r := lined.expect(4, "app", "sync", "cut", "--yes", "--timeout", "60s")
	if !cut.Load() {
		t.Fatal("nothing was cut")
	}
	contains(t, r.out, "failed   ConfigMap/cut/settings-03", "sync of cut: Failed")
	lined.must("app", "sync", "cut", "--yes")
	w.see().allThere("cut", 6)
	if out := lined.must("app", "undo", "cut", "--dry-run", "--yes"); !strings.Contains(out, "undoes the sync") {
		t.Errorf("the operation cannot be undone: %s", out)
	}
}

// discarded takes an answer that nobody gets.
type discarded struct{ header http.Header }

func (d discarded) Header() http.Header { return d.header }

func (discarded) Write(b []byte) (int, error) { return len(b), nil }

func (discarded) WriteHeader(int) {}

// TestServerGoneInASync kills the API server, or the store behind it, in the middle of a sync and starts it again: the sync waits
// for it and goes on. It runs alone, for all tests share the server.
func TestServerGoneInASync(t *testing.T) {
	for name, component := range map[string]string{"orphaned": "kube-apiserver", "emptied": "etcd"} {
		t.Run(component, func(t *testing.T) {
			w := onOwnStore(t)
			files := many(6)
			files["hook.yaml"] = endless
			w.create(name, newRepository(t, w.play, name, files))
			see := w.see()
			cmd := w.begin("app", "sync", name, "--yes")
			// The controller writes its status after the answer to its creation: a cut answer would be another fault.
			playtest.Eventually(t, 30*time.Second, "the hook runs", func() error {
				job, err := see.client.BatchV1().Jobs(name).Get(t.Context(), "gate", metav1.GetOptions{})
				if err == nil && len(job.Status.Conditions) == 0 {
					err = errors.New("its controller has not seen it")
				}
				return err
			})
			if err := w.play.Kill(component); err != nil {
				t.Fatal(err)
			}
			if err := w.play.Restart(t.Context(), component); err != nil {
				t.Fatal(err)
			}
			playtest.Eventually(t, playtest.Patience, "the server answers", func() error { return see.find("job", name, "gate") })
			see.letGo(name)
			if err := cmd.Wait(); err != nil {
				t.Errorf("the sync ended with %v", err)
			}
			see.allThere(name, 6)
			contains(t, w.must("app", "history", name), "r1", "Succeeded")
		})
	}
}
