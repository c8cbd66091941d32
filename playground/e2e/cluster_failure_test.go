package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/playground"
)

// withKubeconfig returns the program with a changed copy of the playground's kubeconfig.
func (p *program) withKubeconfig(change func(*clientcmdapi.Config)) *program {
	p.t.Helper()
	config, err := clientcmd.LoadFromFile(p.play.Kubeconfig())
	if err != nil {
		p.t.Fatal(err)
	}
	change(config)
	path := filepath.Join(p.t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		p.t.Fatal(err)
	}
	return p.with("KUBECONFIG", path)
}

// TestUnreachableCluster takes the cluster away under an application that was Synced and Healthy.
func TestUnreachableCluster(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "unreachable", map[string]string{"settings.yaml": configMap("settings", "one")})
	w.create("unreachable", repo)
	w.must("app", "sync", "unreachable")
	compared := w.get("unreachable").Status.ReconciledAt
	away := w.withKubeconfig(func(c *clientcmdapi.Config) { c.Clusters[playground.Context].Server = "https://127.0.0.1:1" })
	says := []string{"127.0.0.1:1", "refused"}
	for _, verb := range [][]string{{"refresh"}, {"diff"}, {"plan"}, {"sync", "--yes"}} {
		r := away.fails(append([]string{"app", verb[0], "unreachable"}, verb[1:]...)...)
		contains(t, r.err, says...)
	}
	isUnknown(away, "unreachable", says)
	if h := away.get("unreachable").Status.Health.Status; h == "Healthy" {
		t.Error("it is still called Healthy")
	}
	if at := away.get("unreachable").Status.ReconciledAt; compared == "" || at != compared {
		t.Errorf("what is known is of %s, not of %s", compared, at)
	}
	contains(t, away.must("app", "get", "unreachable"), "ago; failing for ")
	contains(t, away.expect(7, "doctor").out, "bad", "127.0.0.1:1", "ok    repository")
	t.Run("the cluster is back and the application Synced", func(t *testing.T) {
		contains(t, lineOf(t, w.in(t).must("app", "list", "--refresh"), "unreachable"), "Synced")
	})
}

// TestNoContext has an application name a cluster that the kubeconfig does not have.
func TestNoContext(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "nowhere", map[string]string{"settings.yaml": configMap("settings", "one")})
	w.create("nowhere", repo)
	lost := w.withKubeconfig(func(c *clientcmdapi.Config) {
		delete(c.Contexts, playground.Context)
		c.CurrentContext = playground.ViewerContext
	})
	contains(t, lost.fails("app", "refresh", "nowhere").err, "playground", "playground-viewer")
	isUnknown(lost, "nowhere", []string{"playground"})
	t.Run("its deletion says how the application alone is removed", func(t *testing.T) {
		lost := lost.in(t)
		contains(t, lost.expect(3, "app", "delete", "nowhere", "--yes").err, "the kubeconfig has: playground-viewer", "wheelhouse app delete nowhere --cascade=false")
		lost.create("gone", repo)
		lost.must("app", "delete", "gone", "--cascade=false", "--yes")
		lost.expect(3, "app", "get", "gone")
	})
	t.Run("a kubeconfig that is no YAML is named", func(t *testing.T) {
		w := w.in(t)
		path := filepath.Join(t.TempDir(), "kubeconfig")
		if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
		contains(t, w.with("KUBECONFIG", path).fails("app", "refresh", "nowhere").err, path)
	})
}

// as returns the program with the rights of another user.
func (p *program) as(user string, groups ...string) *program {
	p.t.Helper()
	return p.withKubeconfig(func(c *clientcmdapi.Config) {
		a := c.AuthInfos[playground.Context]
		a.Impersonate, a.ImpersonateGroups = user, groups
	})
}

// TestForbidden works with the rights of somebody who may look and not touch, and of somebody who may nothing.
func TestForbidden(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "forbidden", map[string]string{"settings.yaml": configMap("settings", "one")})
	w.create("forbidden", repo)
	w.must("app", "sync", "forbidden")
	repo.push("change settings", map[string]string{"settings.yaml": configMap("settings", "two")})
	before := w.see().get("forbidden", "settings")
	t.Run("a viewer's sync says what is forbidden to whom", func(t *testing.T) {
		r := w.in(t).as("viewer", "viewers").fails("app", "sync", "forbidden", "--yes")
		contains(t, r.out+r.err, `configmaps "settings" is forbidden`, `"viewer" cannot patch`, "ask for that right")
	})
	t.Run("who may not read is told what, and the status is Unknown", func(t *testing.T) {
		w := onOwnStore(t).as("nobody")
		w.create("forbidden", repo)
		says := []string{"forbidden", `"nobody" cannot`, "configmaps"}
		contains(t, w.fails("app", "refresh", "forbidden").err, says...)
		w.fails("app", "sync", "forbidden", "--yes")
		isUnknown(w, "forbidden", says)
	})
	if d := cmp.Diff(before, w.see().get("forbidden", "settings")); d != "" {
		t.Errorf("the live object changed (-before +after):\n%s", d)
	}
}

// TestViewerSeesTheDrift compares with the rights of the ClusterRole view, which may not even dry-run a patch.
func TestViewerSeesTheDrift(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "viewed", map[string]string{"settings.yaml": configMap("settings", "one")})
	w.create("viewed", repo)
	w.must("app", "sync", "viewed")
	repo.push("change settings", map[string]string{"settings.yaml": configMap("settings", "two")})
	contains(t, w.as("viewer", "viewers").expect(1, "app", "diff", "viewed").out, "two", "(not checked: the server was not asked: ")
	contains(t, w.as("viewer", "viewers").must("app", "plan", "viewed"), "not checked: ConfigMap/viewed/settings: the server was not asked: ")
}

// TestViewerSeesWhatIsBesideAMistake has the same rights, and git an object that no merge takes: it alone is not compared.
func TestViewerSeesWhatIsBesideAMistake(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "unmerged", map[string]string{"settings.yaml": configMap("settings", "one"), "wrong.yaml": configMap("wrong", "one")})
	w.create("unmerged", repo)
	w.must("app", "sync", "unmerged")
	repo.push("change both", map[string]string{
		"settings.yaml": configMap("settings", "two"), "wrong.yaml": strings.Replace(configMap("wrong", "two"), "\ndata:", "\ndota:", 1),
	})
	viewer := w.as("viewer", "viewers")
	differs := viewer.expect(7, "app", "diff", "unmerged")
	contains(t, differs.out, "ConfigMap/unmerged/settings", "two")
	contains(t, differs.err, "compare ConfigMap/unmerged/wrong: ", ".dota: field not declared in schema")
	plan := viewer.must("app", "plan", "unmerged")
	contains(t, rowOf(t, plan, "ConfigMap/unmerged/settings"), "change", "not checked", "cannot patch")
	contains(t, rowOf(t, plan, "ConfigMap/unmerged/wrong"), "not compared: ", ".dota: field not declared in schema")
	contains(t, rowOf(t, viewer.must("app", "resources", "unmerged"), "wrong"), "Unknown")
	contains(t, rowOf(t, viewer.must("app", "resources", "unmerged"), "settings"), "OutOfSync")
}

// TestViewerSeesWhatIsBesideASecret has the rights of the ClusterRole view, which is forbidden to read Secrets: an application that
// has one is looked at all the same.
func TestViewerSeesWhatIsBesideASecret(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "beside", map[string]string{
		"settings.yaml": configMap("settings", "one"), "old.yaml": configMap("old", "one"),
		"key.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: key}\nstringData: {key: one}\n",
	})
	w.create("beside", repo)
	w.must("app", "sync", "beside")
	repo.push("change settings", map[string]string{"settings.yaml": configMap("settings", "two"), "old.yaml": ""})
	viewer := w.as("viewer", "viewers")
	forbidden := `secrets "key" is forbidden: User "viewer" cannot get`

	differs := viewer.expect(7, "app", "diff", "beside")
	contains(t, differs.out, "ConfigMap/beside/settings", "two")
	contains(t, differs.err, "Secret/beside/key", forbidden, "ask for that right")
	// Whether somebody owns a field of the Secret nobody can tell.
	foreign := viewer.expect(7, "app", "diff", "beside", "--foreign")
	contains(t, foreign.err, "Secret/beside/key", forbidden)
	if strings.Contains(foreign.err, "nobody else owns") {
		t.Errorf("of what cannot be read it is said:\n%s", foreign.err)
	}
	contains(t, viewer.must("app", "plan", "beside", "--prune"), "not compared: read Secret/beside/key: "+forbidden, "ConfigMap/beside/settings", "nothing is pruned", "1 change, 1 keep, 1 unknown")
	for _, only := range []string{"*:*:*", ":Secret:*"} {
		unknown := viewer.expect(7, "app", "plan", "beside", "--exit-code", "--resource", only)
		contains(t, unknown.out, "1 unknown")
		contains(t, unknown.err, "compare Secret/beside/key: ", forbidden, "ask for that right")
	}
	viewer.expect(1, "app", "plan", "beside", "--exit-code", "--resource", ":ConfigMap:*")
	contains(t, viewer.expect(7, "app", "refresh", "beside").err, forbidden)
	isUnknown(viewer, "beside", []string{"Secret in beside", forbidden})
	contains(t, viewer.must("app", "resources", "beside", "-o", "tree"), "ConfigMap/beside/settings", "OutOfSync", "Secret/beside/key")
	contains(t, viewer.must("app", "actions", "list", "beside", "--kind", "ConfigMap", "--resource-name", "settings"), "patch")
	refused := viewer.expect(6, "app", "actions", "run", "beside", "patch", "--kind", "ConfigMap", "--resource-name", "settings", "--yes", "-p", `patch={"data":{"value":"three"}}`)
	contains(t, refused.err, "patch ConfigMap/beside/settings: not allowed: ", `"viewer" cannot patch`, "ask for that right")
	contains(t, viewer.must("app", "manifests", "beside"), "name: settings")
	contains(t, viewer.expect(6, "app", "sync", "beside", "--yes").err, "is not begun", "ask for that right")
	contains(t, viewer.must("app", "rollback", "beside", "r1", "--dry-run"), "Secret/beside/key is left alone, if it is there: it cannot be read")
	if got := w.see().get("beside", "settings").Data["value"]; got != "one" {
		t.Errorf("the settings became %q", got)
	}

	// Git has the Secret no more: whether it is there nobody can tell, so there is no "nothing differs".
	repo.push("without the key", map[string]string{"settings.yaml": configMap("settings", "one"), "key.yaml": "", "old.yaml": configMap("old", "one")})
	for _, verb := range [][]string{{"diff"}, {"plan", "--exit-code"}, {"refresh"}} {
		contains(t, viewer.expect(7, append([]string{"app", verb[0], "beside"}, verb[1:]...)...).err, "Secret in beside", "forbidden", "ask for that right")
	}
}

// TestNoRightsIsNoOtherCluster uses a bound store as somebody who may not read the namespace kube-system.
func TestNoRightsIsNoOtherCluster(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "no-rights", map[string]string{"settings.yaml": configMap("settings", "one")})
	w.create("no-rights", repo)
	w.must("app", "sync", "no-rights")
	contains(t, w.as("nobody").fails("app", "refresh", "no-rights").err, "forbidden", `"nobody" cannot`)
}
