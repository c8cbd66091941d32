package engine

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// rememberer is a cluster that is told what to forget.
type rememberer struct {
	Cluster
	forgot []string
}

func (r *rememberer) Forget(mark string) { r.forgot = append(r.forgot, mark) }

// lives has an application desire one object in a cluster.
func lives(e *Engine, key app.Key, destination string, c Cluster) {
	front := []*unstructured.Unstructured{deployment(key.Name, 1, 1)}
	x := &examination{cluster: c}
	x.app.Spec.Destination.Name = destination
	x.want.objects, x.want.index = front, indexOf(front)
	en := e.entry(key)
	en.last = x
	e.needCluster(en)
}

func TestAClusterForgetsWhoHasLeft(t *testing.T) {
	t.Parallel()
	web, shop := app.Key{Name: "web"}, app.Key{Name: "shop"}
	for name, leave := range map[string]func(e *Engine, other Cluster){
		"with its document":         func(e *Engine, _ Cluster) { e.forget(web) },
		"for another destination":   func(e *Engine, other Cluster) { lives(e, web, "other", other) },
		"for another, and was gone": func(e *Engine, other Cluster) { e.forget(web); lives(e, web, "other", other) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := New(Ports{}, Options{})
			t.Cleanup(e.Close)
			e.running = true
			here, other := &rememberer{}, &rememberer{}
			lives(e, web, "here", here)
			lives(e, shop, "here", here)
			watched := e.watched[here]
			e.objectChanged(watched, object.Event{Ref: object.Of(deployment("web", 1, 1))})
			if n := e.queue.Len(); n != 1 {
				t.Fatalf("while it is there, a change makes %d applications due", n)
			}
			key, _ := e.queue.Get()
			e.queue.Done(key)

			leave(e, other)
			e.objectChanged(watched, object.Event{Ref: object.Of(deployment("web", 1, 1))})
			e.objectChanged(watched, object.Event{App: "web"})
			if n := e.queue.Len(); n != 0 {
				t.Errorf("afterwards a change makes %d applications due", n)
			}
			e.objectChanged(watched, object.Event{App: "shop"})
			if n := e.queue.Len(); n != 1 {
				t.Errorf("a change of another's object makes %d applications due", n)
			}
			if d := cmp.Diff([]string{"web"}, here.forgot); d != "" || len(other.forgot) != 0 {
				t.Errorf("told to forget (-want +got):\n%s and elsewhere %v", d, other.forgot)
			}
		})
	}
}

// TestAChangeConcerns has an object change that one application has, another had and two others desire.
func TestAChangeConcerns(t *testing.T) {
	t.Parallel()
	web, shop, blog, wiki := app.Key{Name: "web"}, app.Key{Name: "shop"}, app.Key{Name: "blog"}, app.Key{Name: "wiki"}
	front := object.Of(deployment("front", 1, 1))
	declares := newClaims()
	for _, key := range []app.Key{blog, wiki} {
		declares.set(key, declared{cluster: "here", refs: []object.Ref{front}})
	}
	w := &watchedCluster{keys: map[string]app.Key{"web": web, "shop": shop}, wanted: map[object.Ref]app.Key{front: blog}}
	for name, c := range map[string]struct {
		ev   object.Event
		want []app.Key
	}{
		"all of them":              {object.Event{Ref: front, App: "web", Before: "shop"}, []app.Key{web, shop, blog, wiki}},
		"who has it":               {object.Event{Ref: object.Of(deployment("back", 1, 1)), App: "web"}, []app.Key{web}},
		"who desires it":           {object.Event{Ref: front}, []app.Key{blog, wiki}},
		"nobody":                   {object.Event{Ref: object.Of(deployment("back", 1, 1))}, []app.Key{}},
		"who is not in this store": {object.Event{Ref: front, App: "elsewhere"}, []app.Key{blog, wiki}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if d := cmp.Diff(c.want, w.concerned(c.ev, declares)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// TestWhoIsLeftWithASharedObjectIsTold has one of two who desire an object leave.
func TestWhoIsLeftWithASharedObjectIsTold(t *testing.T) {
	t.Parallel()
	e := New(Ports{}, Options{})
	t.Cleanup(e.Close)
	e.running = true
	here := &rememberer{}
	shared := object.Of(deployment("front", 1, 1))
	web, shop := app.Key{Name: "web"}, app.Key{Name: "shop"}
	for _, key := range []app.Key{web, shop} {
		lives(e, key, "here", here)
		e.claims.set(key, declared{cluster: "here", refs: []object.Ref{shared}})
		e.watched[here].wanted[shared] = key
	}
	e.forget(shop)
	e.claims.set(shop, declared{})
	e.objectChanged(e.watched[here], object.Event{Ref: shared})
	if n := e.queue.Len(); n != 1 {
		t.Fatalf("a change makes %d applications due", n)
	}
	if key, _ := e.queue.Get(); key != web {
		t.Errorf("it makes %s due", key)
	}
}

// TestAClusterOfTwoNamesIsWatchedOnce has destinations call one cluster by its context and by its URL.
func TestAClusterOfTwoNamesIsWatchedOnce(t *testing.T) {
	t.Parallel()
	e := New(Ports{}, Options{})
	t.Cleanup(e.Close)
	e.running = true
	here := &rememberer{}
	lives(e, app.Key{Name: "web"}, "here", here)
	lives(e, app.Key{Name: "shop"}, "https://here.example.com", here)
	if len(e.watched) != 1 || len(here.forgot) != 0 {
		t.Fatalf("there are %d watches, and %v is forgotten", len(e.watched), here.forgot)
	}
	for _, mark := range []string{"web", "shop"} {
		e.objectChanged(e.watched[here], object.Event{App: mark})
	}
	if n := e.queue.Len(); n != 2 {
		t.Errorf("a change of an object of each makes %d applications due", n)
	}
}
