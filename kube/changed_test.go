package kube

import (
	"context"
	"errors"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// listening returns a cache with two objects of kinds whose first lists have come.
func listening(t *testing.T) *cache {
	t.Helper()
	c := cacheOf(t, of("shop", sent("ConfigMap", "a", "1")), of("shop", sent("Secret", "b", "1")))
	for _, w := range c.watches {
		w.done()
	}
	c.watcher = &watcher{}
	return c
}

func TestWhoWaitsIsToldOfTheNextChange(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		happens func(*cache)
		told    bool
	}{
		"a change":              {func(c *cache) { c.upserted(sent("ConfigMap", "a", "2")) }, true},
		"the end":               {func(c *cache) { c.ended(ref("ConfigMap", "a"), "a") }, true},
		"one that comes":        {func(c *cache) { c.upserted(sent("ConfigMap", "new", "2")) }, true},
		"what is known already": {func(c *cache) { c.upserted(of("shop", sent("ConfigMap", "a", "1"))) }, false},
		"another object":        {func(c *cache) { c.upserted(sent("Secret", "b", "2")) }, false},
		"an object of the name elsewhere": {func(c *cache) {
			u := sent("ConfigMap", "a", "2")
			u.SetNamespace("other")
			c.upserted(u)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cache := listening(t)
			changed, told := cache.await(t.Context(), []object.Ref{ref("ConfigMap", "a"), ref("ConfigMap", "new")})
			if !told || isClosed(changed) {
				t.Fatalf("told is %v, closed %v before anything happened", told, isClosed(changed))
			}
			c.happens(cache)
			if isClosed(changed) != c.told {
				t.Errorf("told is %v", !c.told)
			}
		})
	}
}

func TestWhoWaitsIsToldWhenNobodyWouldTell(t *testing.T) {
	t.Parallel()
	all := []object.Ref{ref("ConfigMap", "a"), ref("Secret", "b")}
	for name, edit := range map[string]func(*cache){
		"without a watch":               func(c *cache) { c.watcher = nil },
		"of a kind that is not watched": func(c *cache) { c.unwatch(ref("Secret", "b").Place().Wide()) },
		"before the first list": func(c *cache) {
			c.watches[ref("Secret", "b").Place().Wide()] = newWatched(ref("Secret", "b").Place().Wide(), func() {})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := listening(t)
			edit(c)
			if _, told := c.await(t.Context(), all); told {
				t.Error("a change would be told")
			}
		})
	}
	k := lab(false)
	k.cache = listening(t)
	if _, told := k.Changed(t.Context(), nil); told {
		t.Error("a change of nothing would be told")
	}
	if _, told := k.Changed(t.Context(), all); !told {
		t.Error("a change would not be told")
	}
	k.contact.note(errors.New("connection refused"))
	if _, told := k.Changed(t.Context(), all); told {
		t.Error("a change would be told by a server that does not answer")
	}
}

func TestTheEndOfAWatchIsTold(t *testing.T) {
	t.Parallel()
	c := listening(t)
	changed, _ := c.await(t.Context(), []object.Ref{ref("ConfigMap", "a"), ref("ConfigMap", "not-there")})
	c.turn(nil)
	if !isClosed(changed) {
		t.Error("who waits for an event waits for ever")
	}
}

func TestNobodyIsKeptWaiting(t *testing.T) {
	t.Parallel()
	c := listening(t)
	ctx, cancel := context.WithCancel(t.Context())
	first, _ := c.await(ctx, []object.Ref{ref("ConfigMap", "a"), ref("Secret", "b")})
	c.upserted(sent("ConfigMap", "a", "2"))
	c.upserted(sent("Secret", "b", "2"))
	second, _ := c.await(t.Context(), []object.Ref{ref("Secret", "b")})
	cancel()
	if !isClosed(first) || isClosed(second) {
		t.Errorf("closed are %v and %v", isClosed(first), isClosed(second))
	}
	c.upserted(sent("Secret", "b", "3"))
	if !isClosed(second) {
		t.Error("the second was forgotten with the first")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waiting) != 0 {
		t.Errorf("%d objects are waited for by nobody", len(c.waiting))
	}
}
