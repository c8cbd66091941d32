package kube

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// forbidden is the server's refusal.
var forbidden = apierrors.NewForbidden(schema.GroupResource{Resource: "configmaps"}, "", nil)

// narrowly watches ConfigMaps in a namespace, which may not be watched everywhere.
func narrowly(c *cache, namespace string) *watched {
	p := object.Place{Kind: schema.GroupKind{Kind: "ConfigMap"}, Namespace: namespace}
	one := newWatched(p, func() {})
	c.watches[p], c.skip[p.Wide()], c.places[p] = one, forbidden, struct{}{}
	return one
}

func TestANamespacesWatchSpeaksForItsNamespace(t *testing.T) {
	t.Parallel()
	c := newCache()
	narrowly(c, "web").done()
	there, elsewhere := ref("ConfigMap", "a"), object.Ref{Kind: "ConfigMap", Namespace: "other", Name: "a"}
	c.watcher = &watcher{}
	holds(t, c, object.LiveQuery{Refs: []object.Ref{there, elsewhere, ref("Secret", "a")}}, nil, elsewhere, ref("Secret", "a"))
	for r, want := range map[object.Ref]bool{there: true, elsewhere: false} {
		if _, told := c.await(t.Context(), []object.Ref{r}); told != want {
			t.Errorf("of %s it is told: %t", r, told)
		}
	}
	stray := sent("ConfigMap", "a", "2")
	stray.SetNamespace("other")
	c.learn(stray)
	c.learn(sent("ConfigMap", "a", "1"))
	if n := len(c.objects); n != 1 {
		t.Errorf("%d objects are learned, of two of which only one is heard of", n)
	}
}

func TestTheEndOfANamespacesWatchTakesItsObjectsAlone(t *testing.T) {
	t.Parallel()
	s := storeOf(t, newCache(), "Secret")
	c := s.watcher.cluster.cache
	c.watches = map[object.Place]*watched{}
	web, other := narrowly(c, "web"), narrowly(c, "other")
	far := sent("ConfigMap", "b", "2")
	far.SetNamespace("other")
	c.upserted(sent("ConfigMap", "a", "1"))
	c.upserted(far)
	s.watcher.giveUp(web, forbidden)
	if _, ok := c.objects[object.Of(far)]; !ok || len(c.objects) != 1 {
		t.Errorf("left are %d objects", len(c.objects))
	}
	if d := cmp.Diff(map[object.Place]string{web.place: forbidden.Error()}, c.skipped()); d != "" {
		t.Errorf("what is skipped (-want +got):\n%s", d)
	}
	if c.watches[other.place] != other {
		t.Error("the other namespace is not watched any more")
	}
}

func TestAWatchOfAllTakesOver(t *testing.T) {
	t.Parallel()
	c := newCache()
	narrow := narrowly(c, "web")
	narrow.done()
	stopped := false
	narrow.stop = func() { stopped = true }
	c.upserted(of("shop", sent("ConfigMap", "a", "1")))
	delete(c.skip, narrow.place.Wide())
	c.skip[object.Place{Kind: narrow.place.Kind, Namespace: "other"}] = forbidden
	s := storeOf(t, c, "ConfigMap")
	if got := c.watchOf(ref("ConfigMap", "a")); got != narrow {
		t.Error("before its first list the watch of all is asked")
	}
	if err := s.Replace([]any{of("shop", sent("ConfigMap", "a", "1"))}, "5"); err != nil {
		t.Fatal(err)
	}
	if got := c.watchOf(ref("ConfigMap", "a")); got != s.one || !stopped || len(c.skip) != 0 {
		t.Errorf("the namespace's watch is stopped: %t; skipped are %v", stopped, c.skip)
	}
	holds(t, c, object.LiveQuery{App: "shop"}, map[object.Ref]string{ref("ConfigMap", "a"): "1"})
	late := &store{watcher: s.watcher, one: narrow}
	if err := late.Replace(nil, "9"); err != nil {
		t.Fatal(err)
	}
	holds(t, c, object.LiveQuery{App: "shop"}, map[object.Ref]string{ref("ConfigMap", "a"): "1"})
}

func TestAListLeavesWhatIsNewer(t *testing.T) {
	t.Parallel()
	s := storeOf(t, cacheOf(t, of("shop", sent("ConfigMap", "answered", "12")), of("shop", sent("ConfigMap", "gone", "9"))), "ConfigMap")
	if err := s.Replace(nil, "10"); err != nil {
		t.Fatal(err)
	}
	holds(t, s.watcher.cluster.cache, object.LiveQuery{App: "shop"}, map[object.Ref]string{ref("ConfigMap", "answered"): "12"})
}

func TestWatchesOfNamespacesAreBounded(t *testing.T) {
	t.Parallel()
	s := storeOf(t, newCache(), "Secret")
	c := s.watcher.cluster.cache
	for i := range mostNarrow {
		narrowly(c, fmt.Sprint("web-", i))
	}
	c.turn(s.watcher)
	one := ref("ConfigMap", "one-more")
	c.need([]object.Ref{one, ref("Secret", "watched-everywhere"), {Kind: "Namespace", Name: "web"}})
	if d := cmp.Diff(map[object.Place]string{one.Place(): errManyWatches.Error()}, c.skipped()); d != "" {
		t.Errorf("what is skipped (-want +got):\n%s", d)
	}
	holds(t, c, object.LiveQuery{Refs: []object.Ref{one}}, nil, one)
}
