package clustertest

import (
	"fmt"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
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

// TestADefinitionOfWhichNobodyTells defines a kind while it is watched by somebody who may not read definitions: once a question has
// found the kind, it is watched as well.
func TestADefinitionOfWhichNobodyTells(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	user, line := b.tenant()
	meta := metav1.ObjectMeta{Name: user}
	if _, err := b.client.RbacV1().ClusterRoles().Create(t.Context(), &rbacv1.ClusterRole{ObjectMeta: meta, Rules: []rbacv1.PolicyRule{{
		Verbs: []string{"get", "list", "watch"}, APIGroups: []string{b.group()}, Resources: []string{"*"},
	}}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.client.RbacV1().ClusterRoleBindings().Create(t.Context(), &rbacv1.ClusterRoleBinding{
		ObjectMeta: meta, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: user},
		Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: user}},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	watch(t, line.cluster)
	b.define()
	b.makeWidget()
	widget := object.Ref{Group: b.group(), Kind: "Widget", Namespace: b.namespace, Name: "one"}
	playtest.Eventually(t, playtest.Patience, "the kind is watched", func() error {
		if _, err := line.cluster.Resource(t.Context(), schema.GroupVersionKind{Group: b.group(), Version: "v1", Kind: "Widget"}); err != nil {
			return err
		}
		return b.told(line.cluster, widget)
	})
	b.eventuallyLive(line.cluster, 1, "it is found by its mark")
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
