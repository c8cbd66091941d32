package render_test

import (
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

func TestWhatIsWrongHasItsRemedy(t *testing.T) {
	t.Parallel()
	kustomized := func(k string, opts *app.KustomizeSource) (repo, app.Source) {
		return repo{"web/kustomization.yaml": k, "web/a.yaml": configMap("a", "x"), "empty/x.txt": ""}, app.Source{Path: "web", Kustomize: opts}
	}
	charted := func(more repo, h app.HelmSource) (repo, app.Source) { return still.with(more), helm(h) }
	plain := func(text string) (repo, app.Source) { return repo{"web/a.yaml": text}, app.Source{Path: "web"} }
	type given func() (repo, app.Source)
	for name, c := range map[string]struct {
		given        given
		says, remedy string
	}{
		"a component that is missing": {
			func() (repo, app.Source) {
				return kustomized("resources: [a.yaml]\n", &app.KustomizeSource{Components: []string{"../gone"}})
			}, "../gone", "kustomize.components",
		},
		"a base without a kustomization": {func() (repo, app.Source) { return kustomized("resources: [../empty]\n", nil) }, "empty", "the kustomization that names it"},
		"a folder without a kustomization": {
			func() (repo, app.Source) {
				return repo{"web/a.yaml": ""}, app.Source{Path: "web", Kustomize: &app.KustomizeSource{}}
			}, "no kustomization.yaml", "spec.source.path",
		},
		"a base outside of the repository": {func() (repo, app.Source) { return kustomized("resources: [../../x]\n", nil) }, "outside", "of the repository"},
		"a resource that is missing":       {func() (repo, app.Source) { return kustomized("resources: [gone.yaml]\n", nil) }, "gone.yaml", "correct the kustomization"},
		"a kustomization that is no YAML":  {func() (repo, app.Source) { return kustomized("resources: [a\n", nil) }, "kustomization.yaml", "correct the file"},
		"manifests that are no YAML":       {func() (repo, app.Source) { return plain("a: [b\n") }, "web/a.yaml:2", "correct the file"},
		"a name that is a truth value": {
			func() (repo, app.Source) { return plain("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: y}\n") },
			"metadata.name of a ConfigMap must be a string, not a truth value", "put it in quotes",
		},
		"a name of digits": {
			func() (repo, app.Source) { return plain("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: 12}\n") },
			"metadata.name of a ConfigMap must be a string, not a number", "put it in quotes",
		},
		"a namespace of a template that is a truth value": {
			func() (repo, app.Source) {
				return charted(repo{"web/templates/x.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: no}\n"}, app.HelmSource{})
			}, "metadata.namespace of a ConfigMap must be a string, not a truth value", "put it in quotes",
		},
		"a template that is none": {
			func() (repo, app.Source) {
				return charted(repo{"web/templates/x.yaml": "{{ nothing }}"}, app.HelmSource{})
			}, "nothing", "correct the template",
		},
		"a template that gives no YAML": {
			func() (repo, app.Source) { return charted(repo{"web/templates/x.yaml": "a: [b\n"}, app.HelmSource{}) }, "x.yaml", "correct the template",
		},
		"a version that is none": {func() (repo, app.Source) { return charted(nil, app.HelmSource{KubeVersion: "soon"}) }, "soon", "kubeVersion"},
		"a dependency outside of the repository": {
			func() (repo, app.Source) {
				return charted(repo{"web/Chart.yaml": still["web/Chart.yaml"] + "dependencies: [{name: b, version: 1.0.0, repository: 'file://../../x'}]\n"}, app.HelmSource{})
			}, "outside", "of the repository",
		},
		"values files of the web where nothing is fetched": {
			func() (repo, app.Source) {
				return charted(nil, app.HelmSource{ValueFiles: []string{"https://u:canary@example.com/v.yaml?token=canary"}})
			}, "values file https://example.com/v.yaml: nothing is fetched here", "a copy of the file",
		},
		"values files by another protocol": {
			func() (repo, app.Source) {
				return charted(nil, app.HelmSource{ValueFiles: []string{"s3://bucket/v.yaml"}})
			}, "not fetched by s3", "a source with a ref",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files, src := c.given()
			_, err := pool(t, options()).Render(t.Context(), files.request(src))
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(hint.Of(err), c.remedy) {
				t.Errorf("%v (%s), want %q (%s)", err, hint.Of(err), c.says, c.remedy)
			}
			if err != nil && strings.Contains(err.Error()+hint.Of(err), "canary") {
				t.Errorf("it says a secret: %v (%s)", err, hint.Of(err))
			}
		})
	}
}
