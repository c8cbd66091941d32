package kube

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// family is a Deployment with two steps below it, and what belongs to others.
func family() []*unstructured.Unstructured {
	return []*unstructured.Unstructured{
		of("shop", sent("Deployment", "front", "1")), sent("ReplicaSet", "front-a", "2", "front"),
		sent("Pod", "front-a-1", "3", "front-a"), sent("Pod", "front-a-2", "4", "front-a"),
		sent("Deployment", "back", "5"), sent("Pod", "back-1", "6", "back"), sent("Pod", "alone", "7"),
	}
}

// printed writes nodes as "parent > name", sorted; a node without a body ends in a question mark.
func printed(nodes []object.Node) []string {
	out := make([]string, len(nodes))
	for i, n := range nodes {
		out[i] = fmt.Sprintf("%s > %s", n.Parent, n.Ref.Name)
		if n.Object == nil {
			out[i] += "?"
		}
	}
	slices.Sort(out)
	return out
}

func TestTreeFromMemory(t *testing.T) {
	t.Parallel()
	all := family()
	for name, c := range map[string]struct {
		roots []*unstructured.Unstructured
		want  []string
		read  []object.Ref
	}{
		"owners lead to what they own":             {all[:1], []string{" > front", "front > front-a", "front-a > front-a-1", "front-a > front-a-2"}, nil},
		"what nobody owns has to be read":          {all[4:5], []string{" > back?", "back > back-1?"}, []object.Ref{ref("Deployment", "back"), ref("Pod", "back-1")}},
		"a root in the middle has what is below":   {all[1:2], []string{" > front-a", "front-a > front-a-1", "front-a > front-a-2"}, nil},
		"a root given twice is there once":         {[]*unstructured.Unstructured{all[2], all[2]}, []string{" > front-a-1"}, nil},
		"a root that is not known is a leaf":       {[]*unstructured.Unstructured{sent("Deployment", "new", "9")}, []string{" > new"}, nil},
		"a child that is a root too has its place": {[]*unstructured.Unstructured{all[1], all[2]}, []string{" > front-a", "front-a > front-a-1", "front-a > front-a-2"}, nil},
		"no roots are no tree":                     {nil, []string{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			nodes, read, _ := cacheOf(t, family()...).tree(c.roots)
			if d := cmp.Diff(c.want, printed(nodes)); d != "" {
				t.Errorf("the tree (-want +got):\n%s", d)
			}
			slices.SortFunc(read, func(a, b object.Ref) int { return a.Compare(b) })
			if !slices.Equal(c.read, read) {
				t.Errorf("to be read are %v, want %v", read, c.read)
			}
		})
	}
}

// TestATreeWaitsForAKindWhoseWatchHasJustBegun has the watch of ReplicaSets begin before the tree is put together.
func TestATreeWaitsForAKindWhoseWatchHasJustBegun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cache := cacheOf(t, of("shop", sent("Deployment", "front", "1")), of("shop", sent("Pod", "front-a-1", "3", "front-a")))
		s := storeOf(t, cache, "ReplicaSet")
		cache.watcher = s.watcher
		roots := family()[:1]
		early, cancel := context.WithCancel(t.Context())
		cancel()
		if nodes, err := s.watcher.cluster.Tree(early, roots); !errors.Is(err, context.Canceled) {
			t.Errorf("to who does not wait the tree is %v (%v)", printed(nodes), err)
		}
		var nodes []object.Node
		var err error
		whole := make(chan struct{})
		go func() {
			defer close(whole)
			nodes, err = s.watcher.cluster.remembered(t.Context(), roots)
		}()
		synctest.Wait()
		select {
		case <-whole:
			t.Fatalf("without the ReplicaSets the tree is %v (%v)", printed(nodes), err)
		default:
		}
		if err := s.Replace([]any{sent("ReplicaSet", "front-a", "2", "front")}, "3"); err != nil {
			t.Fatal(err)
		}
		<-whole
		if d := cmp.Diff([]string{" > front", "front > front-a", "front-a > front-a-1"}, printed(nodes)); err != nil || d != "" {
			t.Errorf("the tree (-want +got), %v:\n%s", err, d)
		}
	})
}

func TestTreeFromLists(t *testing.T) {
	t.Parallel()
	all := family()
	for name, c := range map[string]struct {
		roots []*unstructured.Unstructured
		want  []string
	}{
		"owners lead to what they own":     {all[:1], []string{" > front", "front > front-a", "front-a > front-a-1", "front-a > front-a-2"}},
		"two roots have a tree each":       {[]*unstructured.Unstructured{all[0], all[4]}, []string{" > back", " > front", "back > back-1", "front > front-a", "front-a > front-a-1", "front-a > front-a-2"}},
		"a root without children is alone": {[]*unstructured.Unstructured{sent("ConfigMap", "settings", "9")}, []string{" > settings"}},
		"a root given twice is there once": {[]*unstructured.Unstructured{all[6], all[6]}, []string{" > alone"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if d := cmp.Diff(c.want, printed(grow(c.roots, family()[1:]))); d != "" {
				t.Errorf("the tree (-want +got):\n%s", d)
			}
		})
	}
}

func TestTreesEnd(t *testing.T) {
	t.Parallel()
	circle := []*unstructured.Unstructured{sent("Widget", "a", "1", "b"), sent("Widget", "b", "2", "a"), sent("Widget", "self", "3", "self")}
	want := []string{" > a?", "a > b?"}
	nodes, _, _ := cacheOf(t, circle...).tree(circle[:1])
	if d := cmp.Diff(want, printed(nodes)); d != "" {
		t.Errorf("a circle of owners from memory (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{" > a", "a > b"}, printed(grow(circle[:1], circle))); d != "" {
		t.Errorf("a circle of owners from lists (-want +got):\n%s", d)
	}
}

func TestWhoseAnObjectIs(t *testing.T) {
	t.Parallel()
	long := []*unstructured.Unstructured{of("shop", sent("Widget", "w0", "1"))}
	for i := 1; i < 20; i++ {
		long = append(long, sent("Widget", fmt.Sprintf("w%d", i), fmt.Sprint(10+i), types.UID(fmt.Sprintf("w%d", i-1))))
	}
	both := sent("Pod", "both", "9", "gone", "front")
	for name, c := range map[string]struct {
		objects []*unstructured.Unstructured
		last    *unstructured.Unstructured
		want    string
	}{
		"its own mark counts":                      {nil, of("shop", sent("Pod", "p", "9")), "shop"},
		"else its owner's":                         {family(), sent("Pod", "p", "9", "front"), "shop"},
		"else that of the owner's owner":           {family(), sent("Pod", "p", "9", "front-a"), "shop"},
		"its own goes before its owner's":          {family(), of("other", sent("Pod", "p", "9", "front")), "other"},
		"an owner that is not known is passed by":  {family(), both, "shop"},
		"an owner that is nobody's says nothing":   {family(), sent("Pod", "p", "9", "back"), ""},
		"a circle of owners ends":                  {[]*unstructured.Unstructured{sent("Widget", "a", "1", "p")}, sent("Widget", "p", "2", "a"), ""},
		"an owner too far away does not count":     {long, sent("Pod", "p", "90", "w19"), ""},
		"three steps from a CronJob are near":      {long[:3], sent("Pod", "p", "90", "w2"), "shop"},
		"an object without owners belongs to none": {family(), sent("Pod", "p", "9"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cache := cacheOf(t, c.objects...)
			ev, changed := cache.upserted(c.last)
			if !changed || ev.App != c.want {
				t.Errorf("the event is %+v (%v), want one of %q", ev, changed, c.want)
			}
			if kept := cache.objects[object.Of(c.last)].body != nil; kept != (c.want != "") {
				t.Errorf("the body of an object of %q is kept: %v", c.want, kept)
			}
		})
	}
}
