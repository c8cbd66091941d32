package e2e

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestAutomationHeedsWhatIsSaidWhileItPlans holds automation up while it plans syncs of new commits that it has decided upon, has
// somebody say or do something about the applications, and lets it go on: it begins nothing that is not wanted any more.
func TestAutomationHeedsWhatIsSaidWhileItPlans(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		// meanwhile is what is said while automation plans, and after what lets it go on.
		meanwhile, after []string
	}{
		"planned-paused":       {[]string{"pause", "--for", "1h"}, []string{"pause", "--end"}},
		"planned-switched-off": {[]string{"set", "--sync-policy", "none"}, []string{"set", "--sync-policy", "automated"}},
		// Somebody else's sync of the same commit leaves nothing to do.
		"planned-synced": {[]string{"sync", "--yes", "--timeout", "120s"}, nil},
	}
	type gate struct {
		reached atomic.Bool
		shut    chan struct{}
		open    func()
	}
	gates := map[string]*gate{}
	for name := range cases {
		shut := make(chan struct{})
		gates[name] = &gate{shut: shut, open: sync.OnceFunc(func() { close(shut) })}
	}
	w := onOwnStore(t)
	// What is not there yet is asked about only for a plan.
	held := w.overLine(func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
		if name, of := strings.CutSuffix(r.URL.Path, "/configmaps/new"); of && r.URL.Query().Has("dryRun") {
			g := gates[name[strings.LastIndex(name, "/")+1:]]
			g.reached.Store(true)
			<-g.shut
		}
		next.ServeHTTP(rw, r)
	})
	for name := range cases {
		repo := newRepository(t, w.play, name, map[string]string{"a.yaml": configMap("a", "one")})
		w.create(name, repo, "--sync-policy", "automated")
		w.must("app", "sync", name)
		repo.push("a hook, and another object", map[string]string{"new.yaml": configMap("new", "one"), "hook.yaml": hook("migrate", "PreSync")})
	}
	logged := filepath.Join(t.TempDir(), "log")
	out := held.automate("--log-file", logged)
	t.Cleanup(func() {
		for _, g := range gates {
			g.open()
		}
	})
	see := w.see()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := w.in(t)
			act := func(args []string) { w.must(append([]string{"app", args[0], name}, args[1:]...)...) }
			playtest.Eventually(t, playtest.Patience, "automation plans", func() error {
				if !gates[name].reached.Load() {
					return errors.New("it has said: " + out.String())
				}
				return nil
			})
			act(c.meanwhile)
			before, state := w.records(name), w.operationState(name)
			ran := ""
			if c.after == nil {
				ran = string(see.jobUID(name, "migrate"))
			}
			gates[name].open()
			line := regexp.MustCompile(`automatic sync (started|given up).* app=` + name + ` .*`)
			said := ""
			playtest.Eventually(t, playtest.Patience, "automation goes on", func() error {
				log, err := os.ReadFile(logged)
				if said = line.FindString(string(log)); err == nil && said == "" {
					err = errors.New("the log says: " + string(log))
				}
				return err
			})
			if !strings.Contains(said, "given up") {
				t.Errorf("automation says %s", said)
			}
			if now := w.records(name); len(now) != len(before) {
				t.Errorf("something was done: %+v", now)
			}
			if d := cmp.Diff(state, w.operationState(name)); d != "" {
				t.Errorf("the state of the last operation has changed (-was +is):\n%s", d)
			}
			if text := w.must("app", "get", name); strings.Contains(text, "SyncError") {
				t.Errorf("it is called an error:\n%s", text)
			}
			if c.after == nil {
				if now := string(see.jobUID(name, "migrate")); now != ran {
					t.Error("the hook ran again")
				}
				return
			}
			see.absent("job", name, "migrate")
			see.absent("configmap", name, "new")
			act(c.after)
			playtest.Eventually(t, playtest.Patience, "automation goes on", func() error { return see.find("configmap", name, "new") })
		})
	}
}
