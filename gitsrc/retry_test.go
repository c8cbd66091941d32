package gitsrc_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

func TestAHostThatAsksToBeLeftAloneIsLeftAlone(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	t.Cleanup(web.Close)
	f := newFetcher(t)
	for _, url := range []string{web.URL + "/shop.git", web.URL + "/shop.git", web.URL + "/other.git"} {
		for _, err := range []error{
			func() error { _, err := f.Resolve(t.Context(), source(url, "main"), 0); return err }(),
			gitsrc.NewRepositories(gitsrc.NewRegistry(""), f).Test(t.Context(), url),
		} {
			if err == nil || !strings.Contains(err.Error(), "answered 429 Too Many Requests and asks to be left alone until ") ||
				!strings.HasPrefix(hint.Of(err), "wait until then") {
				t.Errorf("got %v (%s)", err, hint.Of(err))
			}
		}
	}
	if got := asked.Load(); got != 1 {
		t.Errorf("the host was asked %d times, want once", got)
	}
}

func TestARepositoryThatIsDownIsAskedMoreAndMoreRarely(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	f := newFetcher(t)
	src := source("file://"+filepath.Join(root, "shop.git"), "main")
	synctest.Test(t, func(t *testing.T) {
		fails := func(maxAge time.Duration) {
			t.Helper()
			if _, err := f.Resolve(t.Context(), src, maxAge); err == nil {
				t.Error("a missing repository was listed")
			}
		}
		fails(time.Minute)
		time.Sleep(3 * time.Second)
		fails(time.Minute)
		id := newRepository(t, root, "shop").commit(t, "main", "begin", nil)
		time.Sleep(3 * time.Second)
		fails(time.Minute)
		if got := resolve(t, f, src, 0); got.ID != id {
			t.Errorf("who accepts no old answer got %s, want %s", got.ID, id)
		}
	})
}
