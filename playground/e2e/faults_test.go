package e2e

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
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

// TestCutLine ends the connections of writes, each once, after the server has done them or before: the sync looks what became of
// them and goes on, every object is written once, and the hook of a generated name runs once.
func TestCutLine(t *testing.T) {
	t.Parallel()
	for name, done := range map[string]bool{"cut-after": true, "cut-before": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var counts atomic.Bool
			var cut sync.Map
			w := onOwnStore(t)
			lined := w.overLine(func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
				writes := applies(r) && strings.Contains(r.URL.Path, "/settings-") || r.Method == http.MethodDelete ||
					done && applies(r) && strings.Contains(r.URL.Path, "/jobs/")
				if !counts.Load() || !writes {
					next.ServeHTTP(rw, r)
					return
				}
				if _, was := cut.LoadOrStore(r.URL.Path, true); was {
					next.ServeHTTP(rw, r)
					return
				}
				if done {
					next.ServeHTTP(discarded{http.Header{}}, r)
				}
				panic(http.ErrAbortHandler)
			})
			files := many(6)
			repo := newRepository(t, w.play, name, files)
			w.create(name, repo)
			w.must("app", "sync", name, "--yes")
			repo.push("two", map[string]string{
				"settings-00.yaml": "", "settings-01.yaml": inWave("1", configMap("settings-01", "two")), "settings-06.yaml": configMap("settings-06", "two"),
				"hook.yaml": strings.Replace(hook("before", "PreSync"), "name: before", "generateName: before-", 1),
			})
			see := w.see()
			before := see.written(name, "one")
			counts.Store(true)
			out := lined.must("app", "sync", name, "--yes", "--prune", "--timeout", "80s")
			contains(t, out, "sync of "+name+": Succeeded")
			see.absent("configmap", name, "settings-00")
			if now := see.written(name, "two"); len(now) != 2 {
				t.Errorf("written are %v", now)
			}
			delete(before, "settings-00")
			delete(before, "settings-01")
			if now := see.written(name, "one"); !maps.Equal(now, before) {
				t.Errorf("what was to stay is %v, before %v", now, before)
			}
			jobs, err := see.client.BatchV1().Jobs(name).List(t.Context(), metav1.ListOptions{})
			if err != nil || len(jobs.Items) != 1 {
				t.Errorf("%d hooks ran (%v)", len(jobs.Items), err)
			}
			n := 0
			cut.Range(func(any, any) bool { n++; return true })
			if want := 3; n < want {
				t.Errorf("%d writes were cut, want %d", n, want)
			}
			contains(t, w.must("app", "history", name), "Succeeded")
			w.must("app", "diff", name)
		})
	}
}

// TestAHookThatWasCutOff ends the connection of a hook's creation before the server has it: nobody knows whether it has run, so it is
// asked about, and the sync is resumed.
func TestAHookThatWasCutOff(t *testing.T) {
	t.Parallel()
	var cut atomic.Bool
	w := onOwnStore(t)
	lined := w.overLine(func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
		if applies(r) && strings.Contains(r.URL.Path, "/jobs/") && cut.CompareAndSwap(false, true) {
			panic(http.ErrAbortHandler)
		}
		next.ServeHTTP(rw, r)
	})
	w.create("doubted", newRepository(t, w.play, "doubted", map[string]string{"hook.yaml": hook("before", "PreSync"), "settings.yaml": configMap("settings", "one")}))
	r := lined.expect(4, "app", "sync", "doubted", "--yes", "--timeout", "60s")
	contains(t, r.out, "what became of the write is not known", "it is not there, and may have run", "wheelhouse app resume doubted")
	w.see().absent("configmap", "doubted", "settings")
	contains(t, w.expect(6, "app", "sync", "doubted", "--yes").err, "hook:Job/doubted/before")
	w.must("app", "resume", "doubted", "--yes", "--confirm", "hook:Job/doubted/before")
	w.see().present("configmap", "doubted", "settings")
	contains(t, w.must("app", "history", "doubted"), "Succeeded")
}

// discarded takes an answer that nobody gets.
type discarded struct{ header http.Header }

func (d discarded) Header() http.Header { return d.header }

func (discarded) Write(b []byte) (int, error) { return len(b), nil }

func (discarded) WriteHeader(int) {}

// verdict remembers with which status a request was answered; 0 is not at all.
type verdict struct {
	http.ResponseWriter
	status int
}

// WriteHeader takes note of the status.
func (v *verdict) WriteHeader(status int) {
	v.status = status
	v.ResponseWriter.WriteHeader(status)
}

// failed reports whether a request was not answered, or with a failure of the server.
func (v *verdict) failed() bool { return v.status == 0 || v.status >= http.StatusInternalServerError }

// outage has a sync look after its hook while something is gone.
type outage struct {
	// gone is closed when it is about to be, found is true once a look has found the hook, and looked once one has failed since.
	gone          chan struct{}
	found, looked atomic.Bool
}

// meddle ends the watches of Jobs when the outage begins, and every later one at once: whenever one begins the hook is looked at.
func (o *outage) meddle(w http.ResponseWriter, r *http.Request, next http.Handler) {
	switch {
	case !strings.Contains(r.URL.Path, "/jobs"):
		next.ServeHTTP(w, r)
	case r.URL.Query().Has("watch"):
		ctx, end := context.WithCancel(r.Context())
		defer end()
		go func() {
			select {
			case <-o.gone:
				end()
			case <-ctx.Done():
			}
		}()
		if o.began() {
			w.Header().Set("Content-Type", "application/json")
			return
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	default:
		if o.began() {
			// A server without its store takes a minute to say so, unless it is asked to be quicker.
			r = r.Clone(r.Context())
			q := r.URL.Query()
			q.Set("timeout", "2s")
			r.URL.RawQuery = q.Encode()
		}
		v := &verdict{ResponseWriter: w}
		defer func() {
			if o.began() && v.failed() {
				o.looked.Store(true)
			}
			if r.Method == http.MethodGet && v.status == http.StatusOK && strings.HasSuffix(r.URL.Path, "/jobs/gate") {
				o.found.Store(true)
			}
		}()
		next.ServeHTTP(v, r)
	}
}

func (o *outage) began() bool {
	select {
	case <-o.gone:
		return true
	default:
		return false
	}
}

// TestServerGoneInASync kills the API server, or the store behind it, in the middle of a sync and starts it again when the sync has
// noticed: it waits for it and goes on. It runs alone, for all tests share the server.
func TestServerGoneInASync(t *testing.T) {
	for name, component := range map[string]string{"orphaned": "kube-apiserver", "emptied": "etcd"} {
		t.Run(component, func(t *testing.T) {
			w := onOwnStore(t)
			files := many(6)
			files["hook.yaml"] = endless
			w.create(name, newRepository(t, w.play, name, files))
			see := w.see()
			away := &outage{gone: make(chan struct{})}
			cmd, said := w.overLine(away.meddle).begun("app", "sync", name, "--yes")
			// Who looks after the hook has had the answer to its creation: a cut answer would be another fault.
			playtest.Eventually(t, playtest.Patience, "the hook runs and is looked after", func() error {
				if !away.found.Load() {
					return errors.New("no look has found it")
				}
				return see.find("job", name, "gate")
			})
			close(away.gone)
			if err := w.play.Kill(component); err != nil {
				t.Fatal(err)
			}
			playtest.Eventually(t, playtest.Patience, "the sync looks after its hook", func() error {
				if !away.looked.Load() {
					return errors.New("no look has failed")
				}
				return nil
			})
			if err := w.play.Restart(t.Context(), component); err != nil {
				t.Fatal(err)
			}
			playtest.Eventually(t, playtest.Patience, "the server answers", func() error { return see.find("job", name, "gate") })
			see.letGo(name)
			if err := cmd.Wait(); err != nil {
				t.Errorf("the sync ended with %v:\n%s", err, said)
			}
			see.allThere(name, 6)
			contains(t, w.must("app", "history", name), "r1", "Succeeded")
		})
	}
}
