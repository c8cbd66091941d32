package kube

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// storeOf returns the store of the watch of one kind, on a cluster that was never connected.
func storeOf(t *testing.T, c *cache, kind string) *store {
	t.Helper()
	k := lab(false)
	k.cache = c
	one := newWatched(object.Place{Kind: schema.GroupKind{Kind: kind}}, func() {})
	c.watches[one.place] = one
	w := &watcher{cluster: k, ctx: t.Context(), events: make(chan object.Event, 16), definitions: make(chan struct{}, 1), missing: make(chan struct{}, 1), served: &kinds{}}
	return &store{watcher: w, one: one}
}

// heard empties the queue of events.
func heard(s *store) []object.Event {
	var out []object.Event
	for {
		select {
		case ev := <-s.watcher.events:
			out = append(out, ev)
		default:
			slices.SortFunc(out, func(a, b object.Event) int { return a.Ref.Compare(b.Ref) })
			return out
		}
	}
}

func TestAListReplacesWhatIsKnown(t *testing.T) {
	t.Parallel()
	s := storeOf(t, cacheOf(t,
		of("shop", sent("ConfigMap", "gone", "1")), of("shop", sent("ConfigMap", "changed", "2")), of("shop", sent("ConfigMap", "same", "3")),
		of("shop", sent("Secret", "other-kind", "4"))), "ConfigMap")
	err := s.Replace([]any{
		of("shop", sent("ConfigMap", "changed", "8")), of("shop", sent("ConfigMap", "same", "3")), of("shop", sent("ConfigMap", "new", "9")), "no object",
	}, "9")
	if err != nil {
		t.Fatal(err)
	}
	if !s.one.isListed() {
		t.Error("the kind does not count as listed")
	}
	want := []object.Event{
		{Ref: ref("ConfigMap", "changed"), App: "shop"},
		{Ref: ref("ConfigMap", "gone"), App: "shop", Deleted: true},
		{Ref: ref("ConfigMap", "new"), App: "shop"},
	}
	if d := cmp.Diff(want, heard(s)); d != "" {
		t.Errorf("the events (-want +got):\n%s", d)
	}
	holds(t, s.watcher.cluster.cache, object.LiveQuery{App: "shop"}, map[object.Ref]string{
		ref("ConfigMap", "changed"): "8", ref("ConfigMap", "same"): "3", ref("ConfigMap", "new"): "9", ref("Secret", "other-kind"): "4",
	})
	if err := s.Replace(nil, "10"); err != nil {
		t.Fatal(err)
	}
	holds(t, s.watcher.cluster.cache, object.LiveQuery{App: "shop"}, map[object.Ref]string{ref("Secret", "other-kind"): "4"})
}

func TestSingleNews(t *testing.T) {
	t.Parallel()
	s := storeOf(t, newCache(), "ConfigMap")
	steps := []struct {
		name string
		act  func(any) error
		obj  any
		want []object.Event
	}{
		{"a new object is told", s.Add, of("shop", sent("ConfigMap", "settings", "1")), []object.Event{{Ref: ref("ConfigMap", "settings"), App: "shop"}}},
		{"what is known is not told again", s.Update, of("shop", sent("ConfigMap", "settings", "1")), nil},
		{"a change is told", s.Update, of("shop", sent("ConfigMap", "settings", "2")), []object.Event{{Ref: ref("ConfigMap", "settings"), App: "shop"}}},
		{"an end is told", s.Delete, of("shop", sent("ConfigMap", "settings", "3")), []object.Event{{Ref: ref("ConfigMap", "settings"), App: "shop", Deleted: true}}},
		{"an end is told once", s.Delete, of("shop", sent("ConfigMap", "settings", "3")), nil},
		{"what is no object is passed by", s.Update, "text", nil},
		{"so is its end", s.Delete, "text", nil},
	}
	for _, c := range steps {
		if err := c.act(c.obj); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if d := cmp.Diff(c.want, heard(s), cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
	if s.one.isListed() {
		t.Error("single news count as a list")
	}
}

func TestOrdinaryNewsAskForNoNewLook(t *testing.T) {
	t.Parallel()
	s := storeOf(t, newCache(), "ConfigMap")
	if err := s.Update(sent("ConfigMap", "settings", "1")); err != nil {
		t.Fatal(err)
	}
	if n := len(s.watcher.definitions); n != 0 {
		t.Errorf("%d looks at what is served are asked for by a ConfigMap", n)
	}
}

func TestAKindThatMayNotBeWatched(t *testing.T) {
	t.Parallel()
	s := storeOf(t, newCache(), "Secret")
	stopped := 0
	s.one.stop = func() { stopped++ }
	cache := s.watcher.cluster.cache
	s.watcher.giveUp(s.one, errors.New("secrets are forbidden"))
	if !s.one.isListed() || stopped != 1 {
		t.Errorf("listed %v, stopped %d times", s.one.isListed(), stopped)
	}
	if d := cmp.Diff(map[object.Place]string{{Kind: schema.GroupKind{Kind: "Secret"}}: "secrets are forbidden"}, s.watcher.cluster.Knowledge().Skipped); d != "" {
		t.Errorf("the kinds that are skipped (-want +got):\n%s", d)
	}
	holds(t, cache, object.LiveQuery{Refs: []object.Ref{ref("Secret", "password")}}, nil, ref("Secret", "password"))
}

func TestWaitingForTheFirstLists(t *testing.T) {
	t.Parallel()
	t.Run("nothing to wait for", func(t *testing.T) {
		t.Parallel()
		if err := newCache().wait(t.Context()); err != nil {
			t.Error(err)
		}
	})
	t.Run("every kind has to be listed", func(t *testing.T) {
		t.Parallel()
		c := newCache()
		one, two := storeOf(t, c, "ConfigMap"), storeOf(t, c, "Secret")
		one.one.done()
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if err := c.wait(ended); !errors.Is(err, context.Canceled) {
			t.Errorf("it waits for one of two: %v", err)
		}
		waited := make(chan error, 1)
		go func() { waited <- c.wait(t.Context()) }()
		two.one.done()
		two.one.done()
		if err := <-waited; err != nil {
			t.Error(err)
		}
	})
}

func TestWhatWasAskedForBeforeTheWatchIsKept(t *testing.T) {
	t.Parallel()
	c := newCache()
	c.want([]object.Ref{ref("Namespace", "web")})
	listing(t, c, sent("Namespace", "web", "3"), sent("Namespace", "other", "4"))
	holds(t, c, object.LiveQuery{Refs: []object.Ref{ref("Namespace", "web"), ref("Namespace", "other")}},
		map[object.Ref]string{ref("Namespace", "web"): "3"}, ref("Namespace", "other"))
}
