package charts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

func isNotFound(err error) bool { return errors.Is(err, app.ErrNotFound) }

func TestAChartOfARepositoryIsBrought(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.publish(t, "web", "1.0.0", "1.1.0")
	s := storeWith(t, Login{})
	got, err := bring(t, s, r.source("web", "1.x"))
	if err != nil {
		t.Fatal(err)
	}
	if v := versionIn(t, got.Files); v != "1.1.0" {
		t.Errorf("the files are those of %s", v)
	}
	want := app.Commit{Revision: "1.x", ID: "1.1.0", Message: "web 1.1.0 (app 9): What is deployed"}
	if diff := cmp.Diff(want, got.Commit); diff != "" {
		t.Errorf("commit (-want +got):\n%s", diff)
	}
	r.publish(t, "web", "1.2.0")
	if got, err = bring(t, s, r.source("web", "1.x")); err != nil || versionIn(t, got.Files) != "1.2.0" {
		t.Errorf("after 1.2.0 was published: %s, %v", got.Commit.ID, err)
	}
}

func TestAnIndexIsReadAsItIsWritten(t *testing.T) {
	t.Parallel()
	for name, index := range map[string]string{
		"YAML": "apiVersion: v1\ngenerated: 2026-01-02T03:04:05Z\nentries:\n  web:\n  - {version: 1.0.0, appVersion: 1.0, created: 2026-01-02T03:04:05.678901234+01:00, urls: [web.tgz]}\n" +
			"  broken:\n  - {version: [1], urls: {a: b}}\n",
		"JSON": `{"apiVersion":"v1","entries":{"web":[{"version":"1.0.0","appVersion":1.0,"created":"2026-01-02T03:04:05.678901234+01:00","urls":["web.tgz"]}],"broken":[{}]}}`,
	} {
		i, err := openIndex(strings.NewReader(index), int64(len(index)), "")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		r, err := i.find(artifact{chart: "web"}, "*")
		if c := r.commit("web", "*"); err != nil || c.Message != "web 1.0.0 (app 1.0)" || c.Date.UnixNano() != 1767319445678901234 {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
		if _, err := i.find(artifact{chart: "broken"}, "*"); !isNotFound(err) {
			t.Errorf("%s: a broken entry is %v", name, err)
		}
	}
}

func TestAnIndexIsTransferredOnlyWhenItChanged(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.publish(t, "web", "1.0.0")
	dir := t.TempDir()
	first, second := New(Options{CacheDir: dir}), New(Options{CacheDir: dir})
	resolve := func(s *Store, maxAge time.Duration, want string) {
		t.Helper()
		c, err := s.Resolve(t.Context(), r.source("web", "*"), maxAge)
		if err != nil || c.ID != want {
			t.Fatalf("resolved %s, %v; want %s", c.ID, err, want)
		}
	}
	resolve(first, 0, "1.0.0")
	resolve(first, 0, "1.0.0")
	resolve(first, time.Hour, "1.0.0")
	resolve(second, 0, "1.0.0")
	r.publish(t, "web", "1.1.0")
	resolve(second, 0, "1.1.0")
	want := []string{"/charts/index.yaml 200", "/charts/index.yaml 304", "/charts/index.yaml 304", "/charts/index.yaml 200"}
	if diff := cmp.Diff(want, r.requests()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestAServerWithoutETags(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.publish(t, "web", "1.0.0")
	var changed time.Time
	r.before = func(w http.ResponseWriter, req *http.Request) bool {
		http.ServeContent(w, req, "index.yaml", changed, bytes.NewReader(r.index()))
		r.asked = append(r.asked, "since "+req.Header.Get("If-Modified-Since"))
		return true
	}
	s := storeWith(t, Login{})
	resolve := func(want string) {
		t.Helper()
		if c, err := s.Resolve(t.Context(), r.source("web", "*"), 0); err != nil || c.ID != want {
			t.Errorf("resolved %s, %v; want %s", c.ID, err, want)
		}
	}
	// Two changes within a second have one time.
	at := func(t time.Time) {
		r.mu.Lock()
		defer r.mu.Unlock()
		changed = t
	}
	at(time.Now())
	resolve("1.0.0")
	r.publish(t, "web", "1.1.0")
	resolve("1.1.0")
	at(time.Now().Add(-time.Hour))
	resolve("1.1.0")
	resolve("1.1.0")
	want := []string{"since ", "since ", "since ", "since " + changed.UTC().Format(http.TimeFormat)}
	if diff := cmp.Diff(want, r.requests()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestManyApplicationsAskARepositoryOnce(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.publish(t, "web", "1.0.0")
	r.publish(t, "db", "2.0.0")
	s := storeWith(t, Login{})
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			if _, err := s.Resolve(t.Context(), r.source([]string{"web", "db"}[i%2], "*"), time.Minute); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := r.requests(); len(got) != 1 {
		t.Errorf("the repository was asked %d times: %v", len(got), got)
	}
}

func TestAnArchiveIsTransferredOnceForAllWhoWantIt(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.publish(t, "web", "1.0.0")
	s := storeWith(t, Login{})
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if c, err := s.Fetch(t.Context(), r.source("web", "*"), "1.0.0"); err != nil || versionIn(t, c.Files) != "1.0.0" {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if diff := cmp.Diff([]string{"/charts/index.yaml 200", "/charts/web-1.0.0.tgz 200"}, r.requests()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestWhoGivesUpDoesNotFailTheOthers(t *testing.T) {
	t.Parallel()
	var kept trees
	begun, gone := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() {
		_, err := kept.get(ctx, "web", func() (*tree, error) {
			close(begun)
			<-gone
			return nil, context.Canceled
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("who gave up got %v", err)
		}
	})
	<-begun
	all.Go(func() {
		got, err := kept.get(t.Context(), "web", func() (*tree, error) { return unpack(chartArchive(t, "web", "1.0.0"), standard) })
		if err != nil || versionIn(t, got.sub("web")) != "1.0.0" {
			t.Errorf("who waited got %v", err)
		}
	})
	cancel()
	close(gone)
	all.Wait()
}

func TestTheOldestArchivesLeaveTheMemory(t *testing.T) {
	t.Parallel()
	var kept trees
	opened := 0
	open := func() (*tree, error) {
		opened++
		return &tree{bytes: treesLimit / 2}, nil
	}
	for _, key := range []string{"a", "b", "a", "c", "a", "b"} {
		if _, err := kept.get(t.Context(), key, open); err != nil {
			t.Fatal(err)
		}
	}
	if opened != 4 || kept.bytes > treesLimit {
		t.Errorf("%d archives were opened, want a, b, c and b again; %d bytes are kept", opened, kept.bytes)
	}
}

func TestAVersionInTheCacheNeedsNoNetwork(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.publish(t, "web", "1.0.0")
	r.put("/charts/plain.tgz", chartArchive(t, "plain", "3.0.0"))
	r.enter("plain", release{Version: "3.0.0", URLs: []string{"plain.tgz"}})
	dir := t.TempDir()
	for _, chart := range []string{"web", "plain"} {
		if _, err := bring(t, New(Options{CacheDir: dir}), r.source(chart, "*")); err != nil {
			t.Fatal(err)
		}
	}
	r.Close()
	for chart, version := range map[string]string{"web": "1.0.0", "plain": "3.0.0"} {
		got, err := New(Options{CacheDir: dir}).Fetch(t.Context(), r.source(chart, "*"), version)
		if err != nil || versionIn(t, got.Files) != version {
			t.Errorf("fetch %s without its server: %v", chart, err)
		}
	}
	if _, err := New(Options{CacheDir: dir}).Resolve(t.Context(), r.source("web", "*"), time.Hour); err == nil {
		t.Error("a repository that cannot be reached was resolved")
	}
}

func TestAnArchiveThatIsNotWhatTheIndexNamesIsRefused(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.publish(t, "web", "1.0.0")
	r.put("/charts/web-1.0.0.tgz", chartArchive(t, "web", "6.6.6"))
	s := storeWith(t, Login{})
	_, err := bring(t, s, r.source("web", "*"))
	if err == nil || !strings.Contains(said(err), "its digest is not the one that the index names") {
		t.Fatalf("bring: %v", said(err))
	}
	r.put("/charts/web-1.0.0.tgz", chartArchive(t, "web", "1.0.0"))
	if got, err := bring(t, s, r.source("web", "*")); err != nil || versionIn(t, got.Files) != "1.0.0" {
		t.Errorf("after it was mended: %v", err)
	}
}

func TestArchivesAreFoundWhereTheIndexSays(t *testing.T) {
	t.Parallel()
	r, other := newRepository(t), newRepository(t)
	b := chartArchive(t, "web", "1.0.0")
	for path := range map[string]bool{"/charts/files/web.tgz": true, "/elsewhere/web.tgz": true} {
		r.put(path, b)
	}
	other.put("/web.tgz", b)
	s := storeWith(t, Login{})
	for name, link := range map[string]string{
		"relative": "files/web.tgz", "from the root": "/elsewhere/web.tgz", "up": "../elsewhere/web.tgz", "absolute": other.URL + "/web.tgz",
	} {
		r.enter(strings.ReplaceAll(name, " ", "-"), release{Version: "1.0.0", Digest: "sha256:" + sumOf(b), URLs: []string{link}})
	}
	for _, chart := range []string{"relative", "from-the-root", "up", "absolute"} {
		if got, err := bring(t, New(Options{CacheDir: t.TempDir()}), r.source(chart, "*")); err != nil || versionIn(t, got.Files) != "1.0.0" {
			t.Errorf("%s: %v", chart, err)
		}
	}
	for chart, link := range map[string]string{"file": "file:///etc/passwd", "ftp": "ftp://example.com/web.tgz"} {
		r.enter(chart, release{Version: "1.0.0", URLs: []string{link}})
		if _, err := bring(t, s, r.source(chart, "*")); err == nil || !strings.Contains(err.Error(), "neither http nor https") {
			t.Errorf("%s: %v", chart, err)
		}
	}
}

func TestCredentialsGoToTheRepositorysHostAlone(t *testing.T) {
	t.Parallel()
	b := chartArchive(t, "web", "1.0.0")
	for _, passed := range []bool{false, true} {
		for _, way := range []string{"named", "redirected"} {
			t.Run(fmt.Sprintf("%s with passCredentials %t", way, passed), func(t *testing.T) {
				t.Parallel()
				r, other := newRepository(t), newRepository(t)
				r.password = canary
				other.put("/web.tgz", b)
				link := other.URL + "/web.tgz"
				if way == "redirected" {
					link = "web.tgz"
					r.before = func(w http.ResponseWriter, req *http.Request) bool {
						if req.URL.Path != "/charts/web.tgz" {
							return false
						}
						http.Redirect(w, req, other.URL+"/web.tgz", http.StatusFound)
						return true
					}
				}
				r.enter("web", release{Version: "1.0.0", Digest: sumOf(b), URLs: []string{link}})
				s := New(Options{CacheDir: t.TempDir(), Logins: func(_ context.Context, url string) (Login, error) {
					if !strings.HasPrefix(url, r.URL) {
						return Login{}, nil
					}
					return Login{Username: "ada", Password: app.NewSecret(canary), PassCredentials: passed}, nil
				}})
				if _, err := bring(t, s, r.source("web", "*")); err != nil {
					t.Fatal(err)
				}
				if !r.authorised("/charts/index.yaml") {
					t.Error("the repository saw no credentials")
				}
				if got := other.authorised("/web.tgz"); got != passed {
					t.Errorf("the other host saw credentials: %t, want %t", got, passed)
				}
			})
		}
	}
}

func TestAnotherHostHasItsOwnLogin(t *testing.T) {
	t.Parallel()
	r, other := newRepository(t), newRepository(t)
	other.password = canary
	b := chartArchive(t, "web", "1.0.0")
	other.put("/web.tgz", b)
	r.enter("web", release{Version: "1.0.0", Digest: sumOf(b), URLs: []string{other.URL + "/web.tgz"}})
	s := New(Options{CacheDir: t.TempDir(), Logins: func(_ context.Context, url string) (Login, error) {
		if strings.HasPrefix(url, other.URL) {
			return Login{Username: "ada", Password: app.NewSecret(canary)}, nil
		}
		return Login{}, nil
	}})
	if _, err := bring(t, s, r.source("web", "*")); err != nil {
		t.Fatal(err)
	}
	if r.authorised("/charts/index.yaml") {
		t.Error("the repository saw the credentials of another host")
	}
}
