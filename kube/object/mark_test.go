package object_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

var shopSettings = object.Ref{Kind: "ConfigMap", Namespace: "web", Name: "settings"}

func TestParseMark(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want object.Mark
	}{
		"a namespaced object": {
			"shop:apps/Deployment:web/nginx",
			object.Mark{App: "shop", Ref: object.Ref{Group: "apps", Kind: "Deployment", Namespace: "web", Name: "nginx"}},
		},
		"the core group is empty":          {"shop:/ConfigMap:web/settings", object.Mark{App: "shop", Ref: shopSettings}},
		"a cluster-scoped object":          {"shop:/Namespace:/web", object.Mark{App: "shop", Ref: object.Ref{Kind: "Namespace", Name: "web"}}},
		"an application of another folder": {"team_shop:/ConfigMap:web/settings", object.Mark{App: "team_shop", Ref: shopSettings}},
		"a name with colons": {
			"shop:g/ClusterRole:/system:node", object.Mark{App: "shop", Ref: object.Ref{Group: "g", Kind: "ClusterRole", Name: "system:node"}},
		},
	} {
		t.Run(name+" is read and written alike", func(t *testing.T) {
			t.Parallel()
			got, ok := object.ParseMark(c.text)
			if !ok || got != c.want {
				t.Fatalf("%s is read as %#v (%v), want %#v", c.text, got, ok, c.want)
			}
			if got.String() != c.text {
				t.Errorf("%s is written back as %s", c.text, got)
			}
		})
	}
}

func TestParseMarkRefuses(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"nothing":                "",
		"an application alone":   "shop",
		"two parts":              "shop:apps/Deployment",
		"no group":               "shop:Deployment:web/nginx",
		"no namespace":           "shop:apps/Deployment:nginx",
		"an empty application":   ":apps/Deployment:web/nginx",
		"an empty kind":          "shop:apps/:web/nginx",
		"an empty name":          "shop:apps/Deployment:web/",
		"parts in another order": "apps/Deployment:shop:web/nginx",
	} {
		t.Run(name+" is no mark", func(t *testing.T) {
			t.Parallel()
			if m, ok := object.ParseMark(text); ok || m != (object.Mark{}) {
				t.Errorf("%q is read as %#v", text, m)
			}
			u := made("v1", "ConfigMap", "web", "settings", map[string]string{
				object.AnnotationTracking: text, object.AnnotationInstallation: "store-1",
			})
			if m := object.MarkOf(u); m != (object.Mark{}) {
				t.Errorf("an object with %q has the mark %#v", text, m)
			}
		})
	}
}

func TestSetMark(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]map[string]string{
		"an object without annotations":   nil,
		"an object with other ones":       {"team": "blue"},
		"an object with another's mark":   {object.AnnotationTracking: "other:/ConfigMap:web/settings", object.AnnotationInstallation: "store-2"},
		"a copy of another marked object": {object.AnnotationTracking: "shop:/ConfigMap:web/original", object.AnnotationInstallation: "store-1"},
	} {
		t.Run(name+" gets the mark", func(t *testing.T) {
			t.Parallel()
			u := made("v1", "ConfigMap", "web", "settings", before)
			object.SetMark(u, "shop", "store-1")
			want := map[string]string{}
			for k, v := range before {
				want[k] = v
			}
			want[object.AnnotationTracking] = "shop:/ConfigMap:web/settings"
			want[object.AnnotationInstallation] = "store-1"
			if d := cmp.Diff(want, u.GetAnnotations()); d != "" {
				t.Errorf("the annotations (-want +got):\n%s", d)
			}
			if got := object.MarkOf(u); got != (object.Mark{App: "shop", Ref: shopSettings, Installation: "store-1"}) {
				t.Errorf("the mark reads %#v", got)
			}
			if !object.Owned(u, "shop", "store-1") {
				t.Error("the object is not owned by whom its mark names")
			}
		})
	}
}

// TestAMarkIsReadWithoutACopy holds what it costs to ask all objects of a cluster whose they are.
func TestAMarkIsReadWithoutACopy(t *testing.T) {
	u := made("apps/v1", "Deployment", "web", "nginx", map[string]string{"team": "blue"})
	object.SetMark(u, "shop", "store-1")
	if n := testing.AllocsPerRun(10, func() {
		if !object.Owned(u, "shop", "store-1") {
			t.Error("the object is not owned by whom its mark names")
		}
	}); n != 0 {
		t.Errorf("to ask whose an object is allocates %v times", n)
	}
}

func TestAMarkAmongAnnotationsThatAreNoTexts(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]any{"a number": int64(1), "a truth": true, "a list": []any{"a"}, "nothing": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := made("v1", "ConfigMap", "web", "settings", nil)
			object.SetMark(u, "shop", "store-1")
			u.Object["metadata"].(map[string]any)["annotations"].(map[string]any)["other"] = value
			_, read := u.GetAnnotations()[object.AnnotationTracking]
			if owned := object.Owned(u, "shop", "store-1"); owned != read {
				t.Errorf("the object is owned: %v, its annotations can be read: %v", owned, read)
			}
		})
	}
}
