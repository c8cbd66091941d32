package kube

import (
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
