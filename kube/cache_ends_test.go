package kube

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

func (c *cache) count(t *testing.T) int {
	t.Helper()
	set, _ := c.live(object.LiveQuery{App: "shop"})
	return len(set.Objects)
}

func TestALateAnswerBringsNothingBack(t *testing.T) {
	t.Parallel()
	for name, gone := range map[string]func(c *cache, u *unstructured.Unstructured) (object.Event, bool){
		"that a watch told": func(c *cache, u *unstructured.Unstructured) (object.Event, bool) {
			return c.ended(object.Of(u), u.GetUID())
		},
		"that a list showed": func(c *cache, u *unstructured.Unstructured) (object.Event, bool) { return c.remove(object.Of(u)) },
	} {
		settings := of("shop", sent("ConfigMap", "settings", "10"))
		c := cacheOf(t, settings)
		if _, told := gone(c, settings); !told {
			t.Fatalf("an end %s is not told", name)
		}
		c.upserted(of("shop", sent("ConfigMap", "settings", "10")))
		if n := c.count(t); n != 0 {
			t.Errorf("%d objects after an end %s", n, name)
		}
	}
}

func TestALateAnswerIsNotTheNewObjects(t *testing.T) {
	t.Parallel()
	again := of("shop", sent("ConfigMap", "settings", "11"))
	again.SetUID("another")
	c := cacheOf(t, again)
	c.learn(of("shop", sent("ConfigMap", "settings", "10")))
	holds(t, c, object.LiveQuery{App: "shop"}, map[object.Ref]string{object.Of(again): "11"})
}

func TestALateEndIsTheOldObjects(t *testing.T) {
	t.Parallel()
	old := of("shop", sent("ConfigMap", "settings", "10"))
	c := cacheOf(t, old)
	again := of("shop", sent("ConfigMap", "settings", "11"))
	again.SetUID("another")
	c.upserted(again)
	if _, told := c.ended(object.Of(old), old.GetUID()); told || c.count(t) != 1 {
		t.Errorf("the end of the old object is told of the new one (%t), which leaves %d", told, c.count(t))
	}
}

func TestAKindThatIsNotWatchedIsNotLearned(t *testing.T) {
	t.Parallel()
	c := newCache()
	c.learn(of("shop", sent("ConfigMap", "settings", "10")))
	if n := c.count(t); n != 0 {
		t.Errorf("%d objects of a kind of whose changes nobody tells", n)
	}
}

func TestAKindThatIsGivenUp(t *testing.T) {
	t.Parallel()
	place := ref("ConfigMap", "settings").Place().Wide()
	cache := cacheOf(t, of("shop", sent("ConfigMap", "settings", "10")))
	s := storeOf(t, cache, "ConfigMap")
	s.watcher.giveUp(s.one, errors.New("forbidden"))
	if cache.skip[place] == nil {
		t.Error("it is not left out for good")
	}
	if n := cache.count(t); n != 0 {
		t.Errorf("%d objects are left of it", n)
	}
}

func TestEndsAreForgottenInTheirOrder(t *testing.T) {
	t.Parallel()
	var e ends
	for i := range endsKept + 1 {
		e.add(types.UID(fmt.Sprint(i)))
		e.add(types.UID(fmt.Sprint(i)))
	}
	if e.has("0") || !e.has("1") || !e.has(types.UID(fmt.Sprint(endsKept))) || len(e.set) != endsKept {
		t.Errorf("kept are %d, the first %t, the second %t", len(e.set), e.has("0"), e.has("1"))
	}
}

// TestAnEndAndANewObjectAtOnce has the watch tell the end of an object while an answer brings another one of its name.
func TestAnEndAndANewObjectAtOnce(t *testing.T) {
	t.Parallel()
	c := cacheOf(t, sent("ConfigMap", "first", "1"))
	for i := range 20000 {
		old, again := sent("ConfigMap", fmt.Sprint("settings-", i), "10"), sent("ConfigMap", fmt.Sprint("settings-", i), "11")
		again.SetUID(types.UID(fmt.Sprint("another-", i)))
		c.upserted(old)
		var wg sync.WaitGroup
		wg.Go(func() { c.learn(again) })
		c.ended(object.Of(old), old.GetUID())
		wg.Wait()
		if r := c.objects[object.Of(again)]; r == nil || r.uid != again.GetUID() {
			t.Fatalf("the end of the old object takes the new one away, the first time after %d", i)
		}
	}
}
