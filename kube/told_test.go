package kube

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// TestATextSaysWhatAnObjectSays holds what is noted of a text against what is noted of the object that is made of it.
func TestATextSaysWhatAnObjectSays(t *testing.T) {
	t.Parallel()
	grouped := sent("Deployment", "front", "7")
	grouped.SetAPIVersion("apps/v1")
	wide := sent("Node", "n1", "8")
	wide.SetNamespace("")
	escaped := of("shop", sent("ConfigMap", "a", "9"))
	escaped.SetAnnotations(map[string]string{"a\"b": "\u00e9<>&", object.AnnotationTracking: escaped.GetAnnotations()[object.AnnotationTracking]})
	torn := sent("ConfigMap", "a", "9")
	torn.SetAnnotations(map[string]string{object.AnnotationTracking: "shop"})
	for name, u := range map[string]*unstructured.Unstructured{
		"nobody's":                       sent("ConfigMap", "a", "5"),
		"an application's":               of("shop", sent("ConfigMap", "a", "5")),
		"with owners":                    sent("Pod", "front-1", "6", "front", "other"),
		"of a group":                     grouped,
		"of no namespace":                wide,
		"with signs that are escaped":    escaped,
		"with a mark that cannot be one": torn,
		"a token of an account":          tokenOf("robot", "5"),
		"a token that is owned":          tokenOf("robot", "5", "front"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, obj, err := decoderOf(newCache(), event(t, watch.Added, u)).Decode()
			if err != nil {
				t.Fatal(err)
			}
			got := obj.(*told)
			if d := cmp.Diff(recordOf(u), got.record, cmp.AllowUnexported(record{}, object.Body{})); d != "" {
				t.Errorf("what is noted (-of the object +of its text):\n%s", d)
			}
			read, err := got.body.Object()
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(u.Object, read.Object); d != "" {
				t.Errorf("the object (-want +got):\n%s", d)
			}
		})
	}
}

func TestAnAnswerAndAnEventAreOneObject(t *testing.T) {
	t.Parallel()
	u := of("shop", sent("ConfigMap", "a", "5"))
	text, err := u.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	t.Run("the event first", func(t *testing.T) {
		t.Parallel()
		s := storeOf(t, newCache(), "ConfigMap")
		c := s.watcher.cluster.cache
		_, obj, err := decoderOf(c, event(t, watch.Added, u)).Decode()
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Update(obj); err != nil || len(heard(s)) != 1 {
			t.Fatalf("it is not told of: %v", err)
		}
		if c.learnText(string(text)) != obj.(*told).body {
			t.Error("the answer is another body than the event's")
		}
	})
	t.Run("the answer first", func(t *testing.T) {
		t.Parallel()
		c := cacheOf(t, sent("ConfigMap", "other", "1"))
		body := c.learnText(string(text))
		_, obj, err := decoderOf(c, event(t, watch.Added, u)).Decode()
		if err != nil || obj.(*told).record != nil {
			t.Errorf("the event is news: %+v, %v", obj, err)
		}
		set, _ := c.live(object.LiveQuery{App: "shop"})
		if made, err := body.Object(); err != nil || made != set.Objects[ref("ConfigMap", "a")] {
			t.Errorf("what is live is another object than the answer: %v", err)
		}
	})
	t.Run("the event while the answer is read", func(t *testing.T) {
		t.Parallel()
		c := cacheOf(t, sent("ConfigMap", "other", "1"))
		body := c.learnText(string(text))
		if late := c.keep(recordOf(u), object.Unread(string(text))); late != body {
			t.Error("the answer that comes second is another body than the one that is kept")
		}
	})
	t.Run("of a kind that is not watched nothing is kept", func(t *testing.T) {
		t.Parallel()
		c := newCache()
		if made, err := c.learnText(string(text)).Object(); err != nil || made.GetName() != "a" || len(c.objects) != 0 {
			t.Errorf("%d objects are kept, the answer is %v, %v", len(c.objects), made, err)
		}
	})
	t.Run("what is no object is the reader's to find out", func(t *testing.T) {
		t.Parallel()
		if _, err := newCache().learnText("<html>").Object(); err == nil {
			t.Error("it is read")
		}
	})
}

func TestABodyThatCannotBeReadIsAskedOfTheServer(t *testing.T) {
	t.Parallel()
	u := of("shop", sent("ConfigMap", "a", "5"))
	c := cacheOf(t, sent("ConfigMap", "other", "1"))
	c.upsert(recordOf(u), object.Unread("{"))
	holds(t, c, object.LiveQuery{App: "shop"}, nil, ref("ConfigMap", "a"))
	if _, bodiless, _ := c.tree([]*unstructured.Unstructured{u}); len(bodiless) != 1 {
		t.Errorf("for a tree %v are to be read", bodiless)
	}
	c.learn(u)
	holds(t, c, object.LiveQuery{App: "shop"}, map[object.Ref]string{ref("ConfigMap", "a"): "5"})
}
