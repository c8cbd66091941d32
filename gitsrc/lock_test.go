package gitsrc_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
)

// hold takes a lock as another process does, and returns what gives it back.
func hold(t *testing.T, path string) func() {
	t.Helper()
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	return func() { _ = file.Close() }
}

func TestAHeldLockIsWaitedForAsLongAsTheCallerWants(t *testing.T) {
	t.Parallel()
	r, id := newShop(t)
	cache := t.TempDir()
	src := source(r.url(), "main")
	fetch(t, gitsrc.New(gitsrc.Options{CacheDir: cache}), src, id)
	next := r.commit(t, "main", "go on", map[string]string{"new": "file\n"})
	release := hold(t, storeOf(t, cache)+".lock")
	f := gitsrc.New(gitsrc.Options{CacheDir: cache})
	for act, call := range map[string]func(context.Context) error{
		"fetch":  func(ctx context.Context) error { _, err := f.Fetch(ctx, src, next); return err },
		"commit": func(ctx context.Context) error { _, err := f.Commit(ctx, src, change(id, "main", nil)); return err },
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		if err := call(ctx); !errors.Is(err, context.DeadlineExceeded) && !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			t.Errorf("%s gave %v, want that time is up", act, err)
		}
		cancel()
	}
	release()
	fetch(t, f, src, next)

	registry := filepath.Join(t.TempDir(), "repositories.yaml")
	defer hold(t, registry+".lock")()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := gitsrc.NewRegistry(registry).Add(ctx, password(r.url(), canary)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("adding gave %v, want that time is up", err)
	}
}

func TestAFetchGoesOnWhenACallerGivesUp(t *testing.T) {
	t.Parallel()
	begun, goOn := make(chan struct{}, 8), make(chan struct{})
	s := newServer(t, func(r *http.Request) int {
		if actOf(r) == "POST git-upload-pack" {
			begun <- struct{}{}
			<-goOn
		}
		return 0
	})
	_, url, id := s.shop(t)
	f := newFetcher(t)
	src := source(url, "main")
	first, giveUp := context.WithCancel(t.Context())
	var group errgroup.Group
	group.Go(func() error {
		if _, err := f.Fetch(first, src, id); err == nil {
			return errors.New("the call that was given up passed")
		}
		return nil
	})
	<-begun
	group.Go(func() error {
		_, err := f.Fetch(t.Context(), src, id)
		return err
	})
	giveUp()
	close(goOn)
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
	if got := s.count("POST git-upload-pack"); got != 1 {
		t.Errorf("the server was asked for a pack %d times, want once", got)
	}
}

func TestCallsForOtherCommitsDoNotShareAFetch(t *testing.T) {
	t.Parallel()
	begun, goOn := make(chan struct{}, 8), make(chan struct{})
	s := newServer(t, func(r *http.Request) int {
		if actOf(r) == "POST git-upload-pack" {
			begun <- struct{}{}
			<-goOn
		}
		return 0
	})
	r, url, id := s.shop(t)
	f := newFetcher(t)
	src := source(url, "main")
	var group errgroup.Group
	group.Go(func() error { _, err := f.Fetch(t.Context(), src, id); return err })
	<-begun
	// The fetch that runs has been told what there is: it cannot bring this one.
	next := r.commit(t, "main", "go on", map[string]string{"new": "file\n"})
	group.Go(func() error { _, err := f.Fetch(t.Context(), src, next); return err })
	close(goOn)
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}
