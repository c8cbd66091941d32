package gitsrc_test

import (
	"encoding/base64"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc/sshtest"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

const largeText = "replicas: 3\nnote: kept in Git LFS\n"

// withLFS is the login of a URL whose files in Git LFS are served.
func withLFS(url, password string) app.RepositoryLogin {
	l := app.RepositoryLogin{Repository: app.Repository{URL: url, EnableLFS: true}}
	if password != "" {
		l.Username, l.Password = "mira", app.NewSecret(password)
	}
	return l
}

func basic(password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte("mira:"+password))
}

// stored is the file in which a store keeps an object.
func stored(t *testing.T, cache, oid string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(cache, "*.git", "lfs", "objects", oid[:2], oid[2:4], oid))
	if err != nil || len(found) != 1 {
		t.Fatalf("the object %s is in %v (%v), want one store", oid, found, err)
	}
	return found[0]
}

// TestFilesInLFS are served with their content, by a server that has a CA of its own and wants a password.
func TestFilesInLFS(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	s := newServerWith(t, withPassword(canary), ca.serves(t, "git.example.test"))
	r, url, _ := s.shop(t)
	pointer, oid := s.large.put(largeText)
	id := r.commit(t, "main", "move to LFS", map[string]string{"web/values.yaml": pointer, "plain.yaml": "a: 1\n"})
	l := withLFS(url, canary)
	l.CA = ca.pem
	cache := t.TempDir()
	f := gitsrc.New(gitsrc.Options{CacheDir: cache, Registry: login(t, l)})
	c := fetch(t, f, source(url, "main"), id)
	s.large.asked(t, 0, 0)
	if got := readFile(t, c.Files, "web/values.yaml"); got != largeText {
		t.Errorf("web/values.yaml is %q", got)
	}
	opened, err := c.Files.Open("web/values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for what, stat := range map[string]func() (fs.FileInfo, error){
		"Stat": func() (fs.FileInfo, error) { return fs.Stat(c.Files, "web/values.yaml") }, "an open file": opened.Stat,
	} {
		if info, err := stat(); err != nil || info.Size() != int64(len(largeText)) {
			t.Errorf("%s: size %d (%v), want %d", what, info.Size(), err, len(largeText))
		}
	}
	if got := readFile(t, c.Files, "plain.yaml"); got != "a: 1\n" {
		t.Errorf("plain.yaml is %q", got)
	}
	s.large.asked(t, 1, 1)
	for _, r := range append(s.large.requests("batch"), s.large.requests("download")...) {
		if r.authorization != basic(canary) || !strings.HasPrefix(r.path, "/shop.git/info/lfs/objects/") {
			t.Errorf("the server got %+v, want mira's password below /shop.git/info/lfs", r)
		}
	}
	if b, err := os.ReadFile(stored(t, cache, oid)); err != nil || string(b) != largeText {
		t.Errorf("the store has %q (%v)", b, err)
	}
	t.Run("another process reads them from the store", func(t *testing.T) {
		f := gitsrc.New(gitsrc.Options{CacheDir: cache, Registry: login(t, l)})
		if got := readFile(t, fetch(t, f, source(url, "main"), id).Files, "web/values.yaml"); got != largeText {
			t.Errorf("web/values.yaml is %q", got)
		}
		s.large.asked(t, 1, 1)
	})
}

// TestADamagedObjectOfLFSIsFetchedAgain when it is read.
func TestADamagedObjectOfLFSIsFetchedAgain(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]string{"another content": strings.ToUpper(largeText), "cut off": largeText[:5], "empty": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, nil)
			r, url, _ := s.shop(t)
			pointer, oid := s.large.put(largeText)
			id := r.commit(t, "main", "move to LFS", map[string]string{"values.yaml": pointer})
			cache := t.TempDir()
			c := fetch(t, gitsrc.New(gitsrc.Options{CacheDir: cache, Registry: login(t, withLFS(url, ""))}), source(url, "main"), id)
			if got := readFile(t, c.Files, "values.yaml"); got != largeText {
				t.Fatalf("values.yaml is %q", got)
			}
			write(t, stored(t, cache, oid), damage)
			if got := readFile(t, c.Files, "values.yaml"); got != largeText {
				t.Errorf("values.yaml is %q", got)
			}
			s.large.asked(t, 2, 2)
			if b, err := os.ReadFile(stored(t, cache, oid)); err != nil || string(b) != largeText {
				t.Errorf("the store has %q (%v)", b, err)
			}
		})
	}
}

// TestReadersOfOneObjectShareItsDownload and what they get is each one's own.
func TestReadersOfOneObjectShareItsDownload(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	r, url, _ := s.shop(t)
	pointer, _ := s.large.put(largeText)
	id := r.commit(t, "main", "move to LFS", map[string]string{"values.yaml": pointer, "copy.yaml": pointer})
	f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: login(t, withLFS(url, ""))})
	c := fetch(t, f, source(url, "main"), id)
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			data, err := fs.ReadFile(c.Files, []string{"values.yaml", "copy.yaml"}[i%2])
			if err != nil || string(data) != largeText {
				t.Errorf("read %q (%v)", data, err)
				return
			}
			clear(data)
		})
	}
	all.Wait()
	s.large.asked(t, 1, 1)
}

// TestLFSIsAskedForPerRepository and a change of that serves at once, with another hash.
func TestLFSIsAskedForPerRepository(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	r, url, _ := s.shop(t)
	pointer, _ := s.large.put(largeText)
	id := r.commit(t, "main", "move to LFS", map[string]string{"values.yaml": pointer})
	registry := login(t, app.RepositoryLogin{Repository: app.Repository{URL: url}})
	f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: registry})
	var hashes []string
	for _, step := range []struct {
		enabled bool
		want    string
	}{{false, pointer}, {true, largeText}, {false, pointer}} {
		if err := registry.Add(t.Context(), app.RepositoryLogin{Repository: app.Repository{URL: url, EnableLFS: step.enabled}}); err != nil {
			t.Fatal(err)
		}
		c := fetch(t, f, source(url, "main"), id)
		if got := readFile(t, c.Files, "values.yaml"); got != step.want {
			t.Errorf("with LFS %t values.yaml is %q, want %q", step.enabled, got, step.want)
		}
		if info, err := fs.Stat(c.Files, "values.yaml"); err != nil || info.Size() != int64(len(step.want)) {
			t.Errorf("with LFS %t its size is %d (%v)", step.enabled, info.Size(), err)
		}
		hash, ok := c.Files.(interface{ Hash(string) (string, bool) }).Hash(".")
		if !ok {
			t.Fatal("the root has no hash")
		}
		hashes = append(hashes, hash)
	}
	s.large.asked(t, 1, 1)
	if hashes[0] == hashes[1] || hashes[0] != hashes[2] {
		t.Errorf("hashes of the root without, with and without LFS: %v", hashes)
	}
}

// TestWhatLFSRefuses is told with the file, the reason and a remedy, and without a secret.
func TestWhatLFSRefuses(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	denied := func(code int, message string) func(*http.Request, string) (int, any) {
		return func(_ *http.Request, oid string) (int, any) {
			return 200, objects(map[string]any{"oid": oid, "error": map[string]any{"code": code, "message": message}})
		}
	}
	status := func(code int) func(*http.Request, string) (int, any) {
		return func(*http.Request, string) (int, any) { return code, map[string]any{"message": "so\nsays the server"} }
	}
	pointer, oid := pointerTo(largeText)
	sized := func(size string) string { return pointer[:strings.Index(pointer, "size ")] + "size " + size + "\n" }
	for name, tt := range map[string]struct {
		pointer string
		setUp   func(*largeFiles)
		want    string
		remedy  string
	}{
		"an object that the server lacks": {pointer, func(*largeFiles) {}, "the server has no object " + oid, "git lfs push --object-id REMOTE " + oid},
		"an object that was removed": {
			pointer, func(l *largeFiles) { l.answer = denied(410, "gone") }, "was removed from the server: gone", "git lfs push",
		},
		"an object that is refused": {pointer, func(l *largeFiles) { l.answer = denied(422, "odd") }, "422 odd", "operator"},
		"a server that asks for another login": {
			pointer, func(l *largeFiles) { l.answer = status(401) }, "authentication is required", "--upsert --username NAME --password - --enable-lfs",
		},
		"a login that may not": {pointer, func(l *largeFiles) { l.answer = status(403) }, "the credentials were refused", "--enable-lfs"},
		"a server without LFS": {
			pointer, func(l *largeFiles) { l.answer = status(404) }, "has no Git LFS for the repository (404 Not Found): so says the server", "git config --file .lfsconfig lfs.url URL",
		},
		"a server that is out of order": {pointer, func(l *largeFiles) { l.answer = status(507) }, "507", "try again later"},
		"an answer that is none":        {pointer, func(l *largeFiles) { l.answer = func(*http.Request, string) (int, any) { return 200, "hello" } }, "none of Git LFS", "lfs.url"},
		"a transfer that was not offered": {pointer, func(l *largeFiles) {
			l.answer = func(*http.Request, string) (int, any) { return 200, map[string]any{"transfer": "tus"} }
		}, `"tus"`, "operator"},
		"a download that expired": {
			pointer, func(l *largeFiles) {
				l.put(largeText)
				l.download = func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(http.StatusForbidden); return true }
			}, "the download is answered with 403 Forbidden", "may have expired",
		},
		"another content": {
			pointer, func(l *largeFiles) {
				l.put(largeText)
				l.objects[oid] = []byte(strings.ToUpper(largeText))
			}, "it is another content than its pointer names", "git lfs push --object-id REMOTE " + oid,
		},
		"more than the pointer says": {
			pointer, func(l *largeFiles) {
				l.put(largeText)
				l.download = func(w http.ResponseWriter, _ *http.Request) bool {
					_, _ = w.Write([]byte(largeText + "more"))
					return true
				}
			}, "its pointer says", "git lfs push",
		},
		"a download without protection": {
			pointer, func(l *largeFiles) {
				l.put(largeText)
				l.href = "http://files.example.test/objects"
			}, "is asked by https, and names http://files.example.test/objects/", "https URL",
		},
		"a download from a file": {
			pointer, func(l *largeFiles) {
				l.put(largeText)
				l.href = "file:///etc"
			}, "names no https URL to download from", "operator",
		},
		"more than one file may have": {sized("67108865"), func(*largeFiles) {}, "the file is larger than 64 MiB", "smaller"},
		"a file with extensions": {
			strings.Replace(pointer, "oid ", "ext-0-case sha256:"+oid+"\noid ", 1), func(*largeFiles) {}, "extensions of Git LFS (case)", "without extensions",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServerWith(t, withPassword(canary), ca.serves(t, "git.example.test"))
			r, url, _ := s.shop(t)
			tt.setUp(s.large)
			id := r.commit(t, "main", "move to LFS", map[string]string{"web/values.yaml": tt.pointer})
			l := withLFS(url, canary)
			l.CA = ca.pem
			c := fetch(t, gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: login(t, l)}), source(url, "main"), id)
			_, err := fs.ReadFile(c.Files, "web/values.yaml")
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "web/values.yaml") || !strings.Contains(hint.Of(err), tt.remedy) {
				t.Fatalf("got %v (%s), want %s (%s)", err, hint.Of(err), tt.want, tt.remedy)
			}
			if text := err.Error() + hint.Of(err); strings.Contains(text, canary) || strings.Contains(text, "\n") {
				t.Errorf("the error holds a secret, or several lines: %s", text)
			}
			batches := len(s.large.requests("batch"))
			if _, again := fs.ReadFile(c.Files, "web/values.yaml"); again == nil || again.Error() != err.Error() {
				t.Errorf("read again at once: %v", again)
			}
			if now := len(s.large.requests("batch")); now != batches {
				t.Errorf("a failure was followed by %d more requests at once", now-batches)
			}
		})
	}
}

// TestCredentialsStayWithTheirHost on the way to an object that is elsewhere.
func TestCredentialsStayWithTheirHost(t *testing.T) {
	t.Parallel()
	s, storage, last := newServer(t, withPassword(canary)), newServer(t, nil), newServer(t, nil)
	r, url, _ := s.shop(t)
	pointer, oid := s.large.put(largeText)
	last.large.put(largeText)
	s.large.href, s.large.header = storage.url+"/info/lfs/objects", map[string]string{"X-Token": "for the storage"}
	storage.large.download = func(w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, last.url+r.URL.Path, http.StatusTemporaryRedirect)
		return true
	}
	id := r.commit(t, "main", "move to LFS", map[string]string{"values.yaml": pointer})
	f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: login(t, withLFS(url, canary))})
	if got := readFile(t, fetch(t, f, source(url, "main"), id).Files, "values.yaml"); got != largeText {
		t.Errorf("values.yaml is %q", got)
	}
	for what, tt := range map[string]struct {
		got  []largeRequest
		want largeRequest
	}{
		"the repository's server": {s.large.requests("batch"), largeRequest{"batch", "/shop.git/info/lfs/objects/batch", basic(canary), "", "application/vnd.git-lfs+json"}},
		"the storage":             {storage.large.requests("download"), largeRequest{"download", "/info/lfs/objects/" + oid, "", "for the storage", ""}},
		"where that redirects to": {last.large.requests("download"), largeRequest{"download", "/info/lfs/objects/" + oid, "", "", ""}},
	} {
		if len(tt.got) != 1 || tt.got[0] != tt.want {
			t.Errorf("%s got %+v, want %+v", what, tt.got, tt.want)
		}
	}
}

// TestTheCommitNamesAnLFSServer in its .lfsconfig, which gets the login that is registered for it and no other.
func TestTheCommitNamesAnLFSServer(t *testing.T) {
	t.Parallel()
	const other = "password-of-the-other"
	s := newServer(t, withPassword(canary))
	large := newServer(t, nil)
	pointer, _ := large.large.put(largeText)
	r, url, _ := s.shop(t)
	read := func(t *testing.T, config string, more ...app.RepositoryLogin) (string, error) {
		t.Helper()
		id := r.commit(t, "main", "name the server", map[string]string{"values.yaml": pointer, ".lfsconfig": config})
		registry := login(t, withLFS(url, canary))
		for _, l := range more {
			if err := registry.Add(t.Context(), l); err != nil {
				t.Fatal(err)
			}
		}
		f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: registry})
		data, err := fs.ReadFile(fetch(t, f, source(url, "main"), id).Files, "values.yaml")
		return string(data), err
	}
	for name, tt := range map[string]struct {
		more []app.RepositoryLogin
		want string
	}{
		"without a login":              {nil, ""},
		"with one that is registered":  {[]app.RepositoryLogin{password(large.url+"/files", other)}, basic(other)},
		"with one of another's prefix": {[]app.RepositoryLogin{password(large.url+"/others", other)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(large.large.requests("batch"))
			got, err := read(t, "[lfs]\n\turl = "+large.url+"/files/info/lfs\n", tt.more...)
			if err != nil || got != largeText {
				t.Fatalf("values.yaml is %q (%v)", got, err)
			}
			seen := append(large.large.requests("batch")[before:], large.large.requests("download")[before:]...)
			if len(seen) != 2 || seen[0].path != "/files/info/lfs/objects/batch" {
				t.Fatalf("the named server got %+v", seen)
			}
			for _, r := range seen {
				if r.authorization != tt.want {
					t.Errorf("%s %s came with %q, want %q", r.act, r.path, r.authorization, tt.want)
				}
			}
		})
	}
	for name, tt := range map[string]struct{ config, want string }{
		"a server in files":            {"[lfs]\n\turl = file:///srv/lfs\n", "neither https nor ssh"},
		"a configuration that is none": {"[lfs\n", ".lfsconfig cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := read(t, tt.config); err == nil || !strings.Contains(err.Error(), tt.want) || hint.Of(err) == "" {
				t.Errorf("got %v (%s), want %s", err, hint.Of(err), tt.want)
			}
		})
	}
	s.large.asked(t, 0, 0)
}

// TestARepositoryWithoutAServerHasNoLFS unless it names one.
func TestARepositoryWithoutAServerHasNoLFS(t *testing.T) {
	t.Parallel()
	r, _ := newShop(t)
	pointer, _ := pointerTo(largeText)
	id := r.commit(t, "main", "move to LFS", map[string]string{"values.yaml": pointer})
	f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: login(t, withLFS(r.url(), ""))})
	_, err := fs.ReadFile(fetch(t, f, source(r.url(), "main"), id).Files, "values.yaml")
	if err == nil || !strings.Contains(err.Error(), "neither over https nor over ssh") || !strings.Contains(hint.Of(err), ".lfsconfig") {
		t.Errorf("got %v (%s)", err, hint.Of(err))
	}
}

// TestASubmoduleHasItsOwnLFS with the login and the setting of its own URL.
func TestASubmoduleHasItsOwnLFS(t *testing.T) {
	t.Parallel()
	s, private := newServer(t, nil), newServer(t, withPassword(canary))
	lib := newRepository(t, private.root, "lib")
	pointer, _ := private.large.put(largeText)
	libID := lib.commit(t, "main", "begin", map[string]string{"large.yaml": pointer})
	r, url, _ := s.shop(t)
	ownPointer, _ := s.large.put("own: true\n")
	r.commit(t, "main", "move to LFS", map[string]string{"own.yaml": ownPointer})
	id := r.submodule(t, "lib", private.url+"/lib.git", libID)
	registry := login(t, withLFS(url, ""))
	set := func(l app.RepositoryLogin) {
		t.Helper()
		if err := registry.Add(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	set(password(private.url, canary))
	c := fetch(t, gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: registry}), source(url, "main"), id)
	if got := readFile(t, c.Files, "lib/large.yaml"); got != pointer {
		t.Errorf("without its own setting lib/large.yaml is %q", got)
	}
	set(withLFS(private.url, canary))
	if got := readFile(t, c.Files, "lib/large.yaml"); got != largeText {
		t.Errorf("lib/large.yaml is %q", got)
	}
	if got := readFile(t, c.Files, "own.yaml"); got != "own: true\n" {
		t.Errorf("own.yaml is %q", got)
	}
	s.large.asked(t, 1, 1)
	private.large.asked(t, 1, 1)
	origin := c.Files.(interface{ Origin(string) string })
	if own, sub := origin.Origin("own.yaml"), origin.Origin("lib/large.yaml"); own != url || sub != private.url+"/lib.git" {
		t.Errorf("the files are of %s and %s", own, sub)
	}
}

// TestLFSOverSSH asks the server's git-lfs-authenticate where objects are and what is to be shown there.
func TestLFSOverSSH(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	key := sshtest.NewKey(t)
	web := newServerWith(t, nil, ca.serves(t, "git.example.test"))
	pointer, _ := web.large.put(largeText)
	r, _ := newShop(t)
	id := r.commit(t, "main", "move to LFS", map[string]string{"values.yaml": pointer, "again.yaml": strings.Replace(pointer, "size ", "size 1", 1)})
	for name, tt := range map[string]struct {
		command sshtest.Command
		want    string
		batches int
	}{
		"it grants": {func(string) (string, string, byte) {
			return `{"href":"` + web.url + `/there/info/lfs","header":{"Authorization":"RemoteAuth ` + canary + `"},"expires_in":3600}`, "", 0
		}, "", 2},
		"it refuses":               {func(string) (string, string, byte) { return "", "you may not\nsee it", 2 }, "ended with 2: you may not see it", 0},
		"it prints something else": {func(string) (string, string, byte) { return "welcome " + canary, "", 0 }, "gave no answer of Git LFS", 0},
		"it names a file":          {func(string) (string, string, byte) { return `{"href":"file:///etc"}`, "", 0 }, "names no https URL", 0},
	} {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			var asked []string
			s := sshtest.ServeWith(t, key, map[string]sshtest.Command{"git-lfs-authenticate": func(args string) (string, string, byte) {
				mu.Lock()
				defer mu.Unlock()
				asked = append(asked, args)
				return tt.command(args)
			}})
			l := withLFS(s.URL+r.bare, "")
			l.SSHPrivateKey, l.CA = app.NewSecret(key.Text), ca.pem
			f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: login(t, l), KnownHosts: []string{s.Known}})
			files := fetch(t, f, source(s.URL+r.bare, "main"), id).Files
			data, err := fs.ReadFile(files, "values.yaml")
			if _, other := fs.ReadFile(files, "again.yaml"); other == nil {
				t.Error("an object of another size was served")
			}
			if len(asked) == 0 || asked[0] != "'"+r.bare+"' download" {
				t.Errorf("git-lfs-authenticate was asked %q", asked)
			}
			if tt.want != "" {
				if err == nil || !strings.Contains(err.Error(), tt.want) || hint.Of(err) == "" || strings.Contains(err.Error()+hint.Of(err), canary) {
					t.Errorf("got %v (%s), want %s", err, hint.Of(err), tt.want)
				}
				return
			}
			if err != nil || string(data) != largeText {
				t.Fatalf("values.yaml is %q (%v)", data, err)
			}
			if len(asked) != 1 {
				t.Errorf("what was granted for an hour was asked for %d times", len(asked))
			}
			batches := web.large.requests("batch")
			if len(batches) != tt.batches || batches[0].authorization != "RemoteAuth "+canary || batches[0].path != "/there/info/lfs/objects/batch" {
				t.Errorf("the LFS server got %+v", batches)
			}
			if got := web.large.requests("download"); len(got) != 1 || got[0].authorization != "" {
				t.Errorf("the grant went on to %+v", got)
			}
		})
	}
	for name, without := range map[string]sshtest.Command{
		"a shell without it is asked by https":  func(string) (string, string, byte) { return "", "sh: 1: nothing of that name", 127 },
		"a server without it is asked by https": func(string) (string, string, byte) { return "", "Gerrit: git-lfs-authenticate: not found", 1 },
	} {
		t.Run(name, func(t *testing.T) {
			s := sshtest.ServeWith(t, key, map[string]sshtest.Command{"git-lfs-authenticate": without})
			l := withLFS(s.URL+r.bare, "")
			l.SSHPrivateKey = app.NewSecret(key.Text)
			f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: login(t, l), KnownHosts: []string{s.Known}})
			_, err := fs.ReadFile(fetch(t, f, source(s.URL+r.bare, "main"), id).Files, "values.yaml")
			// Nothing of a test's listens on that port.
			if err == nil || !strings.Contains(err.Error(), "from Git LFS of https://127.0.0.1"+r.bare+"/info/lfs: ") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestObjectsOfLFSCountForTheCache which a store leaves together with them.
func TestObjectsOfLFSCountForTheCache(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	r, url, _ := s.shop(t)
	pointer, _ := s.large.put(strings.Repeat("large: true\n", 1<<18))
	id := r.commit(t, "main", "move to LFS", map[string]string{"values.yaml": pointer})
	other := newRepository(t, s.root, "other")
	otherID := other.commit(t, "main", "begin", map[string]string{"a.yaml": "a: 1\n"})
	cache := t.TempDir()
	open := func() *gitsrc.Fetcher {
		return gitsrc.New(gitsrc.Options{CacheDir: cache, CacheLimit: 2 << 20, Registry: login(t, withLFS(url, ""))})
	}
	readFile(t, fetch(t, open(), source(url, "main"), id).Files, "values.yaml")
	fetch(t, open(), source(s.url+"/other.git", "main"), otherID)
	left, err := filepath.Glob(filepath.Join(cache, "*.git"))
	if err != nil || len(left) != 1 || !strings.HasPrefix(filepath.Base(left[0]), "other-") {
		t.Errorf("in the cache are %v (%v), want the other store alone", left, err)
	}
}

// TestAnEditOfAFileInLFSIsRefused whether its content was served or not; one that is restored stays a pointer.
func TestAnEditOfAFileInLFSIsRefused(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	r, url, old := s.shop(t)
	pointer, _ := s.large.put(largeText)
	first := r.commit(t, "main", "move to LFS", map[string]string{"web/values.yaml": pointer})
	next, _ := s.large.put("replicas: 4\n")
	base := r.commit(t, "main", "change it", map[string]string{"web/values.yaml": next})
	r.filters(t)
	for name, kind := range map[string]app.Repository{
		"without LFS": {}, "with LFS": {EnableLFS: true}, "cloned in part": {EnableLFS: true, Partial: true},
	} {
		kind.URL = url
		f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: login(t, app.RepositoryLogin{Repository: kind})})
		_, err := f.Commit(t.Context(), source(url, "main"), change(base, "main", map[string]string{"web/values.yaml": "replicas: 5\n", "values.yaml": "replicas: 5\n"}))
		if err == nil || !strings.Contains(err.Error(), "web/values.yaml: it is kept in Git LFS") || !strings.Contains(hint.Of(err), "in a clone with git-lfs") {
			t.Errorf("%s: got %v (%s)", name, err, hint.Of(err))
		}
		if tip := r.remote(t, "rev-parse", "main"); tip != base {
			t.Fatalf("%s: %s was pushed", name, tip)
		}
		want := next
		if kind.EnableLFS {
			want = "replicas: 4\n"
		}
		if got := readFile(t, fetch(t, f, source(url, "main"), base).Files, "web/values.yaml"); got != want {
			t.Errorf("%s: web/values.yaml is %q", name, got)
		}
	}
	f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: login(t, withLFS(url, ""))})
	src := source(url, "main")
	fetch(t, f, src, old)
	got, err := f.Commit(t.Context(), src, app.NewCommit{
		Base: base, Branch: "main", Message: "go back", Author: "Ada Byron <ada@example.com>", Restore: map[string]string{"web": first},
	})
	if err != nil {
		t.Fatal(err)
	}
	if text := r.remote(t, "show", "main:web/values.yaml") + "\n"; text != pointer {
		t.Errorf("git has %q, want the pointer", text)
	}
	if text := readFile(t, fetch(t, f, src, got.ID).Files, "web/values.yaml"); text != largeText {
		t.Errorf("web/values.yaml is %q", text)
	}
}

// TestABaseHasItsOwnLFS with the setting of the repository that it is in.
func TestABaseHasItsOwnLFS(t *testing.T) {
	t.Parallel()
	s, other := newServer(t, nil), newServer(t, nil)
	pointer, _ := other.large.put(largeText)
	newRepository(t, other.root, "shared").commit(t, "main", "begin", map[string]string{"lower/kustomization.yaml": "resources: []\n", "lower/a.yaml": pointer})
	reference := other.url + "/shared.git//lower"
	r, url, _ := s.shop(t)
	id := r.commit(t, "main", "use the base", map[string]string{"kustomization.yaml": "resources: [" + reference + "]\n", "own.yaml": pointer})
	for _, enabled := range []bool{false, true} {
		l := withLFS(other.url, "")
		l.EnableLFS = enabled
		f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: login(t, l)})
		files := fetch(t, f, source(url, "main"), id).Files
		want := pointer
		if enabled {
			want = largeText
		}
		lower := text(t, files, app.Base(".", reference))
		if got := text(t, files, lower+"/a.yaml"); got != want {
			t.Errorf("with LFS %t the base has %q", enabled, got)
		}
		if got := text(t, files, "own.yaml"); got != pointer {
			t.Errorf("the repository itself has %q", got)
		}
		origin := files.(interface{ Origin(string) string })
		if base, own := origin.Origin(lower+"/a.yaml"), origin.Origin("own.yaml"); base != other.url+"/shared.git" || own != url {
			t.Errorf("the files are of %s and %s", base, own)
		}
	}
}
