package object

import (
	"sync"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestABodyIsReadOnce(t *testing.T) {
	t.Parallel()
	b := Unread(`{"kind":"ConfigMap","spec":{"replicas":3,"share":0.5}}`)
	if !b.Pending() {
		t.Error("somebody has asked for it")
	}
	var all sync.WaitGroup
	got := make([]*unstructured.Unstructured, 8)
	for i := range got {
		all.Go(func() {
			u, err := b.Object()
			if err != nil {
				t.Error(err)
			}
			got[i] = u
		})
	}
	all.Wait()
	for _, u := range got {
		if u != got[0] {
			t.Fatal("two who ask get two objects")
		}
	}
	spec, _, _ := unstructured.NestedMap(got[0].Object, "spec")
	if got[0].GetKind() != "ConfigMap" || spec["replicas"] != int64(3) || spec["share"] != 0.5 {
		t.Errorf("it is read as %v", got[0].Object)
	}
	if b.Pending() {
		t.Error("nobody has asked for it")
	}
	if b.text != "" {
		t.Error("the text is kept beside the object")
	}
}

func TestABodyThatIsReadAlready(t *testing.T) {
	t.Parallel()
	u := &unstructured.Unstructured{}
	if Read(u).Pending() {
		t.Error("nobody has asked for it")
	}
	if got, err := Read(u).Object(); err != nil || got != u {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestABodyThatIsNoObject(t *testing.T) {
	t.Parallel()
	b := Unread(`{"kind":`)
	for range 2 {
		if u, err := b.Object(); err == nil || u != nil {
			t.Errorf("it is read as %v, %v", u, err)
		}
	}
	if b.Pending() {
		t.Error("it is to be read again")
	}
}
