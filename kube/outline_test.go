package kube

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

func TestOnlyTheOutlineOfWhatNobodyNeeds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		object *unstructured.Unstructured
		asked  bool
		whole  bool
	}{
		"an object of nobody":                      {sent("ConfigMap", "settings", "9"), false, false},
		"one that was asked for stays whole":       {sent("ConfigMap", "settings", "9"), true, true},
		"one of an application stays whole":        {of("shop", sent("ConfigMap", "settings", "9")), false, true},
		"one whose owner may be known stays whole": {sent("ConfigMap", "settings", "9", "owner"), false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cache := cacheOf(t, sent("Secret", "other", "1"))
			if c.asked {
				cache.live(object.LiveQuery{Refs: []object.Ref{ref("ConfigMap", "settings")}})
			}
			got, err := cache.transform(c.object)
			if err != nil {
				t.Fatal(err)
			}
			if of, ok := got.(*told); !ok || of.ref != object.Of(c.object) || (of.body != nil) != c.whole {
				t.Errorf("it becomes %+v", got)
			}
		})
	}
}

// listing hands a list to a store as a reflector does.
func listing(t *testing.T, c *cache, objects ...*unstructured.Unstructured) {
	t.Helper()
	p := object.Of(objects[0]).Place().Wide()
	one := newWatched(p, func() {})
	c.watches[p] = one
	s := &store{watcher: &watcher{cluster: &Cluster{cache: c}, ctx: t.Context(), events: make(chan object.Event, 10)}, one: one}
	var list []any
	for _, u := range objects {
		obj, err := s.Transformer()(u)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, obj)
	}
	if err := s.Replace(list, "20"); err != nil {
		t.Fatal(err)
	}
}

func TestAListOfOutlines(t *testing.T) {
	t.Parallel()
	settings, gone := sent("ConfigMap", "settings", "9"), sent("ConfigMap", "gone", "3")
	c := cacheOf(t, gone)
	listing(t, c, settings, of("shop", sent("ConfigMap", "prices", "10")))
	asked := object.LiveQuery{App: "shop", Refs: []object.Ref{ref("ConfigMap", "settings"), ref("ConfigMap", "gone")}}
	t.Run("what it names is there, and read when it is asked for; the rest is gone", func(t *testing.T) {
		holds(t, c, asked, map[object.Ref]string{ref("ConfigMap", "prices"): "10"}, ref("ConfigMap", "settings"))
	})
	t.Run("once it was read it is known", func(t *testing.T) {
		c.learn(settings)
		holds(t, c, asked, map[object.Ref]string{ref("ConfigMap", "prices"): "10", ref("ConfigMap", "settings"): "9"})
	})
	t.Run("the outline in a list takes no body away", func(t *testing.T) {
		if _, changed := c.upsert(recordOf(settings), nil); changed {
			t.Error("an outline of the same version is news")
		}
		holds(t, c, asked, map[object.Ref]string{ref("ConfigMap", "prices"): "10", ref("ConfigMap", "settings"): "9"})
	})
}
