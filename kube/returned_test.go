package kube

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// absent is a cluster of which ConfigMaps are watched and not heard of any more, and Secrets are watched and heard of.
type absent struct {
	*store
	cache *cache
	asked object.LiveQuery
	heard time.Time
	// end ends the watches that begin anew before their turn has come.
	end context.CancelFunc
}

// away makes one, from within a bubble of synctest; the watches that begin anew end before their turn has come.
func away(t *testing.T) *absent {
	t.Helper()
	c := cacheOf(t)
	s, open := storeOf(t, c, "ConfigMap"), storeOf(t, c, "Secret")
	k := s.watcher.cluster
	k.contact = &contact{regained: c.returned}
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(func() {
		cancel()
		s.watcher.wg.Wait()
	})
	s.watcher.ctx, s.watcher.wg = ctx, &sync.WaitGroup{}
	c.turn(s.watcher)
	k.contact.note(nil)
	a := &absent{store: s, cache: c, asked: object.LiveQuery{App: "shop", Refs: []object.Ref{ref("ConfigMap", "a")}}, heard: time.Now(), end: cancel}
	for _, each := range []*store{s, open} {
		if err := each.Replace([]any{of("shop", sent(each.one.place.Kind.Kind, "a", "1"))}, "1"); err != nil {
			t.Fatal(err)
		}
	}
	open.one.open.Store(true)
	a.holds(t, map[object.Ref]string{ref("ConfigMap", "a"): "1", ref("Secret", "a"): "1"})
	time.Sleep(time.Second)
	k.contact.note(errors.New("connection refused"))
	time.Sleep(time.Second)
	return a
}

func (a *absent) holds(t *testing.T, want map[object.Ref]string, read ...object.Ref) {
	t.Helper()
	holds(t, a.cache, a.asked, want, read...)
}

// back has the server answer again, and returns the store of the watch that is there then.
func (a *absent) back() *store {
	a.watcher.cluster.contact.note(nil)
	return &store{watcher: a.watcher, one: a.cache.watches[a.one.place]}
}

// again has it go away and come back.
func (a *absent) again() *store {
	a.watcher.cluster.contact.note(errors.New("connection refused"))
	time.Sleep(time.Millisecond)
	return a.back()
}

// waits reports whether a question has to.
func (a *absent) waits(t *testing.T) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	return a.cache.wait(ctx) != nil
}

func TestWhatIsKnownOfBeforeAnAbsenceIsNoAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := away(t)
		if a.waits(t) {
			t.Error("a question waits for a server that is away")
		}
		s := a.back()
		if s.one == a.one {
			t.Fatal("the watch that has ended goes on")
		}
		if !a.waits(t) {
			t.Error("no question waits for the list")
		}
		a.holds(t, map[object.Ref]string{ref("Secret", "a"): "1"}, ref("ConfigMap", "a"))
		if got := a.watcher.cluster.Knowledge().AsOf; !got.Equal(a.heard) {
			t.Errorf("it is known as of %s, want %s", got, a.heard)
		}
		t.Log("it goes away and comes back before the list, and again after the list has failed")
		if on := a.again(); on.one != s.one {
			t.Error("a watch that is about to ask begins anew")
		}
		s.one.resting.Store(true)
		failed := s.one
		s = a.again()
		if s.one == failed {
			t.Error("a watch that rests goes on")
		}
		if got := a.watcher.cluster.Knowledge().AsOf; !got.Equal(a.heard) {
			t.Errorf("it is known as of %s, want %s", got, a.heard)
		}
		heard(s)
		if err := s.Replace([]any{of("shop", sent("ConfigMap", "a", "2"))}, "2"); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]object.Event{{Ref: ref("ConfigMap", "a"), App: "shop"}}, heard(s)); d != "" {
			t.Errorf("the events (-want +got):\n%s", d)
		}
		if a.waits(t) {
			t.Error("a question waits although the list is there")
		}
		a.holds(t, map[object.Ref]string{ref("ConfigMap", "a"): "2", ref("Secret", "a"): "1"})
		if got := a.watcher.cluster.Knowledge().AsOf; !got.Equal(time.Now()) {
			t.Errorf("it is known as of %s", got)
		}
	})
}

func TestAListThatDoesNotComeAfterAnAbsence(t *testing.T) {
	t.Parallel()
	refused := apierrors.NewForbidden(schema.GroupResource{Resource: "configmaps"}, "", errors.New("no"))
	t.Run("is of a kind that fails", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			a := away(t)
			s := a.back()
			s.watcher.listFailed(t.Context(), s.one, errDown)
			if a.waits(t) || s.one.unknown() == nil {
				t.Errorf("it is unknown for the reason %v", s.one.unknown())
			}
			if _, some := a.cache.behind(); some {
				t.Error("what fails makes all else old")
			}
			t.Log("and so it does after the next absence")
			s.one.resting.Store(true)
			if next := a.again(); a.waits(t) || next.one == s.one || next.one.unknown() == nil {
				t.Errorf("it is unknown for the reason %v", s.one.unknown())
			}
		})
	})
	t.Run("says that the server is away again", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			a := away(t)
			s := a.back()
			s.watcher.listFailed(t.Context(), s.one, errors.New("connection refused"))
			if a.waits(t) || s.one.failure != nil {
				t.Errorf("it fails with %v", s.one.failure)
			}
		})
	})
	t.Run("may be refused for a moment only", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			a := away(t)
			a.end()
			s := a.back()
			s.watcher.listFailed(t.Context(), s.one, refused)
			if a.cache.watches[s.one.place] != s.one || s.one.unknown() == nil {
				t.Fatal("it is given up at once")
			}
			time.Sleep(patience)
			s.watcher.listFailed(t.Context(), s.one, refused)
			if a.cache.watches[s.one.place] != nil || a.cache.skip[s.one.place] == nil {
				t.Error("it is not given up in the end")
			}
		})
	})
}

func TestAWatchThatBeginsAnewWaitsForItsTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		one := newWatched(object.Place{}, func() {})
		begun := time.Now()
		if !one.pauses(t.Context()) || time.Since(begun) != 0 {
			t.Errorf("the first one waits for %s", time.Since(begun))
		}
		one.anew = true
		if !one.pauses(t.Context()) || time.Since(begun) < returnPause || time.Since(begun) > 2*returnPause {
			t.Errorf("it waits for %s", time.Since(begun))
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if one.pauses(ended) {
			t.Error("it begins after its end")
		}
	})
}
