package e2e

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAnApplicationOfAPartialClone is rendered, edited, committed and rolled back from a store that holds its own files alone.
func TestAnApplicationOfAPartialClone(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	files := map[string]string{
		"web/Chart.yaml":              "apiVersion: v2\nname: web\nversion: 1.0.0\n",
		"web/values.yaml":             "# How many.\nreplicas: 2\n",
		"web/templates/settings.yaml": configMap("settings", "{{ .Values.replicas }} {{ .Values.region }}"),
		"env/prod.yaml":               "region: north\n",
	}
	for i := range 20 {
		files[fmt.Sprintf("others/app-%02d/big.yaml", i)] = strings.Repeat(fmt.Sprintf("other: %d\n", i), 100)
	}
	repo := newRepository(t, w.play, "in-part", files)
	user, password := w.play.GitCredentials()
	repo.url = w.play.PrivateGitURL() + "/in-part.git"
	w.must("repo", "add", repo.url, "--username", user, "--password", password, "--partial")
	contains(t, w.must("repo", "list"), "partial")
	contains(t, w.must("repo", "test", repo.url), "ok")
	w.must("app", "create", "in-part", "--repo", repo.url, "--path", "web", "--revision", "main", "--values", "../env/prod.yaml",
		"--dest-name", "playground", "--dest-namespace", "in-part", "--sync-option", "CreateNamespace=true")
	w.must("app", "sync", "in-part")
	live := func(want string) {
		t.Helper()
		if got := w.see().get("in-part", "settings").Data["value"]; got != want {
			t.Errorf("live: %q, want %q", got, want)
		}
	}
	live("2 north")
	// Of the files the store has the chart's three and the values beside it.
	if got := blobs(t, repo, filepath.Join(w.env["XDG_CACHE_HOME"], "wheelhouse", "git")); got != 4 {
		t.Errorf("the store has %d files, want 4", got)
	}
	contains(t, w.editing("s/north/south/").must("app", "edit", "in-part", "--values", "--commit", "-m", "more"), "pushed commit ")
	w.must("app", "sync", "in-part")
	live("2 south")
	repo.git("pull", "--quiet", "origin", "main")
	repo.push("more", map[string]string{"web/values.yaml": "replicas: 9\n"})
	w.must("app", "sync", "in-part")
	live("9 south")
	contains(t, w.must("app", "rollback", "in-part", "r2", "--commit", "--yes"), "pushed commit ")
	live("2 south")
	repo.git("pull", "--quiet", "origin", "main")
	if b, err := os.ReadFile(filepath.Join(repo.dir, "web", "values.yaml")); err != nil || string(b) != files["web/values.yaml"] {
		t.Errorf("values.yaml is %q in git, %v", b, err)
	}
	contains(t, w.with("PATH", t.TempDir()).fails("repo", "test", repo.url).err, "the git program is needed for a partial clone", "--partial=false")
}

// blobs counts the files that the only store below a folder has.
func blobs(t *testing.T, r *repository, below string) int {
	t.Helper()
	var stores []string
	err := filepath.WalkDir(below, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && strings.HasSuffix(path, ".git") {
			stores = append(stores, path)
		}
		return err
	})
	if err != nil || len(stores) != 1 {
		t.Fatalf("the cache holds %v, %v, want one store", stores, err)
	}
	return strings.Count(r.git("-C", stores[0], "cat-file", "--batch-all-objects", "--batch-check"), " blob ")
}
