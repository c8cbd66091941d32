package e2e

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestConsoleTutorial does by keys, in a real terminal, what the tutorial does by commands: on a wide screen, and on a
// small one without colour.
func TestConsoleTutorial(t *testing.T) {
	t.Parallel()
	for _, size := range []struct {
		name string
		w, h int
		env  [2]string
		// port is among those that a server gives to no Service by itself.
		port int
	}{
		{"wide", 120, 40, [2]string{"COLORTERM", "truecolor"}, 30010},
		{"small", 80, 24, [2]string{"NO_COLOR", "1"}, 30020},
	} {
		t.Run(fmt.Sprintf("%s %dx%d", size.name, size.w, size.h), func(t *testing.T) {
			t.Parallel()
			p := onOwnStore(t).with(size.env[0], size.env[1])
			first, second := "web-"+size.name, "shop-"+size.name
			for _, name := range []string{first, second} {
				p.must("app", "create", name, "--repo", p.play.GitURL()+"/helm-web.git", "--path", ".", "--revision", "main",
					"--dest-name", "playground", "--dest-namespace", name, "--sync-option", "CreateNamespace=true",
					"--helm-set", fmt.Sprintf("service.nodePort=%d", size.port))
			}
			x := p.console(size.w, size.h)
			x.shows(first, second, "OutOfSync", "sort: attention")
			walk(t, p, x, first, second, size.port)
		})
	}
}

// walk is the tutorial by keys.
func walk(t *testing.T, p *program, x *terminal, first, second string, port int) {
	t.Helper()
	// A plan, then the sync, then the live tree.
	x.press("/").write(first).shows("1 of 2").press("Enter").shows("enter open")
	x.press("Enter").shows("Resources").press("s").shows("4 create", "apply this plan")
	p.see().absent("namespace", "", first)
	x.press("S").shows("succeeded in").press("Escape").shows("Resources", "ReplicaSet", "Pod "+first, "Synced", "Healthy")
	x.press("Escape").shows("1 of 2").press("Escape").hides("1 of 2")

	// The second wants the same node port: the server's words stay on the screen, and the values are edited.
	x.press("/").write(second).shows("1 of 2").press("Enter", "s").shows("4 create").press("S")
	x.shows("failed in", "provided port is already").press("Escape").shows("sort: attention")
	x.press("e").shows("schema", "what would change in the cluster", "refused")
	x.onLine(fmt.Sprintf("nodePort: %d", port)).press("End", "BSpace").write("1")
	x.shows(fmt.Sprintf("nodePort: %d", port+1), "edited").hides("refused", "checking")
	x.press("C-p").shows("plan", "1 create").press("S").shows("succeeded in")
	x.press("Escape").shows("values.yaml").press("Escape").shows("sort: attention")
	x.press("Enter").shows("Resources", "Synced", "Healthy", "Pod "+second)

	// What somebody changed by hand is seen at once, with the field and both values.
	p.see().scale(second, second, 4)
	x.shows("OutOfSync").press("d").shows(".spec.replicas 4", "by ").press("Escape").shows("Resources")

	// The way back is a plan too; the rollback holds until it is let go.
	x.press("R").shows("History", "r2").press("Enter").shows("rollback to r2", "1 change").press("S").shows("succeeded in")
	playtest.Eventually(t, playtest.Patience, "the replicas are back", func() error {
		n, err := p.see().replicas(second, second)
		if err == nil && n != 2 {
			err = fmt.Errorf("%d replicas", n)
		}
		return err
	})
	x.press("Escape").shows("pinned at r2").press("U").shows("Unpin", "Cancel").press("Enter").hides("Unpin " + second)
	x.shows("pinned at r2").press("U").shows("Unpin").press("Right", "Enter").hides("pinned at r2")
	x.press("Escape").shows("Resources")

	// Deleting asks for the name, and takes a wrong one for none.
	x.press("x").shows("3 prune").press("S").shows("type " + second).write("nothing")
	x.shows("type " + second + ": nothing").enter("that is not " + second)
	x.press("Escape").hides("type " + second).press("S").shows("type " + second).write(second)
	x.shows("type " + second + ": " + second).enter("succeeded in")
	playtest.Eventually(t, playtest.Patience, "the Deployment is deleted", func() error {
		if _, err := p.see().replicas(second, second); err == nil {
			return errors.New("it is there")
		}
		return nil
	})
	p.see().present("deployment", first, first)
	x.press("Escape").shows("sort: attention").press("Escape").hides(second)
	x.press("q").ended()
}

// TestConsoleFollowsAResizedTerminal shrinks the window to one in which nothing can be shown, and back.
func TestConsoleFollowsAResizedTerminal(t *testing.T) {
	t.Parallel()
	p := onOwnStore(t)
	x := p.console(120, 40)
	x.shows("There is no application", "wheelhouse app create")
	x.tmux("resize-window", "-x", "36", "-y", "8")
	x.shows("wheelhouse needs 40x10")
	x.tmux("resize-window", "-x", "60", "-y", "20")
	x.shows("There is no application").press("?").shows("Keys on the screen applications").press("Escape")
	x.hides("Keys on the screen").press("C-c").ended()
}

// TestConsoleReadOnly lets somebody look and nothing more.
func TestConsoleReadOnly(t *testing.T) {
	t.Parallel()
	p := onOwnStore(t)
	repo := newRepository(t, p.play, "look-only", map[string]string{"settings.yaml": configMap("settings", "one")})
	p.create("look-only", repo)
	x := p.console(120, 40, "--read-only")
	x.shows("read-only", "OutOfSync").press("s").shows("2 create", "apply this plan").press("S")
	x.shows("needs the role operator").press("Escape").hides("needs the role operator")
	p.see().absent("configmap", "look-only", "settings")
	x.press("q").ended()
}

// TestADroppedLineStopsNoOperation closes the terminal under a running operation, which goes on to its end.
func TestADroppedLineStopsNoOperation(t *testing.T) {
	t.Parallel()
	p := onOwnStore(t)
	p.must("app", "create", "dropped", "--repo", p.play.GitURL()+"/hooks-and-waves.git", "--path", ".", "--revision", "main",
		"--dest-name", "playground", "--dest-namespace", "dropped", "--sync-option", "CreateNamespace=true")
	x := p.console(100, 30)
	x.shows("OutOfSync").press("s").shows("Job dropped/migrate").press("S").shows("waiting for")
	x.tmux("kill-session")
	playtest.Eventually(t, playtest.Patience, "the operation ends well without its terminal", func() error {
		out := p.run("app", "history", "dropped").out
		if !strings.Contains(out, "Succeeded") {
			return errors.New(out)
		}
		return nil
	})
	p.see().present("deployment", "dropped", "frontend")
}
