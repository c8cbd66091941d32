package clustertest

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// patch changes a ConfigMap as another field manager.
func (b *bench) patch(name, merge, manager string) {
	b.t.Helper()
	_, err := b.client.CoreV1().ConfigMaps(b.namespace).Patch(b.t.Context(), name, types.MergePatchType, []byte(merge),
		metav1.PatchOptions{FieldManager: manager})
	if err != nil {
		b.t.Fatal(err)
	}
}

// data returns the data of a ConfigMap as the server has it.
func (b *bench) data(name string) map[string]string {
	b.t.Helper()
	cm, err := b.client.CoreV1().ConfigMaps(b.namespace).Get(b.t.Context(), name, metav1.GetOptions{})
	if err != nil {
		b.t.Fatal(err)
	}
	return cm.Data
}

func TestApply(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	first := b.apply(b.marked(b.configMap("settings", "colour=red", "size=1")))
	if d := cmp.Diff(map[string]string{"colour": "red", "size": "1"}, b.data("settings")); d != "" {
		t.Errorf("the object after the first apply (-want +got):\n%s", d)
	}
	if m := object.MarkOf(first); m != (object.Mark{App: b.namespace, Ref: b.ref("", "ConfigMap", "settings"), Installation: "store-1"}) {
		t.Errorf("the mark is %#v", m)
	}
	if managers := first.GetManagedFields(); len(managers) != 1 || managers[0].Manager != object.FieldManager || managers[0].Operation != metav1.ManagedFieldsOperationApply {
		t.Errorf("the fields are managed by %+v", managers)
	}
	t.Run("an equal apply writes nothing", func(t *testing.T) {
		if again := b.apply(b.marked(b.configMap("settings", "colour=red", "size=1"))); again.GetResourceVersion() != first.GetResourceVersion() {
			t.Errorf("the version went from %s to %s", first.GetResourceVersion(), again.GetResourceVersion())
		}
	})
	t.Run("what others set stays, what is given up goes", func(t *testing.T) {
		b.patch("settings", `{"data":{"theirs":"kept"}}`, "colleague")
		b.apply(b.marked(b.configMap("settings", "colour=blue")))
		if d := cmp.Diff(map[string]string{"colour": "blue", "theirs": "kept"}, b.data("settings")); d != "" {
			t.Errorf("the data (-want +got):\n%s", d)
		}
	})
	t.Run("what others changed is taken back", func(t *testing.T) {
		b.patch("settings", `{"data":{"colour":"green"}}`, "colleague")
		b.apply(b.marked(b.configMap("settings", "colour=blue")))
		if got := b.data("settings")["colour"]; got != "blue" {
			t.Errorf("the colour is %s", got)
		}
	})
}

func TestApplyRefuses(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	for name, c := range map[string]struct {
		request func(live *unstructured.Unstructured, want *unstructured.Unstructured) object.ApplyRequest
		refused func(error) bool
		says    string
	}{
		"a value that another holds, unless forced": {
			func(_, want *unstructured.Unstructured) object.ApplyRequest {
				return object.ApplyRequest{Object: want, NoForce: true}
			}, apierrors.IsConflict, `"colleague"`,
		},
		"a version that has moved on": {
			func(live, want *unstructured.Unstructured) object.ApplyRequest {
				want.SetResourceVersion(live.GetResourceVersion())
				return object.ApplyRequest{Object: want}
			}, apierrors.IsConflict, "the object has been modified",
		},
		"another object of the name": {
			func(_, want *unstructured.Unstructured) object.ApplyRequest {
				want.SetUID("00000000-0000-0000-0000-000000000000")
				return object.ApplyRequest{Object: want}
			}, apierrors.IsInvalid, "metadata.uid",
		},
		"an object that was printed without its data": {
			func(_, want *unstructured.Unstructured) object.ApplyRequest {
				want.SetAnnotations(map[string]string{object.AnnotationMasked: "true"})
				return object.ApplyRequest{Object: want}
			}, func(err error) bool { return strings.Contains(hint.Of(err), "from git") }, "printed without its data",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := strings.ReplaceAll(strings.ToLower(name), " ", "-")
			settings = strings.ReplaceAll(settings, ",", "")
			live := b.apply(b.configMap(settings, "colour=red"))
			b.patch(settings, `{"data":{"colour":"green"}}`, "colleague")
			_, err := b.cluster.Apply(t.Context(), c.request(live, b.configMap(settings, "colour=blue")))
			if err == nil || !c.refused(err) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("the error is %v; it must say %q", err, c.says)
			}
			if got := b.data(settings)["colour"]; got != "green" {
				t.Errorf("the colour became %s", got)
			}
		})
	}
	t.Run("an object in a namespace that is not there", func(t *testing.T) {
		t.Parallel()
		u := b.configMap("settings")
		u.SetNamespace(b.namespace + "-gone")
		_, err := b.cluster.Apply(t.Context(), object.ApplyRequest{Object: u})
		if !apierrors.IsNotFound(err) || !strings.Contains(err.Error(), u.GetNamespace()) {
			t.Errorf("the error is %v", err)
		}
		if _, ok := errors.AsType[*apierrors.StatusError](err); !ok {
			t.Error("the server's status is lost")
		}
	})
}
