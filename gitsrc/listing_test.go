package gitsrc_test

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
)

// gate is a guard that holds one kind of request until it is opened.
type gate struct {
	act     string
	arrived chan struct{}
	opened  chan struct{}
	once    sync.Once
}

func newGate(t *testing.T, act string) *gate {
	t.Helper()
	g := &gate{act: act, arrived: make(chan struct{}, 100), opened: make(chan struct{})}
	t.Cleanup(g.open)
	return g
}

func (g *gate) open() { g.once.Do(func() { close(g.opened) }) }

func (g *gate) guard(r *http.Request) int {
	if actOf(r) == g.act {
		g.arrived <- struct{}{}
		<-g.opened
	}
	return 0
}

// waiting is a context that tells when somebody begins to wait on it.
type waiting struct {
	context.Context
	begun chan<- struct{}
}

func (w waiting) Done() <-chan struct{} {
	w.begun <- struct{}{}
	return w.Context.Done()
}

func TestConcurrentResolvesShareARequest(t *testing.T) {
	t.Parallel()
	g := newGate(t, listForFetch)
	s := newServer(t, g.guard)
	_, url, id := s.shop(t)
	f := newFetcher(t)
	revisions := []string{"main", "", "HEAD", "refs/heads/main", "main", "main", "HEAD", "main"}
	begun := make(chan struct{}, len(revisions))
	var group errgroup.Group
	for _, revision := range revisions {
		group.Go(func() error {
			got, err := f.Resolve(waiting{t.Context(), begun}, source(url, revision), 0)
			if err == nil && got.ID != id {
				err = errors.New("resolved " + revision + " as " + got.ID)
			}
			return err
		})
	}
	for range revisions {
		<-begun
	}
	g.open()
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
	if got := s.count(listForFetch); got != 1 {
		t.Errorf("the server was asked %d times, want once", got)
	}
}

func TestACallerThatGivesUpDoesNotFailTheOthers(t *testing.T) {
	t.Parallel()
	g := newGate(t, listForFetch)
	s := newServer(t, g.guard)
	_, url, id := s.shop(t)
	f := newFetcher(t)
	hasty, giveUp := context.WithCancel(t.Context())
	defer giveUp()
	begun := make(chan struct{}, 1)
	var patient errgroup.Group
	gaveUp := make(chan error, 1)
	go func() {
		_, err := f.Resolve(hasty, source(url, "main"), 0)
		gaveUp <- err
	}()
	<-g.arrived
	patient.Go(func() error {
		got, err := f.Resolve(waiting{t.Context(), begun}, source(url, "main"), 0)
		if err == nil && got.ID != id {
			err = errors.New("resolved main as " + got.ID)
		}
		return err
	})
	<-begun
	giveUp()
	if err := <-gaveUp; !errors.Is(err, context.Canceled) {
		t.Errorf("the hasty caller got %v", err)
	}
	g.open()
	if err := patient.Wait(); err != nil {
		t.Errorf("the patient caller got %v", err)
	}
	if got := s.count(listForFetch); got != 1 {
		t.Errorf("the server was asked %d times, want once", got)
	}
}

func TestAYoungAnswerServesAgain(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	r, url, old := s.shop(t)
	f := newFetcher(t)
	src := source(url, "main")
	resolve(t, f, src, time.Hour)
	tip := r.commit(t, "main", "go on", nil)
	for _, tt := range []struct {
		name   string
		maxAge time.Duration
		want   string
		asked  int
	}{
		{"within the age the old answer serves", time.Hour, old, 1},
		{"no age asks the repository", 0, tip, 2},
		{"what was learned serves all ages", time.Hour, tip, 2},
	} {
		if got := resolve(t, f, src, tt.maxAge); got.ID != tt.want || s.count(listForFetch) != tt.asked {
			t.Errorf("%s: got %s after %d requests, want %s after %d", tt.name, got.ID, s.count(listForFetch), tt.want, tt.asked)
		}
	}
}

func TestAnOldAnswerIsRefreshed(t *testing.T) {
	t.Parallel()
	r, old := newShop(t)
	f := newFetcher(t)
	src := source(r.url(), "main")
	synctest.Test(t, func(t *testing.T) {
		resolve(t, f, src, time.Minute)
		tip := r.commit(t, "main", "go on", nil)
		time.Sleep(59 * time.Second)
		if got := resolve(t, f, src, time.Minute); got.ID != old {
			t.Errorf("after 59 s: got %s, want the old answer %s", got.ID, old)
		}
		time.Sleep(2 * time.Second)
		if got := resolve(t, f, src, time.Minute); got.ID != tip {
			t.Errorf("after 61 s: got %s, want the new tip %s", got.ID, tip)
		}
	})
}

func TestAFailureIsRememberedForAMoment(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	f := newFetcher(t)
	src := source("file://"+filepath.Join(root, "shop.git"), "main")
	synctest.Test(t, func(t *testing.T) {
		_, first := f.Resolve(t.Context(), src, time.Hour)
		if first == nil {
			t.Fatal("a missing repository was listed")
		}
		id := newRepository(t, root, "shop").commit(t, "main", "begin", nil)
		if _, err := f.Resolve(t.Context(), src, time.Hour); err == nil || err.Error() != first.Error() {
			t.Errorf("at once: got %v, want %v again", err, first)
		}
		time.Sleep(3 * time.Second)
		if got := resolve(t, f, src, time.Hour); got.ID != id {
			t.Errorf("later: got %s, want %s", got.ID, id)
		}
	})
}

func TestRepositoriesAreAskedSeparately(t *testing.T) {
	t.Parallel()
	one, first := newShop(t)
	other := newRepository(t, t.TempDir(), "shop")
	second := other.commit(t, "main", "another shop", nil)
	f := newFetcher(t)
	if got := resolve(t, f, source(one.url(), "main"), time.Hour); got.ID != first {
		t.Errorf("the first is at %s, want %s", got.ID, first)
	}
	if got := resolve(t, f, source(other.url(), "main"), time.Hour); got.ID != second {
		t.Errorf("the second is at %s, want %s", got.ID, second)
	}
}

func TestTestAsksTheRepositoryEachTime(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	_, url, _ := s.shop(t)
	registry := gitsrc.NewRegistry("")
	all := gitsrc.NewRepositories(registry, gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: registry}))
	for range 2 {
		if err := all.Test(t.Context(), url); err != nil {
			t.Error(err)
		}
	}
	if got := s.count(listForFetch); got != 2 {
		t.Errorf("the server was asked %d times, want twice", got)
	}
	if err := all.Test(t.Context(), s.url+"/nothing.git"); err == nil {
		t.Error("a repository that is not there passed")
	}
}
