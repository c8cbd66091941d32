package e2e

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/wheelhouse-gitops/wheelhouse/playground"
)

// eyes looks into the cluster beside the program, and does by hand what a colleague would.
type eyes struct {
	t      *testing.T
	client kubernetes.Interface
}

func cluster(t *testing.T, p *playground.Playground) eyes {
	t.Helper()
	client, err := p.Client()
	if err != nil {
		t.Fatal(err)
	}
	return eyes{t, client}
}

// find asks the server for an object.
func (e eyes) find(kind, namespace, name string) error {
	ctx := e.t.Context()
	var err error
	switch kind {
	case "namespace":
		_, err = e.client.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{})
	case "configmap":
		_, err = e.client.CoreV1().ConfigMaps(namespace).Get(ctx, name, metav1.GetOptions{})
	case "serviceaccount":
		_, err = e.client.CoreV1().ServiceAccounts(namespace).Get(ctx, name, metav1.GetOptions{})
	case "service":
		_, err = e.client.CoreV1().Services(namespace).Get(ctx, name, metav1.GetOptions{})
	case "deployment":
		_, err = e.client.AppsV1().Deployments(namespace).Get(ctx, name, metav1.GetOptions{})
	case "statefulset":
		_, err = e.client.AppsV1().StatefulSets(namespace).Get(ctx, name, metav1.GetOptions{})
	case "job":
		_, err = e.client.BatchV1().Jobs(namespace).Get(ctx, name, metav1.GetOptions{})
	default:
		e.t.Fatalf("no test looks for a %s", kind)
	}
	return err
}

func (e eyes) present(kind, namespace, name string) {
	e.t.Helper()
	if err := e.find(kind, namespace, name); err != nil {
		e.t.Errorf("%s/%s/%s: %v", kind, namespace, name, err)
	}
}

func (e eyes) absent(kind, namespace, name string) {
	e.t.Helper()
	if err := e.find(kind, namespace, name); !apierrors.IsNotFound(err) {
		e.t.Errorf("%s/%s/%s is there, or cannot be asked for: %v", kind, namespace, name, err)
	}
}

// namespace makes a namespace.
func (e eyes) namespace(name string) {
	e.t.Helper()
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if _, err := e.client.CoreV1().Namespaces().Create(e.t.Context(), ns, metav1.CreateOptions{}); err != nil {
		e.t.Fatal(err)
	}
}

// configMap makes a ConfigMap.
func (e eyes) configMap(namespace, name string, annotations, data map[string]string) *corev1.ConfigMap {
	e.t.Helper()
	cm := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: annotations}, Data: data}
	cm, err := e.client.CoreV1().ConfigMaps(namespace).Create(e.t.Context(), cm, metav1.CreateOptions{})
	if err != nil {
		e.t.Fatal(err)
	}
	return cm
}

// get returns a ConfigMap.
func (e eyes) get(namespace, name string) *corev1.ConfigMap {
	e.t.Helper()
	cm, err := e.client.CoreV1().ConfigMaps(namespace).Get(e.t.Context(), name, metav1.GetOptions{})
	if err != nil {
		e.t.Fatal(err)
	}
	return cm
}

// replicas returns how many replicas a Deployment asks for.
func (e eyes) replicas(namespace, name string) (int32, error) {
	d, err := e.client.AppsV1().Deployments(namespace).Get(e.t.Context(), name, metav1.GetOptions{})
	if err != nil {
		return 0, err
	}
	return *d.Spec.Replicas, nil
}

// scale sets the replicas of a Deployment by hand.
func (e eyes) scale(namespace, name string, replicas int32) {
	e.t.Helper()
	patch := fmt.Appendf(nil, `{"spec":{"replicas":%d}}`, replicas)
	_, err := e.client.AppsV1().Deployments(namespace).Patch(e.t.Context(), name, types.MergePatchType, patch, metav1.PatchOptions{}, "scale")
	if err != nil {
		e.t.Fatal(err)
	}
}

// owned returns the fields of a Deployment that a manager owns by applying it.
func (e eyes) owned(namespace, name, manager string) string {
	e.t.Helper()
	d, err := e.client.AppsV1().Deployments(namespace).Get(e.t.Context(), name, metav1.GetOptions{})
	if err != nil {
		e.t.Fatal(err)
	}
	for _, f := range d.ManagedFields {
		if f.Manager == manager && f.Operation == metav1.ManagedFieldsOperationApply {
			return f.FieldsV1.String()
		}
	}
	return ""
}

// remove deletes a ConfigMap by hand.
func (e eyes) remove(namespace, name string) {
	e.t.Helper()
	if err := e.client.CoreV1().ConfigMaps(namespace).Delete(e.t.Context(), name, metav1.DeleteOptions{}); err != nil {
		e.t.Fatal(err)
	}
}
