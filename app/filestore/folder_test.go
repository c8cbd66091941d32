package filestore_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/app/filestore"
)

// document returns a file of an application as somebody wrote it.
func document(name string) string {
	return `# The shop, see the wiki.
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: ` + name + `
  namespace: argocd   # where it was before
spec:
  project: default

  # ours
  source:
    repoURL: https://git.example.com/shop.git
    path: deploy
    targetRevision: v1 # pinned
  destination: {name: home, namespace: web}
`
}

func write(t *testing.T, text string, path ...string) string {
	t.Helper()
	p := filepath.Join(path...)
	if err := os.WriteFile(p, []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
	return p
}

func read(t *testing.T, path ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// names returns what List gives: the applications' names, and those of broken ones with an exclamation mark.
func names(t *testing.T, s *filestore.Store) []string {
	t.Helper()
	apps, errs, err := s.List(t.Context())
	if err != nil {
		t.Fatalf("list: %v", err)
	}
	var out []string
	for _, a := range apps {
		out = append(out, a.Key().String())
	}
	for key := range errs {
		out = append(out, "!"+key.String())
	}
	return out
}

func setRevision(t *testing.T, s *filestore.Store, name, revision string) {
	t.Helper()
	_, err := s.Update(t.Context(), app.Key{Name: name}, func(a *app.Application) error {
		a.Spec.Source.TargetRevision = revision
		return nil
	})
	if err != nil {
		t.Fatalf("update: %v", err)
	}
}

func TestFilesOfAnyNameAreRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	write(t, document("a"), dir, "a.yaml")
	write(t, document("b"), dir, "Other Name.yml")
	write(t, `{"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "c"}}`, dir, "c.json")
	write(t, "kind: AppProject\n---\n"+document("d"), dir, "d.yaml")
	write(t, document("hidden"), dir, ".hidden.yaml")
	write(t, document("backup"), dir, "backup.yaml~")
	write(t, "replicas: 3\n", dir, "values.yaml")
	if err := os.Mkdir(filepath.Join(dir, "folder.yaml"), 0o700); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a", "b", "c", "d"}, names(t, s)); diff != "" {
		t.Error(diff)
	}
}

func TestUpdateKeepsWhatTheAuthorWrote(t *testing.T) {
	t.Parallel()
	t.Run("comments, order and namespace", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		s := open(t, dir)
		path := write(t, document("web"), dir, "shop.yaml")
		setRevision(t, s, "web", "v2")
		want := strings.Replace(document("web"), "v1 # pinned", "v2 # pinned", 1)
		if diff := cmp.Diff(want, read(t, path)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("a symbolic link and the permissions behind it", func(t *testing.T) {
		t.Parallel()
		dir, elsewhere := t.TempDir(), t.TempDir()
		s := open(t, dir)
		target := write(t, document("web"), elsewhere, "web.yaml")
		link := filepath.Join(dir, "web.yaml")
		if err := os.Symlink(target, link); err != nil {
			t.Fatal(err)
		}
		setRevision(t, s, "web", "v2")
		if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
			t.Errorf("the link became %v, %v", info.Mode(), err)
		}
		info, err := os.Stat(target)
		if err != nil || info.Mode().Perm() != 0o640 || !strings.Contains(read(t, target), "v2 # pinned") {
			t.Errorf("the file behind the link: %v, %v", info.Mode(), err)
		}
	})
	t.Run("a file that nothing changed in is not touched", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		s := open(t, dir)
		path := write(t, document("web"), dir, "web.yaml")
		before, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		setRevision(t, s, "web", "v1")
		if after, err := os.Stat(path); err != nil || !os.SameFile(before, after) {
			t.Errorf("the file was replaced: %v", err)
		}
	})
}

func TestUpdateRepeatsAfterAnEditor(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	path := write(t, document("web"), dir, "web.yaml")
	calls := 0
	_, err := s.Update(t.Context(), app.Key{Name: "web"}, func(a *app.Application) error {
		if calls++; calls == 1 {
			write(t, strings.Replace(document("web"), "path: deploy", "path: saved", 1), path)
		}
		a.Spec.Source.TargetRevision = "v2"
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, path); calls != 2 || !strings.Contains(got, "path: saved") || !strings.Contains(got, "v2 # pinned") {
		t.Errorf("after %d calls the file is\n%s", calls, got)
	}
}

func TestRemoveLeavesOtherDocuments(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	path := write(t, "kind: Mine\n---\n"+document("web"), dir, "web.yaml")
	if err := s.Remove(t.Context(), app.Key{Name: "web"}); err != nil {
		t.Fatal(err)
	}
	if got := read(t, path); got != "kind: Mine" {
		t.Errorf("left is %q", got)
	}
}

func TestCreateOverwritesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	path := write(t, "replicas: 3\n", dir, "web.yaml")
	var a app.Application
	a.Metadata.Name = "web"
	if err := s.Create(t.Context(), a); !errors.Is(err, app.ErrExists) {
		t.Errorf("create gave %v", err)
	}
	if got := read(t, path); got != "replicas: 3\n" {
		t.Errorf("the file is now %q", got)
	}
	a.Metadata.Name = "../out"
	if err := s.Create(t.Context(), a); err == nil {
		t.Error("a name that is a path was created")
	}
}
