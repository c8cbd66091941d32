package kube

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// stateful are two StatefulSets of which one is called as the other one's end, with claims of both and claims of others.
func stateful() []*unstructured.Unstructured {
	elsewhere := sent("PersistentVolumeClaim", "data-b-3", "20")
	elsewhere.SetNamespace("elsewhere")
	elsewhere.SetUID("elsewhere")
	return []*unstructured.Unstructured{
		of("shop", setOf("b", "1", "data", "log-x")), of("other", setOf("a-b", "2", "data")),
		sent("PersistentVolumeClaim", "data-b-0", "3"), sent("PersistentVolumeClaim", "data-b-1", "4"),
		sent("PersistentVolumeClaim", "log-x-b-0", "5"), sent("PersistentVolumeClaim", "data-a-b-0", "6"),
		sent("PersistentVolumeClaim", "data-b-2", "7", "front"), sent("PersistentVolumeClaim", "log-b-0", "8"),
		sent("PersistentVolumeClaim", "more-data-b-0", "9"), sent("PersistentVolumeClaim", "data-b-00", "10"),
		sent("ConfigMap", "data-b-4", "11"), elsewhere,
	}
}

func TestClaimsBelowTheirSets(t *testing.T) {
	t.Parallel()
	all := stateful()
	b := []string{" > b", "b > data-b-0", "b > data-b-1", "b > log-x-b-0"}
	for name, c := range map[string]struct {
		roots []*unstructured.Unstructured
		want  []string
	}{
		"those of its templates, by the whole name":  {all[:1], b},
		"none of the set whose name ends as its own": {all[1:2], []string{" > a-b", "a-b > data-a-b-0"}},
		"each its own":                                   {all[:2], append([]string{" > a-b", "a-b > data-a-b-0"}, b...)},
		"one that is declared too is there once":         {[]*unstructured.Unstructured{all[0], all[2]}, b},
		"a set without templates has none":               {[]*unstructured.Unstructured{setOf("c", "1")}, []string{" > c"}},
		"no Deployment has any, whatever it is called":   {[]*unstructured.Unstructured{sent("Deployment", "b", "30")}, []string{" > b"}},
		"a claim leads to nothing but what it owns":      {all[2:3], []string{" > data-b-0"}},
		"a claim with an owner belongs to that one only": {[]*unstructured.Unstructured{sent("Pod", "front", "31")}, []string{" > front", "front > data-b-2"}},
	} {
		slices.Sort(c.want)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if d := cmp.Diff(c.want, printed(grow(c.roots, stateful()))); d != "" {
				t.Errorf("the tree of lists (-want +got):\n%s", d)
			}
			cache := newCache()
			for _, u := range slices.Concat(stateful(), c.roots) {
				cache.wanted[object.Of(u)] = struct{}{}
				cache.upserted(u)
			}
			nodes, read, _ := cache.tree(c.roots)
			if d := cmp.Diff(c.want, printed(nodes)); d != "" || len(read) > 0 {
				t.Errorf("the tree of memory, for which %v are to be read (-want +got):\n%s", read, d)
			}
		})
	}
}

func TestWhoseAClaimIs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ claim, want string }{
		{"data-b-7", "shop"}, {"log-x-b-7", "shop"}, {"data-a-b-7", "other"}, {"log-b-7", ""}, {"data-b", ""}, {"data-c-7", ""},
	} {
		t.Run(c.claim, func(t *testing.T) {
			t.Parallel()
			cache, u := cacheOf(t, stateful()...), sent("PersistentVolumeClaim", c.claim, "40")
			if ev, changed := cache.upserted(u); !changed || ev.App != c.want {
				t.Errorf("the event is %+v (%v), want one of %q", ev, changed, c.want)
			}
			if kept := cache.objects[object.Of(u)].body != nil; kept != (c.want != "") {
				t.Errorf("its body is kept: %v", kept)
			}
			if ev, _ := cache.remove(object.Of(u)); ev.App != c.want {
				t.Errorf("its end is told as one of %q", ev.App)
			}
		})
	}
	t.Run("its own mark goes before its name", func(t *testing.T) {
		t.Parallel()
		if ev, _ := cacheOf(t, stateful()...).upserted(of("mine", sent("PersistentVolumeClaim", "data-b-7", "40"))); ev.App != "mine" {
			t.Errorf("it is told as one of %q", ev.App)
		}
	})
	t.Run("an owner that is not known goes before its name", func(t *testing.T) {
		t.Parallel()
		if ev, _ := cacheOf(t, stateful()...).upserted(sent("PersistentVolumeClaim", "data-b-7", "40", "gone")); ev.App != "" {
			t.Errorf("it is told as one of %q", ev.App)
		}
	})
}

// TestAClaimIsNotTheApplications wants a claim that only its name leads to the application of its set left out of the answer to
// what that application has: it is neither compared nor pruned.
func TestAClaimIsNotTheApplications(t *testing.T) {
	t.Parallel()
	holds(t, cacheOf(t, stateful()...), object.LiveQuery{App: "shop"}, map[object.Ref]string{
		{Group: "apps", Kind: "StatefulSet", Namespace: "web", Name: "b"}: "1",
	})
}

func TestNothingIsLeftOfClaimsThatAreGone(t *testing.T) {
	t.Parallel()
	cache := cacheOf(t, stateful()...)
	if len(cache.claims) == 0 {
		t.Fatal("there are no claims to forget")
	}
	for _, u := range stateful() {
		cache.remove(object.Of(u))
	}
	if len(cache.claims) != 0 {
		t.Errorf("what is left is %v", cache.claims)
	}
}

func TestTokensBelowTheirAccounts(t *testing.T) {
	t.Parallel()
	robot := of("shop", sent("ServiceAccount", "robot", "1"))
	all := []*unstructured.Unstructured{robot, tokenOf("robot", "2"), tokenOf("other", "3")}
	want := []string{" > robot", "robot > robot-token"}
	if d := cmp.Diff(want, printed(grow(all[:1], all))); d != "" {
		t.Errorf("the tree of lists (-want +got):\n%s", d)
	}
	nodes, read, _ := cacheOf(t, all...).tree(all[:1])
	if d := cmp.Diff(want, printed(nodes)); d != "" || len(read) > 0 {
		t.Errorf("the tree of memory, for which %v are to be read (-want +got):\n%s", read, d)
	}
}
