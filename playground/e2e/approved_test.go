package e2e

import (
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// approves asks for a sync in a terminal, has something happen while the question stands, and says yes.
func (p *program) approves(name string, meanwhile func()) {
	p.t.Helper()
	x := p.console(120, 40, "app", "sync", name)
	x.shows("[y/N]")
	meanwhile()
	x.write("y").press("Enter")
	playtest.Eventually(p.t, playtest.Patience, "the command ends", func() error {
		if err := syscall.Kill(x.pid, 0); err == nil {
			return errors.New("it runs")
		}
		return nil
	})
}

// TestAPlanThatIsAskedAboutIsToldOnce has a plan with a note and a kept object be asked about in a terminal.
func TestAPlanThatIsAskedAboutIsToldOnce(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "told-once", map[string]string{"a.yaml": configMap("a", "one"), "b.yaml": configMap("b", "one"), "hook.yaml": hook("before", "PreSync")})
	w.create("told-once", repo)
	w.must("app", "sync", "told-once", "--timeout", "120s")
	repo.push("two", map[string]string{"a.yaml": configMap("a", "two"), "b.yaml": ""})
	x := w.console(160, 40, "app", "sync", "told-once", "--resource", ":ConfigMap:*")
	x.shows("[y/N]")
	for _, text := range []string{"note: 1 hook is not run", "ConfigMap/told-once/b"} {
		if n := strings.Count(x.screen(), text); n != 1 {
			t.Errorf("%q is there %d times:\n%s", text, n, x.screen())
		}
	}
	x.write("n").press("Enter")
}

// TestWhatWasApprovedIsCarriedOut has git and the application move while a plan waits for its approval: a newer commit is told of and
// not carried out, and for another application the plan is none.
func TestWhatWasApprovedIsCarriedOut(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "approved", map[string]string{"a.yaml": configMap("a", "one")})
	w.create("approved", repo)
	w.must("app", "sync", "approved")
	see := w.see()
	t.Run("git has moved on", func(t *testing.T) {
		w := w.in(t)
		two := repo.push("two", map[string]string{"a.yaml": configMap("a", "two")})
		three := ""
		w.approves("approved", func() {
			three = repo.push("three", map[string]string{"a.yaml": configMap("a", "three")})
			// An answer of git serves for a second.
			pushed := time.Now()
			playtest.Eventually(t, playtest.Patience, "git is asked anew", func() error {
				if r := w.run("app", "plan", "approved"); !strings.Contains(r.out, three[:7]) || time.Since(pushed) < 2*time.Second {
					return errors.New(r.out)
				}
				return nil
			})
		})
		contains(t, w.must("app", "get", "approved"), "main has moved on to "+three[:7], "this was "+two[:7]+", as approved")
		if got := see.get("approved", "a").Data["value"]; got != "two" {
			t.Errorf("the value is %s, and two was approved", got)
		}
	})
	t.Run("the application is another one", func(t *testing.T) {
		w := w.in(t)
		w.approves("approved", func() { w.must("app", "set", "approved", "--sync-option", "PruneLast=true") })
		if got := see.get("approved", "a").Data["value"]; got != "two" {
			t.Errorf("the value is %s: a plan of another application was carried out", got)
		}
		if now := w.must("app", "history", "approved"); strings.Contains(now, "r3") {
			t.Errorf("something was done:\n%s", now)
		}
		w.must("app", "sync", "approved", "--timeout", "60s")
		if got := see.get("approved", "a").Data["value"]; got != "three" {
			t.Errorf("the value is %s", got)
		}
	})
}
