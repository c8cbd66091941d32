package kube

import (
	"errors"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// TestAnAnswerThatIsTheSame wants an answer given again while nothing that it depends on has moved, and only then.
func TestAnAnswerThatIsTheSame(t *testing.T) {
	t.Parallel()
	elsewhere := func(u *unstructured.Unstructured) *unstructured.Unstructured {
		u.SetNamespace("elsewhere")
		return u
	}
	for name, c := range map[string]struct {
		change func(t *testing.T, s *store, c *cache)
		same   bool
	}{
		"nothing":                           {func(*testing.T, *store, *cache) {}, true},
		"an object of another kind":         {func(_ *testing.T, _ *store, c *cache) { c.upserted(sent("Pod", "p", "9")) }, true},
		"an object of another namespace":    {func(_ *testing.T, _ *store, c *cache) { c.upserted(elsewhere(sent("ConfigMap", "b", "9"))) }, true},
		"what is known already":             {func(_ *testing.T, _ *store, c *cache) { c.upserted(of("shop", sent("ConfigMap", "a", "1"))) }, true},
		"an asked object changes":           {func(_ *testing.T, _ *store, c *cache) { c.upserted(of("shop", sent("ConfigMap", "a", "9"))) }, false},
		"an asked object comes":             {func(_ *testing.T, _ *store, c *cache) { c.upserted(sent("ConfigMap", "missing", "9")) }, false},
		"an asked object goes":              {func(_ *testing.T, _ *store, c *cache) { c.ended(ref("ConfigMap", "a"), "a") }, false},
		"an object gets the mark":           {func(_ *testing.T, _ *store, c *cache) { c.upserted(of("shop", elsewhere(sent("Pod", "p", "9")))) }, false},
		"a marked object goes":              {func(_ *testing.T, _ *store, c *cache) { c.remove(ref("Secret", "marked")) }, false},
		"a marked object loses the mark":    {func(_ *testing.T, _ *store, c *cache) { c.upserted(sent("Secret", "marked", "9")) }, false},
		"a marked object becomes another's": {func(_ *testing.T, _ *store, c *cache) { c.upserted(of("other", sent("Secret", "marked", "9"))) }, false},
		"another list": {func(t *testing.T, s *store, _ *cache) {
			if err := s.Replace([]any{of("shop", sent("ConfigMap", "a", "1")), sent("ConfigMap", "missing", "9")}, "9"); err != nil {
				t.Error(err)
			}
		}, false},
		"the kind may be watched no longer": {func(_ *testing.T, s *store, _ *cache) {
			s.watcher.giveUp(s.one, apierrors.NewForbidden(schema.GroupResource{Resource: "configmaps"}, "", errors.New("no")))
		}, false},
		"the kind fails": {func(t *testing.T, s *store, _ *cache) {
			s.one.failure = &failure{err: errDown, counts: true}
		}, false},
		"who asked is gone": {func(_ *testing.T, _ *store, c *cache) { c.forget("shop") }, false},
		"somebody else is":  {func(_ *testing.T, _ *store, c *cache) { c.forget("other") }, true},
		"the watch ends":    {func(_ *testing.T, _ *store, c *cache) { c.turn(nil) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c1 := newCache()
			s, secrets := storeOf(t, c1, "ConfigMap"), storeOf(t, c1, "Secret")
			c1.listed(object.Place{Kind: schema.GroupKind{Kind: "Pod"}})
			if err := errors.Join(s.Replace([]any{of("shop", sent("ConfigMap", "a", "1"))}, "1"), secrets.Replace([]any{of("shop", sent("Secret", "marked", "1"))}, "1")); err != nil {
				t.Fatal(err)
			}
			q := object.LiveQuery{App: "shop", Refs: []object.Ref{ref("ConfigMap", "a"), ref("ConfigMap", "missing")}}
			first, _ := c1.live(q)
			if first.Edition == 0 || len(first.Objects) != 2 {
				t.Fatalf("the first answer is number %d, of %d objects", first.Edition, len(first.Objects))
			}
			c.change(t, s, c1)
			again, _ := c1.live(q)
			if (again.Edition == first.Edition) != c.same {
				t.Errorf("the first answer is number %d, the second %d", first.Edition, again.Edition)
			}
		})
	}
	t.Run("another question has another answer", func(t *testing.T) {
		t.Parallel()
		c := cacheOf(t, of("shop", sent("ConfigMap", "a", "1")))
		q := object.LiveQuery{App: "shop", Refs: []object.Ref{ref("ConfigMap", "a")}}
		first, _ := c.live(q)
		q.Refs = []object.Ref{ref("ConfigMap", "a")}
		if again, _ := c.live(q); again.Edition == first.Edition {
			t.Error("another list of objects has the same answer")
		}
		if none, _ := c.live(object.LiveQuery{Refs: q.Refs}); none.Edition != 0 {
			t.Error("a question of no application is numbered")
		}
	})
	t.Run("a kind that fails is unknown, also where nobody asked for an object of it", func(t *testing.T) {
		t.Parallel()
		c := cacheOf(t, of("shop", sent("ConfigMap", "a", "1")), of("shop", sent("Secret", "marked", "1")), sent("Pod", "p", "1"))
		q := object.LiveQuery{App: "shop", Refs: []object.Ref{ref("ConfigMap", "a")}}
		if first, _ := c.live(q); len(first.Objects) != 2 {
			t.Fatalf("found are %v", first.Objects)
		}
		c.upserted(of("shop", sent("Pod", "p", "2")))
		if second, _ := c.live(q); len(second.Objects) != 3 || second.Since == 0 {
			t.Fatalf("brought up to date it is %v", second.Objects)
		}
		for _, kind := range []string{"Pod", "Secret"} {
			c.watches[ref(kind, "").Place().Wide()].failure = &failure{err: errDown, counts: true}
			set, _ := c.live(q)
			if set.Unreadable[ref(kind, "").Place()] == nil {
				t.Errorf("of the %s is said that it is live: %v", kind, set.Objects)
			}
			c.watches[ref(kind, "").Place().Wide()].failure = nil
		}
	})
	t.Run("what has to be read is not numbered", func(t *testing.T) {
		t.Parallel()
		c := newCache()
		listing(t, c, sent("ConfigMap", "a", "1"))
		if set, _ := c.live(object.LiveQuery{App: "shop", Refs: []object.Ref{ref("ConfigMap", "a")}}); set.Edition != 0 {
			t.Error("it is")
		}
	})
}
