package render_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// mirrored replaces images already, and has a label and an annotation.
var mirrored = repo{
	"web/kustomization.yaml": `resources: [pod.yaml]
images: [{name: nginx, newName: mirror/nginx, newTag: "1.1"}]
commonLabels: {team: shop}
commonAnnotations: {note: old}
`,
	"web/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: \"nginx:1.0\"}]}\n",
}

func TestImagesTakeThePlaceOfTheKustomizations(t *testing.T) {
	t.Parallel()
	for image, want := range map[string]string{
		"nginx=*:1.2": "mirror/nginx:1.2", "nginx:1.2@sha256:cccc": "nginx:1.2@sha256:cccc", "nginx:1.2": "nginx:1.2", "nginx=other:*": "other:1.1",
		"nginx=host:5000/nginx": "host:5000/nginx:1.0", "nginx=a:1@sha256:cccc": "a:1@sha256:cccc", "nginx=": "nginx:1.0",
	} {
		t.Run(image, func(t *testing.T) {
			t.Parallel()
			out := mirrored.render(t, app.Source{Path: "web", Kustomize: &app.KustomizeSource{Images: []string{image}}})
			containers, _, err := unstructured.NestedSlice(out.Objects[0].Object, "spec", "containers")
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff([]any{map[string]any{"name": "web", "image": want}}, containers); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestOptionsOfAKustomizationThatSayNothingAreRefused(t *testing.T) {
	t.Parallel()
	for want, opts := range map[string]app.KustomizeSource{
		`image ":2"`:             {Images: []string{":2"}},
		`image "nginx"`:          {Images: []string{"nginx"}},
		"the label team too":     {CommonLabels: map[string]string{"team": "web"}},
		"the annotation note":    {CommonAnnotations: map[string]string{"note": "new"}},
		"labelIncludeTemplates":  {CommonLabels: map[string]string{"area": "web"}, LabelIncludeTemplates: true},
		"web: many is no number": {Replicas: []app.KustomizeReplica{{Name: "web", Count: "many"}}},
		"nothing in the reposit": {Components: []string{"../z*"}},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			err := mirrored.fails(t, app.Source{Path: "web", Kustomize: &opts})
			if !strings.Contains(err.Error(), want) || hint.Of(err) == "" {
				t.Errorf("%v (%s)", err, hint.Of(err))
			}
		})
	}
}
