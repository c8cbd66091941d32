package e2e

import (
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// acted returns the actions in the history of an application, newest first.
func (p *program) acted(name string) []app.Record {
	p.t.Helper()
	return read[[]app.Record](p.t, p.must("app", "history", name, "--only", "actions", "-o", "json"))
}

// TestActionsAreInTheHistory asks who did what to live objects.
func TestActionsAreInTheHistory(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("remembered", newRepository(t, w.play, "remembered", map[string]string{
		"web.yaml": deployment("web", 1), "settings.yaml": configMap("settings", "one"), "token.yaml": secret,
	}))
	w.must("app", "sync", "remembered")
	see := w.see()

	t.Run("who scaled this", func(t *testing.T) {
		w := w.in(t)
		w.act("remembered", "scale", "Deployment", "web", "--param", "replicas=2")
		out := w.must("app", "history", "remembered")
		contains(t, out, "a1", "action", "scale Deployment/remembered/web: goes from 1 to 2 replicas", "r1", "sync")
		if strings.Index(out, "a1") > strings.Index(out, "r1") {
			t.Errorf("the newest is not first:\n%s", out)
		}
		r := w.acted("remembered")[0]
		if r.Kind != app.KindAction || r.Phase != app.OperationSucceeded || r.By.Username == "" || r.Action.Values["replicas"] != "2" ||
			r.Action.UID == "" || !r.FinishedAt.After(r.StartedAt) || r.Why != "asked for by hand (app actions)" ||
			len(r.Action.Changes) == 0 || r.Action.Changes[len(r.Action.Changes)-1] != ".spec.replicas: 1 → 2" {
			t.Errorf("its record is %+v, %+v", r, r.Action)
		}
	})
	t.Run("it is a deployment to nobody", func(t *testing.T) {
		w := w.in(t)
		for _, args := range [][]string{{"app", "rollback", "remembered", "a1"}, {"app", "history", "remembered", "--diff", "r1,a1"}} {
			contains(t, w.expect(3, args...).err, "an action on one live object, and has no manifests")
		}
		if h := w.get("remembered").Status.History; len(h) != 1 {
			t.Errorf("Argo CD's history is %v", h)
		}
		if got := w.must("app", "history", "remembered", "--only", "operations", "-o", "name"); got != "r1\n" {
			t.Errorf("the operations are %q", got)
		}
		contains(t, w.must("app", "undo", "remembered", "--dry-run"), "undoes the sync r1", "live objects were acted on since then", ": a1 by ", "(scale Deployment/remembered/web)")
		contains(t, w.expect(2, "app", "history", "remembered", "--only", "acts").err, "operations or actions")
	})
	t.Run("what the server refuses is kept with its reason", func(t *testing.T) {
		w := w.in(t)
		see.removeBefore(t, w, "remembered", "settings").fails("app", "actions", "run", "remembered", "patch", "--kind", "ConfigMap",
			"--resource-name", "settings", "--yes", "--param", `patch={"data":{"value":"two"}}`)
		r := w.acted("remembered")[0]
		if r.Phase != app.OperationFailed || !strings.Contains(r.Message, "not found") || r.Action.Values["patch"] == "" {
			t.Errorf("its record is %+v, %+v", r, r.Action)
		}
	})
	t.Run("a patch of a Secret leaves its data nowhere", func(t *testing.T) {
		w := w.in(t)
		canaries := []string{"canary-of-undo", "Y2FuYXJ5LW9mLXVuZG8", "canary-of-patch", "Y2FuYXJ5LW9mLXBhdGNo"}
		patch := func(body string, more ...string) result {
			return w.run(append([]string{"app", "actions", "run", "remembered", "patch", "--kind", "Secret", "--resource-name", "token", "--yes", "--param", "patch=" + body}, more...)...)
		}
		all := ""
		for _, r := range []result{
			patch(`{"data":{"value":"Y2FuYXJ5LW9mLXBhdGNo"}}`),
			patch(`{"stringData":{"other":"canary-of-patch"}}`),
			patch(`{"data":{"value":"canary-of-patch!"}}`),
			patch(`{"data":{"value":["canary-of-patch"]}}`),
			patch(`{"data":"canary-of-patch"}`),
			patch(`{"stringData":{"other":{"a":"canary-of-patch"}}}`),
			patch(`[{"op":"test","path":"/data/value","value":"canary-of-patch"}]`, "--param", "type=json"),
			patch(`{"immutable":"canary-of-patch"}`, "--param", "type=strategic"),
		} {
			all += r.out + r.err
		}
		all += w.must("app", "history", "remembered") + w.must("app", "history", "remembered", "-o", "yaml")
		contains(t, all, ".data.value", "not kept: it may hold data of the Secret")
		if err := filepath.WalkDir(w.store, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			all += string(text)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for _, canary := range canaries {
			if i := strings.Index(all, canary); i >= 0 {
				t.Errorf("%s is in …%s…", canary, all[max(0, i-300):min(len(all), i+100)])
			}
		}
	})
	t.Run("one whose process is killed is told of", func(t *testing.T) {
		w := w.in(t)
		var cmd *exec.Cmd
		started, killed := make(chan struct{}), make(chan struct{})
		running := ""
		slow := w.beforeFirst(http.MethodPatch, "web", func() error {
			<-started
			running = w.must("app", "history", "remembered", "--only", "actions")
			kill(t, cmd)
			close(killed)
			return nil
		})
		cmd = slow.begin("app", "actions", "run", "remembered", "restart", "--kind", "Deployment", "--resource-name", "web", "--yes")
		close(started)
		<-killed
		contains(t, running, "Running", "restart Deployment/remembered/web: replaces all Pods")
		r := w.acted("remembered")[0]
		if r.Phase != app.OperationError || !strings.Contains(r.Message, "interrupted") || r.Action.Name != "restart" {
			t.Errorf("its record is %+v, %+v", r, r.Action)
		}
	})
}

// removeBefore has a colleague delete a ConfigMap just before the program's patch of it.
func (e eyes) removeBefore(t *testing.T, w *program, namespace, name string) *program {
	t.Helper()
	return w.beforeFirst(http.MethodPatch, name, func() error {
		return e.client.CoreV1().ConfigMaps(namespace).Delete(t.Context(), name, metav1.DeleteOptions{})
	})
}
