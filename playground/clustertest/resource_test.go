package clustertest

import (
	"errors"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// widgets is the definition of a kind whose group is that of one test.
const widgets = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: widgets.GROUP
spec:
  group: GROUP
  names: {kind: Widget, plural: widgets, singular: widget}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties:
              size: {type: integer, default: 7}
              colour: {type: string}
`

var definitions = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}

// group is a group of kinds that no other test has.
func (b *bench) group() string { return b.namespace + ".example.com" }

// define makes the kind Widget in the group of the test.
func (b *bench) define() {
	b.t.Helper()
	u := b.object(strings.ReplaceAll(widgets, "GROUP", b.group()))
	u.SetNamespace("")
	if _, err := b.dynamic.Resource(definitions).Create(b.t.Context(), u, metav1.CreateOptions{}); err != nil {
		b.t.Fatal(err)
	}
}

func TestResource(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	for name, c := range map[string]struct {
		gvk        schema.GroupVersionKind
		plural     string
		namespaced bool
	}{
		"a kind of the core group": {schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"}, "configmaps", true},
		"a kind of another group":  {schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"}, "deployments", true},
		"a cluster-scoped kind":    {schema.GroupVersionKind{Version: "v1", Kind: "Namespace"}, "namespaces", false},
		"an irregular plural":      {schema.GroupVersionKind{Group: "networking.k8s.io", Version: "v1", Kind: "NetworkPolicy"}, "networkpolicies", true},
	} {
		t.Run(name+" is served", func(t *testing.T) {
			t.Parallel()
			r, err := b.cluster.Resource(t.Context(), c.gvk)
			if err != nil || r.GroupVersionKind() != c.gvk || r.Plural != c.plural || r.Namespaced != c.namespaced {
				t.Errorf("%s is served as %+v (%v)", c.gvk, r, err)
			}
			if len(r.Verbs) == 0 {
				t.Errorf("nothing can be done with %s", c.gvk)
			}
		})
	}
}

func TestResourceThatIsNotServed(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	for name, c := range map[string]struct {
		gvk    schema.GroupVersionKind
		remedy string
	}{
		"an unknown group":    {schema.GroupVersionKind{Group: "nowhere.example.com", Version: "v1", Kind: "Widget"}, "CustomResourceDefinition"},
		"an unknown kind":     {schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deploymint"}, "CustomResourceDefinition"},
		"a version of old":    {schema.GroupVersionKind{Group: "apps", Version: "v1beta1", Kind: "Deployment"}, "in version v1"},
		"a kind in lowercase": {schema.GroupVersionKind{Version: "v1", Kind: "configmap"}, "CustomResourceDefinition"},
	} {
		t.Run(name+" is no kind", func(t *testing.T) {
			t.Parallel()
			r, err := b.cluster.Resource(t.Context(), c.gvk)
			if !errors.Is(err, object.ErrNoKind) || !strings.Contains(hint.Of(err), c.remedy) {
				t.Errorf("%s is served as %+v (%v), the remedy is %q", c.gvk, r, err, hint.Of(err))
			}
		})
	}
	t.Run("an object of no kind is not found", func(t *testing.T) {
		t.Parallel()
		u, err := b.cluster.Read(t.Context(), b.ref("nowhere.example.com", "Widget", "one"))
		if !errors.Is(err, app.ErrNotFound) {
			t.Errorf("it is %v (%v)", u, err)
		}
	})
	t.Run("deleting an object of no kind is done already", func(t *testing.T) {
		t.Parallel()
		if err := b.cluster.Delete(t.Context(), object.DeleteRequest{Ref: b.ref("nowhere.example.com", "Widget", "one")}); err != nil {
			t.Error(err)
		}
	})
	t.Run("applying an object of no kind says so", func(t *testing.T) {
		t.Parallel()
		u := b.object("apiVersion: nowhere.example.com/v1\nkind: Widget\nmetadata: {name: one}\n")
		if _, err := b.cluster.Apply(t.Context(), object.ApplyRequest{Object: u}); !errors.Is(err, object.ErrNoKind) {
			t.Errorf("the error is %v", err)
		}
	})
}

func TestDefinitionThatAppears(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	gvk := schema.GroupVersionKind{Group: b.group(), Version: "v1", Kind: "Widget"}
	if _, err := b.cluster.Resource(t.Context(), gvk); !errors.Is(err, object.ErrNoKind) {
		t.Fatalf("before its definition the kind gives %v", err)
	}
	b.define()
	playtest.Eventually(t, playtest.Patience, "the kind is found", func() error {
		_, err := b.cluster.Resource(t.Context(), gvk)
		return err
	})
	live := b.apply(b.object("apiVersion: " + b.group() + "/v1\nkind: Widget\nmetadata: {name: one}\nspec: {colour: red}\n"))
	read, err := b.cluster.Read(t.Context(), b.ref(b.group(), "Widget", "one"))
	if err != nil {
		t.Fatal(err)
	}
	spec, _ := read.Object["spec"].(map[string]any)
	if read.GetUID() != live.GetUID() || spec["colour"] != "red" || spec["size"] != int64(7) {
		t.Errorf("the Widget is %v", read.Object)
	}
}
