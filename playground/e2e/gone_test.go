package e2e

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

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
// are being written, most are not. Without the server the sync waits for it and does the rest; without the store it says which it
// could not write, and the next one writes these. What was written is not written again. It runs alone, for all tests share the server.
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
			if (err != nil) != (failed > 0) || component == "kube-apiserver" && failed > 0 {
				t.Errorf("%d writes failed, and the sync ended with %v:\n%s", failed, err, said)
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

// TestServerKilledAmongSteps kills the API server when the journal of a sync says that some of its steps are done, and starts it
// again: there is nobody between the two who would soften that. The sync creates, changes and prunes, runs a hook of a generated name
// at the end, and succeeds.
func TestServerKilledAmongSteps(t *testing.T) {
	const objects = 300
	w := onOwnStore(t)
	files := map[string]string{}
	for i := range objects {
		object := fmt.Sprintf("settings-%03d", i)
		files[object+".yaml"] = configMap(object, "one")
	}
	repo := newRepository(t, w.play, "struck", files)
	w.create("struck", repo)
	w.must("app", "sync", "struck", "--yes")
	for i := range objects {
		object := fmt.Sprintf("settings-%03d", i)
		switch i % 3 {
		case 0:
			files[object+".yaml"] = configMap(object, "two")
		case 1:
			files[object+".yaml"] = ""
			files["new-"+object+".yaml"] = configMap("new-"+object, "two")
		}
	}
	files["hook.yaml"] = strings.Replace(hook("after", "PostSync"), "name: after", "generateName: after-", 1)
	repo.push("two", files)
	cmd, said := w.begun("app", "sync", "struck", "--yes", "--prune")
	w.eventuallyJournalled("struck", `"done"`, 20)
	if err := w.play.Kill("kube-apiserver"); err != nil {
		t.Fatal(err)
	}
	if err := w.play.Restart(t.Context(), "kube-apiserver"); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil || strings.Contains(said.String(), "failed") {
		t.Errorf("the sync ended with %v:\n%s", err, said)
	}
	see := w.see()
	if one, two := see.written("struck", "one"), see.written("struck", "two"); len(one) != objects/3 || len(two) != objects/3*2 {
		t.Errorf("%d objects are as before and %d as planned, want %d and %d", len(one), len(two), objects/3, objects/3*2)
	}
	if jobs, err := see.client.BatchV1().Jobs("struck").List(t.Context(), metav1.ListOptions{}); err != nil || len(jobs.Items) != 1 {
		t.Errorf("%d hooks ran (%v)", len(jobs.Items), err)
	}
	w.must("app", "diff", "struck")
	contains(t, w.must("app", "history", "struck", "-o", "json"), `"Succeeded"`)
}

// eventuallyJournalled waits until the journal of an application has a text so many times, and looks without a pause.
func (p *program) eventuallyJournalled(name, text string, times int) {
	p.t.Helper()
	for deadline := time.Now().Add(patience); ; {
		paths, err := filepath.Glob(filepath.Join(p.store, ".wheelhouse", "journal", name, "*.jsonl"))
		if err != nil {
			p.t.Fatal(err)
		}
		for _, path := range paths {
			// It may be gone by now.
			if b, err := os.ReadFile(path); err == nil && strings.Count(string(b), text) >= times {
				return
			}
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("the journal of %s does not say %s %d times", name, text, times)
		}
		runtime.Gosched()
	}
}
