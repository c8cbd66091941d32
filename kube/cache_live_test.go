package kube

import (
	"encoding/json"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

func TestLiveFromMemory(t *testing.T) {
	t.Parallel()
	settings, stray, other := ref("ConfigMap", "settings"), ref("ConfigMap", "stray"), ref("ConfigMap", "other")
	for name, c := range map[string]struct {
		query object.LiveQuery
		want  map[object.Ref]string
		read  []object.Ref
	}{
		"what carries the mark is found":          {object.LiveQuery{App: "shop"}, map[object.Ref]string{settings: "1"}, nil},
		"what is also named is found once":        {object.LiveQuery{App: "shop", Refs: []object.Ref{settings}}, map[object.Ref]string{settings: "1"}, nil},
		"what is named is found without a mark":   {object.LiveQuery{Refs: []object.Ref{settings}}, map[object.Ref]string{settings: "1"}, nil},
		"another's object is found by its name":   {object.LiveQuery{App: "shop", Refs: []object.Ref{other}}, map[object.Ref]string{settings: "1", other: "3"}, nil},
		"what nobody owns is to be read":          {object.LiveQuery{App: "shop", Refs: []object.Ref{stray}}, map[object.Ref]string{settings: "1"}, []object.Ref{stray}},
		"what is not there is absent":             {object.LiveQuery{Refs: []object.Ref{ref("ConfigMap", "gone")}}, nil, nil},
		"a kind that is not watched is read":      {object.LiveQuery{Refs: []object.Ref{ref("Widget", "gone")}}, nil, []object.Ref{ref("Widget", "gone")}},
		"an application without objects has none": {object.LiveQuery{App: "nobody"}, nil, nil},
		"no application has no objects":           {object.LiveQuery{}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cache := cacheOf(t, of("shop", sent("ConfigMap", "settings", "1")), sent("ConfigMap", "stray", "2"), of("other", sent("ConfigMap", "other", "3")))
			holds(t, cache, c.query, c.want, c.read...)
		})
	}
}

// TestAKindWhoseWatchHasJustBegunIsRead has a watch begin after a question has waited for the others: what its first list will bring is
// not absent.
func TestAKindWhoseWatchHasJustBegunIsRead(t *testing.T) {
	t.Parallel()
	cache := cacheOf(t, of("shop", sent("ConfigMap", "settings", "1")))
	s := storeOf(t, cache, "Widget")
	q := object.LiveQuery{App: "shop", Refs: []object.Ref{ref("Widget", "w"), ref("Widget", "gone")}}
	settings := map[object.Ref]string{ref("ConfigMap", "settings"): "1"}
	holds(t, cache, q, settings, ref("Widget", "gone"), ref("Widget", "w"))
	cache.learn(sent("Widget", "w", "2"))
	holds(t, cache, q, settings, ref("Widget", "gone"), ref("Widget", "w"))
	if err := s.Replace([]any{sent("Widget", "w", "2")}, "2"); err != nil {
		t.Fatal(err)
	}
	settings[ref("Widget", "w")] = "2"
	holds(t, cache, q, settings)
}

func TestWhatIsReadIsNotReadAgain(t *testing.T) {
	t.Parallel()
	cache := newCache()
	cache.listed(ref("ConfigMap", "first").Place().Wide())
	send := func(name, version string) {
		t.Helper()
		u := of("shop", sent("ConfigMap", name, version))
		text, err := json.Marshal(u.Object)
		if err != nil {
			t.Fatal(err)
		}
		if _, changed := cache.upsert(recordOf(u), object.Unread(string(text))); !changed {
			t.Fatalf("%s is no news", name)
		}
	}
	send("first", "1")
	send("second", "2")
	// One is named and marked.
	q := object.LiveQuery{App: "shop", Refs: []object.Ref{ref("ConfigMap", "first")}}
	for _, c := range []struct {
		send, version string
		read          int
		want          map[object.Ref]string
	}{
		{"third", "3", 4, map[object.Ref]string{ref("ConfigMap", "first"): "1", ref("ConfigMap", "second"): "2", ref("ConfigMap", "third"): "3"}},
		{"second", "4", 1, map[object.Ref]string{ref("ConfigMap", "first"): "1", ref("ConfigMap", "second"): "4", ref("ConfigMap", "third"): "3"}},
	} {
		send(c.send, c.version)
		if n := len(cache.bodies(q)); n != c.read {
			t.Errorf("after %s in version %s %d are to be read, want %d", c.send, c.version, n, c.read)
		}
		holds(t, cache, q, c.want)
		if n := len(cache.bodies(q)); n != 0 {
			t.Errorf("%d are to be read again", n)
		}
	}
}

func TestWhatWasAskedForIsKept(t *testing.T) {
	t.Parallel()
	stray := ref("ConfigMap", "stray")
	q := object.LiveQuery{Refs: []object.Ref{stray, ref("ConfigMap", "later")}}
	cache := cacheOf(t, sent("ConfigMap", "stray", "1"))
	holds(t, cache, q, nil, stray)
	if _, changed := cache.upserted(sent("ConfigMap", "stray", "1")); !changed {
		t.Fatal("the body that was asked for is no news")
	}
	holds(t, cache, q, map[object.Ref]string{stray: "1"})
	cache.upserted(sent("ConfigMap", "stray", "2"))
	cache.upserted(sent("ConfigMap", "later", "3"))
	holds(t, cache, q, map[object.Ref]string{stray: "2", ref("ConfigMap", "later"): "3"})
	cache.remove(stray)
	holds(t, cache, q, map[object.Ref]string{ref("ConfigMap", "later"): "3"})
}

func TestTurningOff(t *testing.T) {
	t.Parallel()
	cache := cacheOf(t, of("shop", sent("ConfigMap", "settings", "1")), sent("ConfigMap", "stray", "2"))
	secrets := storeOf(t, cache, "Secret")
	secrets.watcher.giveUp(secrets.one, errSilent)
	cache.live(object.LiveQuery{Refs: []object.Ref{ref("ConfigMap", "stray")}})
	cache.turn(secrets.watcher)
	if !cache.running() {
		t.Error("it does not run")
	}
	holds(t, cache, object.LiveQuery{App: "shop"}, map[object.Ref]string{ref("ConfigMap", "settings"): "1"})
	cache.turn(nil)
	if cache.running() {
		t.Error("it runs")
	}
	if n := len(cache.objects) + len(cache.byUID) + len(cache.byApp) + len(cache.watches) + len(cache.skipped()); n != 0 {
		t.Errorf("%d entries are left", n)
	}
	cache.upserted(sent("ConfigMap", "stray", "3"))
	if cache.objects[ref("ConfigMap", "stray")].body == nil {
		t.Error("what was asked for by name is forgotten with the rest")
	}
}
