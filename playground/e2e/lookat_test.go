package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLookAtOtherContent compares and prints branches and folders that an application does not follow. What is known
// about it stays as it was, and so does the cluster.
func TestLookAtOtherContent(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	chart := map[string]string{
		"base/common.yaml":       "value: common\n",
		"web/Chart.yaml":         "apiVersion: v2\nname: web\nversion: 1.0.0\n",
		"web/values.yaml":        "value: followed\n",
		"web/templates/set.yaml": configMap("settings", "{{ .Values.value }}"),
	}
	repo := newRepository(t, w.play, "lookat", chart)
	repo.git("checkout", "--quiet", "-b", "feature")
	write(t, repo.dir, "web/values.yaml", "value: branch\n")
	repo.git("commit", "--quiet", "--all", "--message", "another value")
	repo.git("push", "--quiet", "origin", "feature")
	tip := repo.git("rev-parse", "HEAD")
	repo.git("checkout", "--quiet", "main")
	w.create("lookat", repo, "--path", "web")
	w.must("app", "sync", "lookat")
	before := w.must("app", "get", "lookat", "-o", "json")
	live := w.see().get("lookat", "settings")

	write(t, repo.dir, "web/values.yaml", "value: working-copy\n")
	local := filepath.Join(repo.dir, "web")
	for name, flags := range map[string][]string{
		"value: branch":       {"--revision", "feature"},
		"value: working-copy": {"--local", local},
	} {
		t.Run(name+" with "+flags[0], func(t *testing.T) {
			w := w.in(t)
			contains(t, w.must(append([]string{"app", "manifests", "lookat"}, flags...)...), name)
			contains(t, w.expect(1, append([]string{"app", "diff", "lookat"}, flags...)...).out, "-  value: followed", "+  "+name)
		})
	}
	t.Run("a short commit id is a revision too", func(t *testing.T) {
		contains(t, w.in(t).must("app", "manifests", "lookat", "--revision", tip[:8]), "value: branch")
	})
	t.Run("values files beside the folder are found in the clone", func(t *testing.T) {
		w := w.in(t)
		w.must("app", "create", "lookat-base", "--repo", repo.url, "--path", "web", "--revision", "main", "--dest-namespace", "lookat-base",
			"--dest-name", "playground", "--values", "../base/common.yaml")
		contains(t, w.must("app", "manifests", "lookat-base", "--local", local), "value: common")
	})
	t.Run("a link that leads out of the clone is refused", func(t *testing.T) {
		w := w.in(t)
		outside := filepath.Join(t.TempDir(), "passwords.yaml")
		write(t, filepath.Dir(outside), "passwords.yaml", "value: hunter2\n")
		link := filepath.Join(repo.dir, "web", "stolen.yaml")
		if err := os.Symlink(outside, link); err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := os.Remove(link); err != nil {
				t.Error(err)
			}
		}()
		r := w.fails("app", "manifests", "lookat", "--local", local)
		contains(t, r.err, "stolen.yaml")
		if strings.Contains(r.out+r.err, "hunter2") {
			t.Error("it was read all the same")
		}
	})
	t.Run("what makes no sense is refused", func(t *testing.T) {
		for flags, c := range map[string]struct {
			status int
			says   string
		}{
			"--local nowhere":                                        {3, "no such folder"},
			"--local " + local + " --revision feature":               {2, "exclude each other"},
			"--local " + local + " --local-repo-root " + t.TempDir(): {2, "is not in"},
			"--local-repo-root " + repo.dir:                          {2, "goes with --local"},
			"--revision feature --source-positions 2":                {2, "sources 1 to 1"},
			"--revisions feature":                                    {2, "--source-positions"},
			"--source-positions 1":                                   {2, "without"},
			"--revision nosuch":                                      {3, "nosuch"},
		} {
			contains(t, w.in(t).expect(c.status, append([]string{"app", "diff", "lookat"}, strings.Fields(flags)...)...).err, c.says)
		}
	})
	t.Run("of several sources one must be named", func(t *testing.T) {
		w := w.in(t)
		drop(t, w.store, "several.yaml", `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: several}
spec:
  destination: {name: playground, namespace: several}
  sources:
    - {repoURL: `+repo.url+`, path: web, targetRevision: main, name: shop}
    - {repoURL: `+repo.url+`, path: base, targetRevision: main}
`)
		r := w.expect(2, "app", "diff", "several", "--revision", "feature")
		contains(t, r.err, "2 sources", "--source-positions")
		contains(t, w.must("app", "manifests", "several", "--revisions", "feature", "--source-names", "shop"), "value: branch")
		contains(t, w.must("app", "manifests", "several", "--local", local, "--source-positions", "1"), "value: working-copy")
	})
	if after := w.must("app", "get", "lookat", "-o", "json"); after != before {
		t.Errorf("the status changed:\n%s\n%s", before, after)
	}
	if after := w.see().get("lookat", "settings"); after.ResourceVersion != live.ResourceVersion {
		t.Errorf("the live object changed: %v", after)
	}
}

// write writes a file below a folder.
func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
