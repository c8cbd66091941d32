package kube

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

var errMissing = apierrors.NewNotFound(schema.GroupResource{Resource: "widgets"}, "")

// TestAKindThatIsNotFound has a kind answered with 404 that was known: it may be gone, or be back in a moment.
func TestAKindThatIsNotFound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := storeOf(t, cacheOf(t), "Widget")
		c := s.watcher.cluster.cache
		if err := s.Replace([]any{of("shop", sent("Widget", "w", "1"))}, "1"); err != nil {
			t.Fatal(err)
		}
		q := object.LiveQuery{App: "shop", Refs: []object.Ref{ref("Widget", "w")}}
		s.watcher.watchFailed(t.Context(), s.one, metav1.ListOptions{}, errMissing)
		if c.watches[s.one.place] != s.one || len(c.skip) != 0 {
			t.Fatal("it is not watched any more")
		}
		if len(s.watcher.missing) != 1 {
			t.Error("no look is taken at what is served")
		}
		holds(t, c, q, map[object.Ref]string{ref("Widget", "w"): "1"})
		heard(s)
		time.Sleep(patience)
		s.watcher.listFailed(t.Context(), s.one, errMissing)
		set, read := c.live(q)
		if set.Unreadable[ref("Widget", "w").Place()] == nil || len(set.Objects)+len(read) != 0 {
			t.Errorf("known are %v, unreadable %v, to be read %v", set.Objects, set.Unreadable, read)
		}

		t.Log("it is served again")
		if err := s.Replace([]any{of("shop", sent("Widget", "w", "2"))}, "2"); err != nil {
			t.Fatal(err)
		}
		holds(t, c, q, map[object.Ref]string{ref("Widget", "w"): "2"})
		if !slices.Contains(heard(s), object.Event{Ref: object.Ref{Kind: "Widget"}}) {
			t.Error("that it is known again is not told")
		}
	})
}

func TestAKindThatIsGoneSaysNothing(t *testing.T) {
	t.Parallel()
	s := storeOf(t, cacheOf(t, of("shop", sent("ConfigMap", "a", "1"))), "Widget")
	k := s.watcher.cluster
	k.kinds, k.kindsAt = &kinds{}, time.Now()
	s.watcher.listFailed(t.Context(), s.one, errMissing)
	if err := s.watcher.start(true); err != nil {
		t.Fatal(err)
	}
	n := k.Knowledge()
	if d := cmp.Diff([]int{0, 0, 0}, []int{len(n.Failing), len(n.Skipped), len(k.cache.watches)}); d != "" {
		t.Errorf("failing, skipped and watched (-want +got):\n%s", d)
	}
}

func TestAKindThatAQuestionFinds(t *testing.T) {
	t.Parallel()
	s := storeOf(t, newCache(), "Widget")
	c := s.watcher.cluster.cache
	c.discovered(servedKinds())
	if len(s.watcher.definitions) != 0 {
		t.Error("a look is asked of a watcher that does not run")
	}
	c.turn(s.watcher)
	for _, want := range []int{1, 0} {
		found := servedKinds()
		c.discovered(found)
		if n := len(s.watcher.definitions); n != want {
			t.Errorf("%d looks are asked for, want %d", n, want)
		}
		if want == 1 {
			<-s.watcher.definitions
		}
		s.watcher.served = found
	}
}
