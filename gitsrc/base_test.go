package gitsrc_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// overlay makes a repository on a server whose kustomization in stage has this text.
func (s *server) overlay(t *testing.T, text string) app.Source {
	t.Helper()
	newRepository(t, s.root, "overlay").commit(t, "main", "begin", map[string]string{"stage/kustomization.yaml": text})
	return app.Source{RepoURL: s.url + "/overlay.git", Path: "stage", TargetRevision: "main"}
}

// at returns where something is that was brought, and fails if it was not.
func at(t *testing.T, files fs.FS, folder, reference string) string {
	t.Helper()
	b, err := fs.ReadFile(files, app.Base(folder, reference))
	if err != nil {
		t.Fatalf("%s: %v (%s)", reference, err, hint.Of(err))
	}
	return string(b)
}

// notBrought returns why something was not brought.
func notBrought(t *testing.T, files fs.FS, folder, reference string) (said, remedy string) {
	t.Helper()
	b, err := fs.ReadFile(files, app.Base(folder, reference))
	if err == nil {
		t.Fatalf("%s was brought to %s", reference, b)
	}
	if _, err := fs.Stat(files, app.Base(folder, reference)); err == nil {
		t.Errorf("%s: the path is there all the same", reference)
	}
	return err.Error(), hint.Of(err)
}

func text(t *testing.T, files fs.FS, name string) string {
	t.Helper()
	b, err := fs.ReadFile(files, name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func hashOf(t *testing.T, files fs.FS) string {
	t.Helper()
	h, ok := files.(interface{ Hash(string) (string, bool) })
	if !ok {
		t.Fatal("the files have no hash")
	}
	sum, ok := h.Hash(".")
	if !ok {
		t.Fatal("the root has no hash")
	}
	return sum
}

func TestBasesAreBroughtWithTheFiles(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	shared := newRepository(t, s.root, "shared")
	lower := s.url + "/shared.git//lower?ref=v1"
	shared.commit(t, "main", "begin", map[string]string{
		"upper/kustomization.yaml":  "resources: [../middle]\ncomponents: ['" + s.url + "/shared.git//extra']\n",
		"middle/kustomization.yaml": "resources: ['" + lower + "']\npatches: [{path: patch.yaml}]\n", "middle/patch.yaml": "kind: Patch\n",
		"lower/kustomization.yaml": "resources: [a.yaml]\n", "lower/a.yaml": "value: one\n", "extra/kustomization.yaml": "kind: Component\n",
	})
	shared.tag(t, "v1", "")
	shared.commit(t, "main", "go on", map[string]string{"lower/a.yaml": "value: two\n"})
	upper, component := s.url+"/shared.git//upper?ref=main", s.url+"/shared.git//extra?ref=v1"
	src := s.overlay(t, "resources: ['"+upper+"']\n")
	src.Kustomize = &app.KustomizeSource{Components: []string{component}}
	f := newFetcher(t)
	files := fetch(t, f, src, resolve(t, f, src, 0).ID).Files

	to := at(t, files, "stage", upper)
	middle := strings.TrimSuffix(to, "upper") + "middle"
	if got := text(t, files, middle+"/patch.yaml"); got != "kind: Patch\n" {
		t.Errorf("the patch of the base is %q", got)
	}
	if got := text(t, files, at(t, files, middle, lower)+"/a.yaml"); got != "value: one\n" {
		t.Errorf("the base of the base is %q", got)
	}
	at(t, files, to, s.url+"/shared.git//extra")
	at(t, files, "stage", component)
	entries, err := fs.ReadDir(files, ".")
	if err != nil || len(entries) != 1 || entries[0].Name() != "stage" {
		t.Errorf("the root lists %v, %v", entries, err)
	}
}

func TestABaseIsEnteredWithItsOwnLogin(t *testing.T) {
	t.Parallel()
	s, private := newServer(t, nil), newServer(t, withPassword(canary))
	newRepository(t, private.root, "base").commit(t, "main", "begin", map[string]string{"kustomization.yaml": "resources: []\n"})
	reference := private.url + "/base.git"
	src := s.overlay(t, "components: ['"+reference+"']\n")
	f := newFetcher(t)
	id := resolve(t, f, src, 0).ID
	said, remedy := notBrought(t, fetch(t, f, src, id).Files, "stage", reference)
	if !strings.Contains(said, "authentication is required") || !strings.Contains(remedy, "wheelhouse repo add "+reference) {
		t.Errorf("without a login: %s (%s)", said, remedy)
	}
	f = gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: login(t, password(private.url, canary))})
	at(t, fetch(t, f, src, id).Files, "stage", reference)
	if got := s.last(t); got.password != "" {
		t.Error("the server of the source was told the password of the base")
	}
}

func TestABaseThatMovedIsAnotherInput(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	base := newRepository(t, s.root, "base")
	base.commit(t, "main", "begin", map[string]string{"kustomization.yaml": "namePrefix: one-\n"})
	reference := s.url + "/base.git?ref=main"
	src := s.overlay(t, "resources: ['"+reference+"']\n")
	f := newFetcher(t)
	id := resolve(t, f, src, 0).ID
	before := fetch(t, f, src, id).Files
	if again := fetch(t, f, src, id).Files; hashOf(t, again) != hashOf(t, before) {
		t.Error("nothing changed, and the hash did")
	}
	base.commit(t, "main", "go on", map[string]string{"kustomization.yaml": "namePrefix: two-\n"})
	// Somebody wants to know for sure, so that nothing older serves.
	resolve(t, f, src, 0)
	after := fetch(t, f, src, id).Files
	if got := text(t, after, at(t, after, "stage", reference)+"/kustomization.yaml"); got != "namePrefix: two-\n" {
		t.Errorf("the base is %q", got)
	}
	if hashOf(t, after) == hashOf(t, before) {
		t.Error("the base moved, and the hash is the same")
	}
	if got := text(t, before, at(t, before, "stage", reference)+"/kustomization.yaml"); got != "namePrefix: one-\n" {
		t.Errorf("what was brought before is now %q", got)
	}
}

func TestBasesInACircleComeToAnEnd(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	a, b := s.url+"/a.git", s.url+"/b.git//x"
	newRepository(t, s.root, "a").commit(t, "main", "begin", map[string]string{"kustomization.yaml": "resources: ['" + b + "']\n"})
	newRepository(t, s.root, "b").commit(t, "main", "begin", map[string]string{"x/kustomization.yaml": "resources: ['" + a + "', .]\n"})
	src := s.overlay(t, "resources: ['"+a+"']\n")
	f := newFetcher(t)
	files := fetch(t, f, src, resolve(t, f, src, 0).ID).Files
	first := at(t, files, "stage", a)
	if again := at(t, files, at(t, files, first, b), a); again != first {
		t.Errorf("one base is brought to %s and to %s", first, again)
	}
}

func TestBasesThatCannotBeBroughtSayWhy(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	base := newRepository(t, s.root, "base")
	base.commit(t, "main", "begin", map[string]string{"a/kustomization.yaml": "resources: []\n"})
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "<html>") }))
	defer web.Close()
	closed := "http://" + closedPort(t)
	tests := map[string]struct{ reference, says, remedy string }{
		"a server that is down":           {closed + "/base.git", "the connection was refused", "check that the server runs"},
		"a file of a server that is down": {closed + "/base.yaml", "the connection was refused", "check that the server runs"},
		"a ref that there is none of":     {s.url + "/base.git?ref=v9", `revision "v9"`, "the repository has: main"},
		"a folder that there is none of":  {s.url + "/base.git//b", "has no folder b", "correct the folder"},
		"a file for a folder":             {s.url + "/base.git//a/kustomization.yaml", "is a file", "name the folder"},
		"a page":                          {web.URL + "/x.yaml", "neither a git repository nor a YAML file", "name the raw one"},
		"another protocol":                {"git://git.example.com/org/repo", "no URL of a git repository", "https://"},
		"a repository of this machine":    {base.url() + "//a", "a repository of this machine", "https://"},
	}
	names := make([]string, 0, len(tests))
	for _, tt := range tests {
		names = append(names, "'"+tt.reference+"'")
	}
	src := s.overlay(t, "resources: ["+strings.Join(names, ", ")+"]\n")
	f := newFetcher(t)
	files := fetch(t, f, src, resolve(t, f, src, 0).ID).Files
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if said, remedy := notBrought(t, files, "stage", tt.reference); !strings.Contains(said, tt.says) || !strings.Contains(remedy, tt.remedy) {
				t.Errorf("%s (%s)", said, remedy)
			}
		})
	}
}

func TestARepositoryOfThisMachineNamesAnother(t *testing.T) {
	t.Parallel()
	base := newRepository(t, t.TempDir(), "base")
	base.commit(t, "main", "begin", map[string]string{"a/kustomization.yaml": "resources: []\n"})
	repo := newRepository(t, t.TempDir(), "overlay")
	repo.commit(t, "main", "begin", map[string]string{"kustomization.yaml": "resources: ['" + base.url() + "//a']\n"})
	src := app.Source{RepoURL: repo.url(), Path: ".", TargetRevision: "main"}
	f := newFetcher(t)
	at(t, fetch(t, f, src, resolve(t, f, src, 0).ID).Files, ".", base.url()+"//a")
}

func TestFilesOfTheWebAreBrought(t *testing.T) {
	t.Parallel()
	var whole, unchanged atomic.Int64
	var content atomic.Value
	content.Store("kind: ConfigMap\n")
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, got, _ := r.BasicAuth(); user != "mira" || got != canary {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		body, _ := content.Load().(string)
		tag := fmt.Sprintf("%q", fmt.Sprint(len(body)))
		if w.Header().Set("ETag", tag); r.Header.Get("If-None-Match") == tag {
			unchanged.Add(1)
			w.WriteHeader(http.StatusNotModified)
			return
		}
		whole.Add(1)
		fmt.Fprint(w, body)
	}))
	defer web.Close()
	file, patch := web.URL+"/files/a.yaml", web.URL+"/files/patch"
	s := newServer(t, nil)
	src := s.overlay(t, "resources: ['"+file+"']\npatches: [{path: '"+patch+"'}]\n")
	f := gitsrc.New(gitsrc.Options{CacheDir: filepath.Join(t.TempDir(), "cache"), Registry: login(t, password(web.URL+"/files", canary))})
	id := resolve(t, f, src, 0).ID
	files := fetch(t, f, src, id).Files
	for _, reference := range []string{file, patch} {
		if got := text(t, files, at(t, files, "stage", reference)); got != "kind: ConfigMap\n" {
			t.Errorf("%s is %q", reference, got)
		}
	}
	resolve(t, f, src, 0)
	if again := fetch(t, f, src, id).Files; hashOf(t, again) != hashOf(t, files) || whole.Load() != 2 || unchanged.Load() != 2 {
		t.Errorf("a file that has not changed: %d transferred, %d not", whole.Load(), unchanged.Load())
	}
	content.Store("kind: Secret\n")
	resolve(t, f, src, 0)
	if changed := fetch(t, f, src, id).Files; hashOf(t, changed) == hashOf(t, files) || text(t, changed, at(t, changed, "stage", file)) != "kind: Secret\n" {
		t.Error("a file that has changed is not noticed")
	}
	content.Store("kind: " + strings.Repeat("x", 11<<20))
	resolve(t, f, src, 0)
	if said, _ := notBrought(t, fetch(t, f, src, id).Files, "stage", file); !strings.Contains(said, "larger than 10 MiB") {
		t.Errorf("a large file: %s", said)
	}
}

func TestOtherToolsNeedNoBases(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	src := s.overlay(t, "resources: ['http://"+closedPort(t)+"/a.git']\n")
	src.Directory = &app.DirectorySource{}
	f := newFetcher(t)
	files := fetch(t, f, src, resolve(t, f, src, 0).ID).Files
	reference := strings.TrimSuffix(strings.TrimPrefix(text(t, files, "stage/kustomization.yaml"), "resources: ['"), "']\n")
	if _, err := fs.Stat(files, app.Base("stage", reference)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("for plain manifests: %v", err)
	}
	plain := newRepository(t, s.root, "plain")
	plain.commit(t, "main", "begin", map[string]string{"a.yaml": "kind: ConfigMap\n"})
	src = app.Source{RepoURL: s.url + "/plain.git", Path: ".", TargetRevision: "main"}
	files = fetch(t, f, src, resolve(t, f, src, 0).ID).Files
	if got := text(t, files, "a.yaml"); got != "kind: ConfigMap\n" {
		t.Errorf("plain manifests: %q", got)
	}
}
