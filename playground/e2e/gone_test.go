package e2e

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// outcome finds what a sync prints of the objects that it changes.
var outcome = regexp.MustCompile(`change +(done|failed) +ConfigMap/\S+/(\S+)`)

// written are the resourceVersions of a namespace's ConfigMaps that have the value.
func (e eyes) written(namespace, value string) map[string]string {
	e.t.Helper()
	list, err := e.client.CoreV1().ConfigMaps(namespace).List(e.t.Context(), metav1.ListOptions{})
	if err != nil {
		e.t.Fatal(err)
	}
	out := map[string]string{}
	for _, cm := range list.Items {
		if cm.Data["value"] == value {
			out[cm.Name] = cm.ResourceVersion
		}
	}
	return out
}

// TestServerGoneAmongWrites kills the API server, or the store behind it, while a sync writes many objects: some are written, some
// are being written, most are not. The sync says which it could not write, and the next one writes these and no other. It runs alone,
// for all tests share the server.
func TestServerGoneAmongWrites(t *testing.T) {
	const objects, before = 120, 40
	for name, component := range map[string]string{"unserved": "kube-apiserver", "unstored": "etcd"} {
		t.Run(component, func(t *testing.T) {
			var counts atomic.Bool
			var writes atomic.Int32
			killed := make(chan struct{})
			w := onOwnStore(t)
			lined := w.overLine(func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
				if counts.Load() && applies(r) && strings.Contains(r.URL.Path, "/configmaps/") && writes.Add(1) > before {
					<-killed
				}
				next.ServeHTTP(rw, r)
			})
			files := func(value string) map[string]string {
				out := map[string]string{}
				for i := range objects {
					object := fmt.Sprintf("settings-%03d", i)
					out[object+".yaml"] = configMap(object, value)
				}
				return out
			}
			repo := newRepository(t, w.play, name, files("one"))
			w.create(name, repo)
			w.must("app", "sync", name, "--yes")
			repo.push("two", files("two"))
			counts.Store(true)
			cmd, said := lined.begun("app", "sync", name, "--yes")
			playtest.Eventually(t, playtest.Patience, "writes are under way", func() error {
				if writes.Load() <= before {
					return errors.New("too few are")
				}
				return nil
			})
			if err := w.play.Kill(component); err != nil {
				t.Fatal(err)
			}
			close(killed)
			if component == "kube-apiserver" {
				// Without it every write fails at once; without the store a write waits for it.
				playtest.Eventually(t, playtest.Patience, "all is sent", func() error {
					if n := writes.Load(); n < objects {
						return fmt.Errorf("%d of %d are", n, objects)
					}
					return nil
				})
			}
			if err := w.play.Restart(t.Context(), component); err != nil {
				t.Fatal(err)
			}
			err := cmd.Wait()
			see := w.see()
			done := see.written(name, "two")
			failed := 0
			for _, m := range outcome.FindAllStringSubmatch(said.String(), -1) {
				_, is := done[m[2]]
				if m[1] == "done" && !is {
					t.Errorf("%s is called done, and is not", m[2])
				}
				if m[1] == "failed" {
					failed++
				}
			}
			if len(done)+failed < objects {
				t.Errorf("%d of %d objects are written, and %d are said to have failed:\n%s", len(done), objects, failed, said)
			}
			if (err != nil) != (failed > 0) || component == "kube-apiserver" && failed == 0 {
				t.Errorf("%d writes failed, and the sync ended with %v", failed, err)
			}
			t.Logf("%d of %d objects were written, %d failed", len(done), objects, failed)
			w.must("app", "sync", name, "--yes")
			after := see.written(name, "two")
			if len(after) != objects {
				t.Errorf("%d of %d objects are as planned", len(after), objects)
			}
			maps.DeleteFunc(after, func(object, version string) bool { _, was := done[object]; return !was })
			if !maps.Equal(done, after) {
				t.Errorf("what the first sync had written was written again:\n%v\n%v", done, after)
			}
		})
	}
}
