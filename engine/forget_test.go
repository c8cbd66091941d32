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
