package gitsrc_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc/sshtest"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// filters makes a server leave out of a repository what it is asked to leave out.
func (r repository) filters(t *testing.T) {
	t.Helper()
	r.remote(t, "config", "uploadpack.allowFilter", "true")
}

// partly is a registry in which a repository is to be cloned in part.
func partly(t *testing.T, url string) *gitsrc.Registry {
	t.Helper()
	return login(t, app.RepositoryLogin{Repository: app.Repository{URL: url, Partial: true}})
}

// files counts the contents of files in a store.
func (r repository) files(t *testing.T, store string) int {
	t.Helper()
	return strings.Count(r.git(t, "-C", store, "cat-file", "--batch-all-objects", "--batch-check"), " blob ")
}

// bigChart is a chart of 50 files with folders, beside other applications, values and text at the root.
func bigChart() map[string]string {
	files := map[string]string{"README.md": "shop\n", "env/prod.yaml": "a: 1\n", "env/test.yaml": "a: 2\n", "chart/Chart.yaml": "name: web\n", "chart/values.yaml": "a: 0\n"}
	for i := range 48 {
		files[fmt.Sprintf("chart/templates/part-%d/%02d.yaml", i%4, i)] = fmt.Sprintf("kind: ConfigMap # %d\n", i)
	}
	for i := range 30 {
		files[fmt.Sprintf("others/app-%02d/values.yaml", i)] = fmt.Sprintf("other: %d\n", i)
	}
	return files
}

func readAll(t *testing.T, files fs.FS, root string) int {
	t.Helper()
	n := 0
	err := fs.WalkDir(files, root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		n++
		_, err = fs.ReadFile(files, name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestAChartOfAPartialCloneTakesTwoCallsOfGit counts what the rendering of a chart with 50 files costs.
func TestAChartOfAPartialCloneTakesTwoCallsOfGit(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	r := newRepository(t, s.root, "shop")
	r.filters(t)
	r.commit(t, "main", "begin", map[string]string{"chart/values.yaml": "a: old\n", "old.yaml": "old: 1\n"})
	id := r.commit(t, "main", "go on", bigChart())
	git, notes := wrapped(t, "")
	calls := func() int {
		b, err := os.ReadFile(notes)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(b), "\n")
	}
	cache := t.TempDir()
	f := gitsrc.New(gitsrc.Options{CacheDir: cache, Registry: partly(t, s.url), Git: git})
	src := source(s.url+"/shop.git", "main")
	src.Path = "chart"
	c := fetch(t, f, src, id)
	if n := readAll(t, c.Files, "chart"); n != 50 {
		t.Fatalf("the chart has %d files, want 50", n)
	}
	if got := r.files(t, storeOf(t, cache)); got != 50 || calls() != 2 {
		t.Errorf("%d calls of git brought %d files, want 2 and the 50 of the chart", calls(), got)
	}
	if got := s.count("POST git-upload-pack"); got != 3 {
		t.Errorf("the server answered %d times, want 3: references, commits, files", got)
	}
	// What is elsewhere comes with its folder.
	for _, name := range []string{"env/prod.yaml", "env/test.yaml"} {
		readFile(t, c.Files, name)
	}
	if got := r.files(t, storeOf(t, cache)); got != 52 || calls() != 3 {
		t.Errorf("%d calls of git brought %d files, want 3 and 52", calls(), got)
	}
	// Who comes later finds everything, a commit brings what it changed.
	later := gitsrc.New(gitsrc.Options{CacheDir: cache, Registry: partly(t, s.url), Git: git})
	readAll(t, fetch(t, later, src, id).Files, "chart")
	if calls() != 3 {
		t.Errorf("git was called %d times, want 3", calls())
	}
	next := r.commit(t, "main", "change", map[string]string{"chart/values.yaml": "a: 3\n", "others/app-00/values.yaml": "other: x\n"})
	c = fetch(t, later, src, next)
	readAll(t, c.Files, "chart")
	if got := r.files(t, storeOf(t, cache)); got != 53 || calls() != 5 {
		t.Errorf("%d calls of git brought %d files, want 5 and 53", calls(), got)
	}
	if got := readFile(t, c.Files, "chart/values.yaml"); got != "a: 3\n" {
		t.Errorf("values.yaml is %q", got)
	}
}

func TestAPartialCloneGoesEveryWay(t *testing.T) {
	t.Parallel()
	ca, key := newAuthority(t), sshtest.NewKey(t)
	plain, secure := newServer(t, withPassword(canary)), newServerWith(t, nil, ca.serves(t, "git.example.test"))
	shell := sshtest.Serve(t, key)
	shop := func(root string) (repository, string) {
		r := newRepository(t, root, "shop")
		r.filters(t)
		return r, r.commit(t, "main", "begin", bigChart())
	}
	_, plainID := shop(plain.root)
	r, id := shop(secure.root)
	for name, tt := range map[string]struct {
		url, id string
		login   app.RepositoryLogin
	}{
		"a password":              {plain.url + "/shop.git", plainID, password("", canary)},
		"an own CA":               {secure.url + "/shop.git", id, app.RepositoryLogin{Repository: app.Repository{CA: ca.pem}}},
		"a key with a passphrase": {shell.URL + r.bare, id, app.RepositoryLogin{SSHPrivateKey: app.NewSecret(key.Protected(t, canary)), Password: app.NewSecret(canary)}},
		"a folder":                {r.url(), id, app.RepositoryLogin{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.login.URL, tt.login.Partial = tt.url, true
			cache := t.TempDir()
			git, told := observed(t)
			f := gitsrc.New(gitsrc.Options{CacheDir: cache, Registry: login(t, tt.login), KnownHosts: []string{shell.Known}, Git: git})
			src := source(tt.url, "main")
			src.Path = "others/app-07"
			if got := resolve(t, f, src, 0); got.ID != tt.id {
				t.Errorf("main is %s, want %s", got.ID, tt.id)
			}
			c := fetch(t, f, src, tt.id)
			if got := readFile(t, c.Files, "others/app-07/values.yaml"); got != "other: 7\n" {
				t.Errorf("values.yaml is %q", got)
			}
			store := storeOf(t, cache)
			if got := r.files(t, store); got != 1 {
				t.Errorf("the store has %d files, want 1", got)
			}
			config, err := os.ReadFile(filepath.Join(store, "config"))
			if err != nil || strings.Contains(string(config), "remote") {
				t.Errorf("the store says where it comes from: %s, %v", config, err)
			}
			if strings.Contains(told(), canary) {
				t.Errorf("the program was told the password: %s", told())
			}
		})
	}
}

func TestAServerThatLeavesNothingOutServesAPartialClone(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	r := newRepository(t, s.root, "shop")
	id := r.commit(t, "main", "begin", bigChart())
	cache := t.TempDir()
	f := gitsrc.New(gitsrc.Options{CacheDir: cache, Registry: partly(t, s.url)})
	src := source(s.url+"/shop.git", "main")
	src.Path = "chart"
	c := fetch(t, f, src, id)
	before := s.count("POST git-upload-pack")
	if n := readAll(t, c.Files, "."); n != 83 || r.files(t, storeOf(t, cache)) != 83 {
		t.Errorf("%d of 83 files are there", n)
	}
	if got := s.count("POST git-upload-pack"); got != before {
		t.Errorf("the server was asked %d times more for what it had sent", got-before)
	}
}

func TestAPartialCloneWithoutTheGitProgramSaysWhatToDo(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	_, url, id := s.shop(t)
	registry := partly(t, url)
	f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: registry, Git: filepath.Join(t.TempDir(), "git")})
	resolve(t, f, source(url, "main"), 0)
	_, fetched := f.Fetch(t.Context(), source(url, "main"), id)
	for name, err := range map[string]error{"fetching": fetched, "testing": gitsrc.NewRepositories(registry, f).Test(t.Context(), url)} {
		if err == nil || !strings.Contains(err.Error(), "the git program is needed for a partial clone") ||
			!strings.Contains(hint.Of(err), "install git") || !strings.Contains(hint.Of(err), "--partial=false") {
			t.Errorf("%s gave %v (%s)", name, err, hint.Of(err))
		}
	}
	// What was fetched before is still read.
	if err := registry.Add(t.Context(), app.RepositoryLogin{Repository: app.Repository{URL: url}}); err != nil {
		t.Fatal(err)
	}
	fetch(t, f, source(url, "main"), id)
}

func TestAStoreBecomesPartialAndWholeAgain(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	r := newRepository(t, s.root, "shop")
	r.filters(t)
	url := s.url + "/shop.git"
	id := r.commit(t, "main", "begin", map[string]string{"a/one": "1\n", "b/two": "2\n"})
	cache := t.TempDir()
	with := func(partial bool, git string) *gitsrc.Fetcher {
		l := app.RepositoryLogin{Repository: app.Repository{URL: url, Partial: partial}}
		return gitsrc.New(gitsrc.Options{CacheDir: cache, Registry: login(t, l), Git: git})
	}
	none := filepath.Join(t.TempDir(), "git")
	src := source(url, "main")
	src.Path = "a"
	fetch(t, with(false, none), src, id)
	// A whole store stays whole, and what comes later is partial.
	id = r.commit(t, "main", "go on", map[string]string{"a/one": "11\n", "b/two": "22\n"})
	c := fetch(t, with(true, ""), src, id)
	if got := r.files(t, storeOf(t, cache)); got != 3 {
		t.Errorf("the store has %d files, want the two old ones and the new one in the folder", got)
	}
	if got := readFile(t, c.Files, "a/one"); got != "11\n" {
		t.Errorf("a/one is %q", got)
	}
	// Without --partial what is missing is brought by go-git alone: when it is read, and when a fetch is due.
	for name, read := range map[string]func(*gitsrc.Fetcher){
		"reading": func(f *gitsrc.Fetcher) { readFile(t, fetch(t, f, src, id).Files, "b/two") },
		"fetching": func(f *gitsrc.Fetcher) {
			next := r.commit(t, "main", "further", map[string]string{"c": "3\n"})
			fetch(t, f, src, next)
		},
		"committing": func(f *gitsrc.Fetcher) {
			base := resolve(t, f, src, 0).ID
			d, err := f.Draft(t.Context(), src, change(base, "main", map[string]string{"b/two": "edited\n"}))
			if err != nil || len(d.Files) != 1 || d.Files[0].Added != 1 {
				t.Errorf("the draft is %+v, %v", d, err)
			}
		},
	} {
		if err := os.RemoveAll(storeOf(t, cache)); err != nil {
			t.Fatal(err)
		}
		fetch(t, with(true, ""), src, id)
		if got := r.files(t, storeOf(t, cache)); got != 1 {
			t.Errorf("%s: the partial store has %d files, want 1", name, got)
		}
		read(with(false, none))
		if got := r.files(t, storeOf(t, cache)); got < 4 {
			t.Errorf("%s: the store has %d files, want all", name, got)
		}
		r.objects(t, storeOf(t, cache))
	}
}

func TestDamageOfAPartialStoreIsToldFromWhatWasLeftOut(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		damage func(*testing.T, string)
		anew   int
	}{
		"nothing is damaged":             {func(*testing.T, string) {}, 0},
		"the packs are cut in half":      {replace("objects/pack/*.pack", half), 1},
		"the packs are missing":          {removeAll("objects/pack/*.pack"), 1},
		"a byte of each pack is another": {replace("objects/pack/*.pack", flipped(30)), 1},
		"the store is gone":              {removeAll("*"), 1},
		"the marks are gone":             {removeAll("objects/pack/*.promisor"), 0},
	} {
		for when, open := range map[string]bool{"while the files are open": true, "before they are opened": false} {
			t.Run(name+" "+when, func(t *testing.T) {
				t.Parallel()
				s := newServer(t, nil)
				r := newRepository(t, s.root, "shop")
				r.filters(t)
				id := r.commit(t, "main", "begin", bigChart())
				src := source(s.url+"/shop.git", "main")
				src.Path = "chart"
				cache := t.TempDir()
				var log bytes.Buffer
				options := gitsrc.Options{CacheDir: cache, Registry: partly(t, s.url), Log: slog.New(slog.NewTextHandler(&log, nil))}
				f := gitsrc.New(options)
				c := fetch(t, f, src, id)
				tt.damage(t, storeOf(t, cache))
				if !open {
					c = fetch(t, gitsrc.New(options), src, id)
				}
				if got := readAll(t, c.Files, "."); got != 83 {
					t.Errorf("%d files were read, want 83", got)
				}
				if got := readFile(t, c.Files, "others/app-07/values.yaml"); got != "other: 7\n" {
					t.Errorf("a file is %q", got)
				}
				if got := strings.Count(log.String(), "damaged store is made anew"); got > tt.anew {
					t.Errorf("the store was made anew %d times, want %d:\n%s", got, tt.anew, &log)
				}
			})
		}
	}
}

func TestProcessesShareAPartialStore(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	r := newRepository(t, s.root, "shop")
	r.filters(t)
	id := r.commit(t, "main", "begin", bigChart())
	cache, registry := t.TempDir(), partly(t, s.url)
	var all errgroup.Group
	for i := range 6 {
		all.Go(func() error {
			f := gitsrc.New(gitsrc.Options{CacheDir: cache, Registry: registry})
			src := source(s.url+"/shop.git", "main")
			src.Path = []string{"chart", "others", "env"}[i%3]
			c, err := f.Fetch(t.Context(), src, id)
			if err != nil {
				return err
			}
			return fs.WalkDir(c.Files, ".", func(name string, d fs.DirEntry, err error) error {
				if err == nil && !d.IsDir() {
					_, err = fs.ReadFile(c.Files, name)
				}
				return err
			})
		})
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	store := storeOf(t, cache)
	if got := r.files(t, store); got != 83 {
		t.Errorf("the store has %d files, want 83", got)
	}
	// What one has brought no other fetches: nothing is in two packs.
	objects := len(strings.Split(r.git(t, "-C", store, "cat-file", "--batch-all-objects", "--batch-check"), "\n"))
	if counted := r.git(t, "-C", store, "count-objects", "-v"); !strings.Contains(counted, fmt.Sprintf("in-pack: %d\n", objects)) {
		t.Errorf("there are %d objects, and in the packs:\n%s", objects, counted)
	}
}

func TestFilesThatAreReadOneByOneDoNotLeaveManyPacks(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	r := newRepository(t, s.root, "shop")
	r.filters(t)
	files := map[string]string{}
	for i := range 40 {
		files[fmt.Sprintf("app-%02d/values.yaml", i)] = fmt.Sprintf("app: %d\n", i)
	}
	id := r.commit(t, "main", "begin", files)
	cache := t.TempDir()
	f := gitsrc.New(gitsrc.Options{CacheDir: cache, Registry: partly(t, s.url)})
	src := source(s.url+"/shop.git", "main")
	src.Path = "app-00"
	c := fetch(t, f, src, id)
	for i := range 40 {
		if got := readFile(t, c.Files, fmt.Sprintf("app-%02d/values.yaml", i)); got != fmt.Sprintf("app: %d\n", i) {
			t.Errorf("app %d has %q", i, got)
		}
	}
	store := storeOf(t, cache)
	packs, err := filepath.Glob(filepath.Join(store, "objects", "pack", "*.pack"))
	if err != nil || len(packs) > 32 {
		t.Errorf("there are %d packs, want no more than 32 (%v)", len(packs), err)
	}
	marks := find(t, store, "objects/pack/*.promisor")
	if len(marks) != len(packs) {
		t.Errorf("%d of %d packs have their mark", len(marks), len(packs))
	}
	// Git itself finds nothing missing that is not left with the server.
	fsck := exec.CommandContext(t.Context(), "git", "-C", store, "-c", "remote.origin.promisor=true", "-c", "remote.origin.url=/nowhere", "fsck", "--full", "--strict")
	if out, err := fsck.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if err := os.RemoveAll(r.bare); err != nil {
		t.Fatal(err)
	}
	if got := readAll(t, fetch(t, gitsrc.New(gitsrc.Options{CacheDir: cache, Registry: partly(t, s.url)}), src, id).Files, "."); got != 40 {
		t.Errorf("without the server %d files are read, want 40", got)
	}
}

func TestCommitsAreMadeInAPartialStore(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	r := newRepository(t, s.root, "shop")
	r.filters(t)
	r.remote(t, "config", "uploadpack.allowAnySHA1InWant", "true")
	url := s.url + "/shop.git"
	base := r.commit(t, "main", "begin", bigChart())
	// A commit that no branch leads to any more, with files that nothing else has.
	lost := r.commit(t, "side", "beside", map[string]string{"chart/values.yaml": "a: lost\n", "chart/extra/more.yaml": "b: lost\n"})
	r.git(t, "checkout", "--quiet", base)
	r.remote(t, "update-ref", "-d", "refs/heads/side")
	f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: partly(t, url)})
	src := source(url, "main")
	src.Path = "others/app-01"
	fetch(t, f, src, base)

	d := draft(t, f, src, change(base, "main", map[string]string{"others/app-01/values.yaml": "other: edited\n", "chart/values.yaml": "a: edited\n"}))
	for _, file := range d.Files {
		if !file.Counted || file.Added != 1 || file.Removed != 1 {
			t.Errorf("%+v, want one line for another", file)
		}
	}
	if got := readFile(t, fetch(t, f, src, d.Commit.ID).Files, "others/app-01/values.yaml"); got != "other: edited\n" || len(d.Files) != 2 {
		t.Errorf("the draft has %q and changes %+v", got, d.Files)
	}
	made, err := f.Push(t.Context(), src, d)
	if err != nil || r.remote(t, "rev-parse", "main") != made.ID {
		t.Fatalf("pushing gave %v, %v", made, err)
	}
	if got := r.remote(t, "show", "main:chart/values.yaml"); got != "a: edited" {
		t.Errorf("the server has %q", got)
	}

	back, err := f.Commit(t.Context(), src, restore(made.ID, "main", "chart", lost))
	if err != nil || r.remote(t, "rev-parse", "main") != back.ID {
		t.Fatalf("restoring gave %v, %v", back, err)
	}
	if got := r.remote(t, "show", "main:chart/extra/more.yaml"); got != "b: lost" {
		t.Errorf("the server has %q", got)
	}
	r.remote(t, "fsck", "--full", "--strict")
}

// TestAnOldServerGivesSingleFilesWhenItMay is about a server that does not speak protocol 2, in which files have names.
func TestAnOldServerGivesSingleFilesWhenItMay(t *testing.T) {
	t.Parallel()
	for _, may := range []bool{false, true} {
		s := newServer(t, func(r *http.Request) int {
			r.Header.Del("Git-Protocol")
			return 0
		})
		r := newRepository(t, s.root, "shop")
		r.filters(t)
		r.remote(t, "config", "uploadpack.allowAnySHA1InWant", strconv.FormatBool(may))
		id := r.commit(t, "main", "begin", bigChart())
		f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: partly(t, s.url)})
		src := source(s.url+"/shop.git", "main")
		src.Path = "env"
		c, err := f.Fetch(t.Context(), src, id)
		switch {
		case !may && (err == nil || !strings.Contains(err.Error(), "gives no single files") || !strings.Contains(hint.Of(err), "allowAnySHA1InWant")):
			t.Errorf("got %v (%s)", err, hint.Of(err))
		case may && (err != nil || readFile(t, c.Files, "env/test.yaml") != "a: 2\n"):
			t.Errorf("it is not read: %v", err)
		}
	}
}

func TestASubmoduleIsPartialByItsOwnEntry(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	lib := newRepository(t, s.root, "lib")
	lib.filters(t)
	libID := lib.commit(t, "main", "begin", bigChart())
	shop := newRepository(t, s.root, "shop")
	shop.filters(t)
	shop.commit(t, "main", "begin", map[string]string{"values.yaml": "replicas: 1\n", "unread/file": "text\n"})
	id := shop.submodule(t, "lib", "../lib.git", libID)
	cache := t.TempDir()
	f := gitsrc.New(gitsrc.Options{CacheDir: cache, Registry: partly(t, s.url+"/lib.git")})
	c := fetch(t, f, source(s.url+"/shop.git", "main"), id)
	if got := readFile(t, c.Files, "lib/env/prod.yaml"); got != "a: 1\n" {
		t.Errorf("the submodule has %q", got)
	}
	for name, want := range map[string]int{"shop-*.git": 3, "lib-*.git": 2} {
		if got := shop.files(t, find(t, cache, name)[0]); got != want {
			t.Errorf("%s has %d files, want %d", name, got, want)
		}
	}
}

func TestAProgramThatIsKilledIsCalledAgain(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	r := newRepository(t, s.root, "shop")
	r.filters(t)
	id := r.commit(t, "main", "begin", bigChart())
	mark := filepath.Join(t.TempDir(), "mark")
	git, _ := wrapped(t, fmt.Sprintf(`case "$*" in *--stdin*) if [ ! -e %[1]s ]; then touch %[1]s "$2/objects/pack/tmp_pack_x"; kill -9 $$; fi;; esac`, mark))
	cache := t.TempDir()
	f := gitsrc.New(gitsrc.Options{CacheDir: cache, Registry: partly(t, s.url), Git: git})
	src := source(s.url+"/shop.git", "main")
	src.Path = "chart"
	if _, err := f.Fetch(t.Context(), src, id); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("the kill gave %v", err)
	}
	if n := readAll(t, fetch(t, f, src, id).Files, "chart"); n != 50 {
		t.Errorf("%d files were read, want 50", n)
	}
	left, err := filepath.Glob(filepath.Join(storeOf(t, cache), "objects", "pack", "tmp_*"))
	if err != nil || len(left) != 0 {
		t.Errorf("%v were left (%v)", left, err)
	}
}

func TestWhatAServerKeepsToItselfIsNoDamage(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	r := newRepository(t, s.root, "shop")
	r.filters(t)
	id := r.commit(t, "main", "begin", bigChart())
	cache := t.TempDir()
	var log bytes.Buffer
	f := gitsrc.New(gitsrc.Options{CacheDir: cache, Registry: partly(t, s.url), Log: slog.New(slog.NewTextHandler(&log, nil))})
	src := source(s.url+"/shop.git", "main")
	src.Path = "env"
	c := fetch(t, f, src, id)
	if err := os.Rename(r.bare, r.bare+".away"); err != nil {
		t.Fatal(err)
	}
	if got := readFile(t, c.Files, "env/prod.yaml"); got != "a: 1\n" {
		t.Errorf("what is there is %q", got)
	}
	_, err := fs.ReadFile(c.Files, "README.md")
	if err == nil || !strings.Contains(err.Error(), "fetch files of "+src.RepoURL) {
		t.Errorf("what is not there gave %v", err)
	}
	if strings.Contains(log.String(), "damaged") {
		t.Errorf("the store was taken for damaged:\n%s", &log)
	}
	if err := os.Rename(r.bare+".away", r.bare); err != nil {
		t.Fatal(err)
	}
	if got := readFile(t, c.Files, "README.md"); got != "shop\n" {
		t.Errorf("the file is %q", got)
	}
}
