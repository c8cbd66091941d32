package clustertest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// gone says whether an object is not there any more.
func (b *bench) gone(ref object.Ref) error {
	_, err := b.cluster.Read(b.t.Context(), ref)
	if err == nil {
		return fmt.Errorf("%s is there", ref)
	}
	if errors.Is(err, app.ErrNotFound) {
		return nil
	}
	return err
}

func TestDelete(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	for name, c := range map[string]struct {
		request func(r *object.DeleteRequest, live *unstructured.Unstructured)
		refused func(error) bool
		gone    bool
	}{
		"by its name":       {func(*object.DeleteRequest, *unstructured.Unstructured) {}, nil, true},
		"with its UID":      {func(r *object.DeleteRequest, live *unstructured.Unstructured) { r.UID = live.GetUID() }, nil, true},
		"in the background": {func(r *object.DeleteRequest, _ *unstructured.Unstructured) { r.Propagation = "Background" }, nil, true},
		"with its version": {func(r *object.DeleteRequest, live *unstructured.Unstructured) {
			r.ResourceVersion = live.GetResourceVersion()
		}, nil, true},
		"with an old version": {func(r *object.DeleteRequest, live *unstructured.Unstructured) {
			r.UID, r.ResourceVersion = live.GetUID(), "1"
		}, apierrors.IsConflict, false},
		"with another's UID": {func(r *object.DeleteRequest, _ *unstructured.Unstructured) {
			r.UID = "00000000-0000-0000-0000-000000000000"
		}, apierrors.IsConflict, false},
		"as a dry run":             {func(r *object.DeleteRequest, _ *unstructured.Unstructured) { r.DryRun = true }, nil, false},
		"in a manner that is none": {func(r *object.DeleteRequest, _ *unstructured.Unstructured) { r.Propagation = "Sideways" }, apierrors.IsInvalid, false},
		"a dry run with wrong UID": {func(r *object.DeleteRequest, _ *unstructured.Unstructured) { r.DryRun, r.UID = true, "0" }, apierrors.IsConflict, false},
		"what is not there":        {func(r *object.DeleteRequest, _ *unstructured.Unstructured) { r.Ref.Name = "missing" }, apierrors.IsNotFound, false},
		"in another namespace":     {func(r *object.DeleteRequest, _ *unstructured.Unstructured) { r.Ref.Namespace += "-other" }, apierrors.IsNotFound, false},
		"without a grace period":   {func(r *object.DeleteRequest, _ *unstructured.Unstructured) { r.Force = true }, nil, true},
		"of another kind":          {func(r *object.DeleteRequest, _ *unstructured.Unstructured) { r.Ref.Kind = "Secret" }, apierrors.IsNotFound, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			live := b.apply(b.configMap(fmt.Sprintf("settings-%x", name), "colour=red"))
			ref := object.Of(live)
			r := object.DeleteRequest{Ref: ref}
			c.request(&r, live)
			err := b.cluster.Delete(t.Context(), r)
			if c.refused == nil && err != nil || c.refused != nil && !c.refused(err) {
				t.Errorf("the error is %v", err)
			}
			if c.gone {
				playtest.Eventually(t, playtest.Patience, "it goes", func() error { return b.gone(ref) })
				return
			}
			if read, err := b.cluster.Read(t.Context(), ref); err != nil || read.GetDeletionTimestamp() != nil {
				t.Errorf("the object went all the same: %v", err)
			}
		})
	}
}

// TestDeletePropagates deletes Deployments that have a ReplicaSet.
func TestDeletePropagates(t *testing.T) {
	t.Parallel()
	for propagation, orphans := range map[string]bool{"": false, "Foreground": false, "Background": false, "Orphan": true} {
		t.Run(fmt.Sprintf("as %q", propagation), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil)
			live := b.apply(b.object(deployment))
			var set metav1.ObjectMeta
			playtest.Eventually(t, playtest.Patience, "the ReplicaSet is there", func() error {
				l, err := b.client.AppsV1().ReplicaSets(b.namespace).List(t.Context(), metav1.ListOptions{})
				if err == nil && len(l.Items) != 1 {
					err = fmt.Errorf("%d ReplicaSets", len(l.Items))
				}
				if err == nil {
					set = l.Items[0].ObjectMeta
				}
				return err
			})
			if err := b.cluster.Delete(t.Context(), object.DeleteRequest{Ref: object.Of(live), UID: live.GetUID(), Propagation: propagation}); err != nil {
				t.Fatal(err)
			}
			playtest.Eventually(t, playtest.Patience, "the Deployment goes", func() error { return b.gone(object.Of(live)) })
			ref := b.ref("apps", "ReplicaSet", set.Name)
			if !orphans {
				playtest.Eventually(t, playtest.Patience, "the ReplicaSet goes too", func() error { return b.gone(ref) })
				return
			}
			u, err := b.cluster.Read(t.Context(), ref)
			if err != nil {
				t.Fatal(err)
			}
			if u.GetUID() != set.UID || u.GetDeletionTimestamp() != nil || len(u.GetOwnerReferences()) != 0 {
				t.Errorf("the orphan is %v", u.Object["metadata"])
			}
		})
	}
}

// TestOwnersWaitInTheForeground deletes owners of an object that something holds.
func TestOwnersWaitInTheForeground(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	for propagation, waits := range map[string]bool{"": true, "Foreground": true, "Background": false, "Orphan": false} {
		t.Run(fmt.Sprintf("as %q", propagation), func(t *testing.T) {
			t.Parallel()
			id := strings.ToLower(propagation)
			owner := b.apply(b.configMap("owner" + id))
			blocks := true
			held := b.configMap("held" + id)
			held.SetFinalizers([]string{"example.com/hold"})
			held.SetOwnerReferences([]metav1.OwnerReference{
				{APIVersion: "v1", Kind: "ConfigMap", Name: owner.GetName(), UID: owner.GetUID(), BlockOwnerDeletion: &blocks},
			})
			b.apply(held)
			if err := b.cluster.Delete(t.Context(), object.DeleteRequest{Ref: object.Of(owner), Propagation: propagation}); err != nil {
				t.Fatal(err)
			}
			if waits {
				playtest.Eventually(t, playtest.Patience, "what is owned is told to go", func() error {
					u, err := b.cluster.Read(t.Context(), object.Of(held))
					if err == nil && u.GetDeletionTimestamp() == nil {
						err = errors.New("it was not")
					}
					return err
				})
				if u, err := b.cluster.Read(t.Context(), object.Of(owner)); err != nil || u.GetDeletionTimestamp() == nil {
					t.Errorf("the owner does not wait: %v", err)
				}
				b.patch(held.GetName(), `{"metadata":{"finalizers":null}}`, "colleague")
				playtest.Eventually(t, playtest.Patience, "what was owned goes", func() error { return b.gone(object.Of(held)) })
			}
			playtest.Eventually(t, playtest.Patience, "the owner goes", func() error { return b.gone(object.Of(owner)) })
			if waits {
				return
			}
			if _, err := b.cluster.Read(t.Context(), object.Of(held)); err != nil {
				t.Errorf("what is held went: %v", err)
			}
		})
	}
}

// TestDeleteByForce has Pods on a node that nobody runs: only without a grace period do they go at once.
func TestDeleteByForce(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	playtest.Eventually(t, playtest.Patience, "Pods can be made", func() error {
		_, err := b.client.CoreV1().ServiceAccounts(b.namespace).Get(t.Context(), "default", metav1.GetOptions{})
		return err
	})
	for name, force := range map[string]bool{"patient": false, "forced": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pod := &corev1.Pod{
				ObjectMeta: metav1.ObjectMeta{Name: name},
				Spec:       corev1.PodSpec{NodeName: "nowhere", Containers: []corev1.Container{{Name: "web", Image: "nginx:1.29"}}},
			}
			if _, err := b.client.CoreV1().Pods(b.namespace).Create(t.Context(), pod, metav1.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			ref := b.ref("", "Pod", name)
			if err := b.cluster.Delete(t.Context(), object.DeleteRequest{Ref: ref, Propagation: "Background", Force: force}); err != nil {
				t.Fatal(err)
			}
			u, err := b.cluster.Read(t.Context(), ref)
			if force && !errors.Is(err, app.ErrNotFound) {
				t.Errorf("the Pod is there: %v", err)
			}
			if !force && (err != nil || u.GetDeletionTimestamp() == nil) {
				t.Errorf("the Pod does not end in peace: %v", err)
			}
		})
	}
}
