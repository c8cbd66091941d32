package render_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: {name: front}
spec:
  replicas: 1
  selector: {matchLabels: {app: front}}
  template:
    metadata: {labels: {app: front}}
    spec: {containers: [{name: front, image: "nginx:1"}]}
`

// overlays is one base with an overlay beside it.
var overlays = repo{
	"base/kustomization.yaml":  "resources: [deployment.yaml]\n",
	"base/deployment.yaml":     deployment,
	"stage/kustomization.yaml": "resources: [../base]\nnamePrefix: stage-\nconfigMapGenerator:\n- {name: page, files: [page.html], options: {disableNameSuffixHash: true}}\n",
	"stage/page.html":          "<p>",
	"extra/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: c-\n",
}

func TestKustomizeOverlay(t *testing.T) {
	t.Parallel()
	out := overlays.render(t, app.Source{Path: "stage"})
	if out.Tool != app.ToolKustomize || out.Why != "kustomization.yaml in stage" {
		t.Errorf("got %s because %s", out.Tool, out.Why)
	}
	if d := cmp.Diff([]string{"ConfigMap/stage-page", "Deployment/stage-front"}, names(out.Objects), unordered); d != "" {
		t.Error(d)
	}
}

func TestKustomizeOptions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options app.KustomizeSource
		// want is a part of the Deployment.
		want string
	}{
		"a prefix and a suffix": {app.KustomizeSource{NamePrefix: "a-", NameSuffix: "-b"}, "metadata: {name: a-front-b}"},
		"a namespace, as it is written": {
			app.KustomizeSource{Namespace: "$ARGOCD_APP_NAME-x"}, `metadata: {namespace: "$ARGOCD_APP_NAME-x"}`,
		},
		"a namespace": {app.KustomizeSource{Namespace: "other"}, "metadata: {namespace: other}"},
		"an image's tag": {
			app.KustomizeSource{Images: []string{"nginx:2"}}, `spec: {template: {spec: {containers: [{name: front, image: "nginx:2"}]}}}`,
		},
		"another image with a digest": {
			app.KustomizeSource{Images: []string{"nginx=registry.example.com:5000/nginx@sha256:abcd"}},
			`spec: {template: {spec: {containers: [{name: front, image: "registry.example.com:5000/nginx@sha256:abcd"}]}}}`,
		},
		"replicas": {app.KustomizeSource{Replicas: []app.KustomizeReplica{{Name: "front", Count: "4"}}}, "spec: {replicas: 4}"},
		"labels, of selectors too": {
			app.KustomizeSource{CommonLabels: map[string]string{"team": "$ARGOCD_APP_NAME"}}, "spec: {selector: {matchLabels: {app: front, team: web}}}",
		},
		"labels of objects only": {
			app.KustomizeSource{CommonLabels: map[string]string{"team": "shop"}, LabelWithoutSelector: true}, "spec: {selector: {matchLabels: {app: front}}}",
		},
		"annotations": {
			app.KustomizeSource{CommonAnnotations: map[string]string{"note": "$ARGOCD_APP_NAME"}, CommonAnnotationsEnvsubst: true},
			"metadata: {annotations: {note: web}}",
		},
		"a patch": {
			app.KustomizeSource{Patches: []app.KustomizePatch{{Patch: "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: front}\nspec: {replicas: 7}\n"}}},
			"spec: {replicas: 7}",
		},
		"a component": {app.KustomizeSource{Components: []string{"../extra"}}, "metadata: {name: c-front}"},
		"a component that may be missing": {
			app.KustomizeSource{Components: []string{"../gone"}, IgnoreMissingComponents: true}, "metadata: {name: front}",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := overlays.render(t, app.Source{Path: "base", Kustomize: &c.options})
			want := map[string]any{}
			if err := yaml.Unmarshal([]byte(c.want), &want); err != nil {
				t.Fatal(err)
			}
			got := part(out.Objects[0], want)
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}

// part returns what an object has in the places of want; maps that want ends in are whole.
func part(u *unstructured.Unstructured, want map[string]any) map[string]any {
	var pick func(have any, want any) any
	pick = func(have any, want any) any {
		w, isMap := want.(map[string]any)
		h, _ := have.(map[string]any)
		if !isMap || leaf(w) {
			if n, ok := have.(int64); ok {
				return float64(n)
			}
			return have
		}
		out := map[string]any{}
		for k, v := range w {
			out[k] = pick(h[k], v)
		}
		return out
	}
	out, _ := pick(u.Object, want).(map[string]any)
	return out
}

// leaf reports whether a map holds texts only, and more than a name.
func leaf(m map[string]any) bool {
	for _, v := range m {
		if _, text := v.(string); !text {
			return false
		}
	}
	_, name := m["name"]
	_, namespace := m["namespace"]
	return !name && !namespace
}

func TestKustomizeFailures(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		more    repo
		options *app.KustomizeSource
		says    []string
	}{
		"a base from elsewhere":           {repo{"base/kustomization.yaml": "resources: [\"https://github.com/x/y//z?ref=v1\"]\n"}, nil, []string{"https://github.com/x/y", "copy the base"}},
		"a base out of the repository":    {repo{"base/kustomization.yaml": "resources: [../../other]\n"}, nil, []string{"../../other", "outside"}},
		"a resource that is missing":      {repo{"base/kustomization.yaml": "resources: [gone.yaml]\n"}, nil, []string{"gone.yaml"}},
		"a kustomization that is no YAML": {repo{"base/kustomization.yaml": "resources: [a\n"}, nil, []string{"base/kustomization.yaml"}},
		"a field that there is none of":   {repo{"base/kustomization.yaml": "resourses: [a.yaml]\n"}, nil, []string{"resourses"}},
		"no kustomization":                {nil, &app.KustomizeSource{}, []string{"kustomization.yaml", "stage2"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src := app.Source{Path: "base", Kustomize: c.options}
			files := overlays.with(c.more)
			if c.options != nil {
				src.Path = "stage2"
				files = files.with(repo{"stage2/deployment.yaml": deployment})
			}
			_ = files.fails(t, src, c.says...)
		})
	}
}
