package object_test

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// marked returns an object with the two annotations of a mark; an empty text leaves its annotation out.
func marked(kind, namespace, name, tracking, installation string) *unstructured.Unstructured {
	a := map[string]string{}
	if tracking != "" {
		a[object.AnnotationTracking] = tracking
	}
	if installation != "" {
		a[object.AnnotationInstallation] = installation
	}
	return made("v1", kind, namespace, name, a)
}

func TestWhoOwnsAnObject(t *testing.T) {
	t.Parallel()
	const mine = "shop:/ConfigMap:web/settings"
	for name, c := range map[string]struct {
		u              *unstructured.Unstructured
		owned, foreign bool
	}{
		"an object with our mark is ours":                {marked("ConfigMap", "web", "settings", mine, "store-1"), true, false},
		"an object without a mark is nobody's":           {marked("ConfigMap", "web", "settings", "", ""), false, false},
		"an installation alone is no mark":               {marked("ConfigMap", "web", "settings", "", "store-1"), false, false},
		"an unreadable mark is nobody's":                 {marked("ConfigMap", "web", "settings", "shop", "store-1"), false, false},
		"another application's object is foreign":        {marked("ConfigMap", "web", "settings", "other:/ConfigMap:web/settings", "store-1"), false, true},
		"the same application of another store's is too": {marked("ConfigMap", "web", "settings", mine, "store-2"), false, true},
		"a mark without an installation is foreign":      {marked("ConfigMap", "web", "settings", mine, ""), false, true},
		"a copy under another name is nobody's":          {marked("ConfigMap", "web", "copy", mine, "store-1"), false, false},
		"a copy in another namespace is nobody's":        {marked("ConfigMap", "test", "settings", mine, "store-1"), false, false},
		"a copy as another kind is nobody's":             {marked("Secret", "web", "settings", mine, "store-1"), false, false},
		"a copy of another's object is nobody's":         {marked("ConfigMap", "web", "copy", "other:/ConfigMap:web/settings", "store-2"), false, false},
		"a cluster-scoped object with our mark is ours":  {marked("Namespace", "", "web", "shop:/Namespace:/web", "store-1"), true, false},
		"so it is with the destination's namespace":      {marked("Namespace", "", "web", "shop:/Namespace:anywhere/web", "store-1"), true, false},
		"a copy of a cluster-scoped object is nobody's":  {marked("Namespace", "", "copy", "shop:/Namespace:/web", "store-1"), false, false},
		"a cluster-scoped object of another is foreign":  {marked("Namespace", "", "web", "other:/Namespace:anywhere/web", "store-1"), false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := object.Owned(c.u, "shop", "store-1"); got != c.owned {
				t.Errorf("owned is %v, want %v", got, c.owned)
			}
			m, foreign := object.Foreign(c.u, "shop", "store-1")
			if foreign != c.foreign {
				t.Errorf("foreign is %v, want %v", foreign, c.foreign)
			}
			if foreign && m != object.MarkOf(c.u) {
				t.Errorf("the foreign mark is %#v", m)
			}
		})
	}
	t.Run("an application without a name owns nothing", func(t *testing.T) {
		t.Parallel()
		if object.Owned(marked("ConfigMap", "web", "settings", "", ""), "", "") {
			t.Error("it owns an object without a mark")
		}
	})
}
