package clustertest

import (
	"fmt"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/kube"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
	"github.com/wheelhouse-gitops/wheelhouse/playground"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestDefinitionsComeAndGo defines a kind while the cluster is watched, removes it and defines it again.
func TestDefinitionsComeAndGo(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	k := clusterOf(t, b.play.Kubeconfig(), playground.Context)
	watch(t, k)
	for _, when := range []string{"the first time", "again"} {
		b.define()
		b.makeWidget()
		b.eventuallyLive(k, 1, "defined "+when)
		if err := b.dynamic.Resource(definitions).Delete(t.Context(), "widgets."+b.group(), metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		b.eventuallyLive(k, 0, "removed "+when)
		b.eventuallyUndefined()
	}
}

func (b *bench) widgets() schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: b.group(), Version: "v1", Resource: "widgets"}
}

// makeWidget makes an object of the defined kind, as soon as the server serves it.
func (b *bench) makeWidget() {
	b.t.Helper()
	u := b.marked(b.object("apiVersion: " + b.group() + "/v1\nkind: Widget\nmetadata: {name: one}\n"))
	playtest.Eventually(b.t, playtest.Patience, "the kind is served", func() error {
		_, err := b.dynamic.Resource(b.widgets()).Namespace(b.namespace).Create(b.t.Context(), u, metav1.CreateOptions{})
		return err
	})
}

// eventuallyLive waits until the watched cluster has so many objects of the application.
func (b *bench) eventuallyLive(k *kube.Cluster, want int, what string) {
	b.t.Helper()
	playtest.Eventually(b.t, playtest.Patience, what, func() error {
		set, err := k.Live(b.t.Context(), object.LiveQuery{App: b.namespace})
		if err == nil && len(set.Objects) != want {
			err = fmt.Errorf("%d objects, want %d", len(set.Objects), want)
		}
		return err
	})
}

// eventuallyUndefined waits until the definition is gone.
func (b *bench) eventuallyUndefined() {
	b.t.Helper()
	playtest.Eventually(b.t, playtest.Patience, "the definition is gone", func() error {
		if _, err := b.dynamic.Resource(definitions).Get(b.t.Context(), "widgets."+b.group(), metav1.GetOptions{}); err == nil {
			return fmt.Errorf("it is there")
		}
		return nil
	})
}
