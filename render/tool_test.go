package render_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/render"
)

func TestTheOrderOfTools(t *testing.T) {
	t.Parallel()
	everything := repo{
		"all/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n", "all/kustomization.yaml": "resources: []\n", "all/page.yaml": configMap("page", "one"),
		"all/templates/page.yaml": configMap("chart", "one"),
		"kust/kustomization.yml":  "resources: [page.yaml]\n", "kust/page.yaml": configMap("page", "one"),
		"old/Kustomization": "resources: [page.yaml]\n", "old/page.yaml": configMap("page", "one"),
		"plain/page.yaml": configMap("page", "one"),
		"over/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n", "over/.argocd-source.yaml": "directory: {include: page.yaml}\n", "over/page.yaml": configMap("page", "one"),
	}
	for name, c := range map[string]struct {
		src  app.Source
		tool app.Tool
		why  string
	}{
		"the source's options come first":    {app.Source{Path: "all", Directory: &app.DirectorySource{Include: "page.yaml"}}, app.ToolDirectory, "the source has options of Directory"},
		"a chart before a kustomization":     {app.Source{Path: "all"}, app.ToolHelm, "Chart.yaml in all"},
		"a kustomization":                    {app.Source{Path: "kust"}, app.ToolKustomize, "kustomization.yml in kust"},
		"a kustomization of the oldest name": {app.Source{Path: "old"}, app.ToolKustomize, "Kustomization in old"},
		"plain manifests":                    {app.Source{Path: "plain"}, app.ToolDirectory, "no Chart.yaml and no kustomization.yaml in plain"},
		"options that a file lays over the source": {
			app.Source{Path: "over"}, app.ToolDirectory, "the source has options of Directory, with over/.argocd-source.yaml",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := everything.render(t, c.src)
			if out.Tool != c.tool || out.Why != c.why {
				t.Errorf("%s (%s), want %s (%s)", out.Tool, out.Why, c.tool, c.why)
			}
			v, err := render.Values{}.Values(t.Context(), everything.request(c.src))
			if err != nil {
				t.Fatal(err)
			}
			if v.Tool != c.tool || v.Why != c.why {
				t.Errorf("the editor says %s (%s)", v.Tool, v.Why)
			}
		})
	}
	_ = everything.fails(t, app.Source{Path: "all", Helm: &app.HelmSource{}, Kustomize: &app.KustomizeSource{}}, "several tools", "keep those of one")
	_ = everything.with(repo{"all/.argocd-source.yaml": "kustomize: {namePrefix: x-}\n"}).fails(t, helmIn("all", app.HelmSource{}), "several tools")
}

func helmIn(path string, h app.HelmSource) app.Source { return app.Source{Path: path, Helm: &h} }

func TestFilesThatAreLaidOverASource(t *testing.T) {
	t.Parallel()
	chart := repo{
		"web/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n", "web/templates/page.yaml": configMap("page", `"{{ .Values.a }} {{ .Values.b }}"`),
		"web/values.yaml": "a: chart\nb: chart\n",
	}
	src := helmIn("web", app.HelmSource{Parameters: []app.HelmParameter{{Name: "a", Value: "spec", ForceString: true}, {Name: "b", Value: "spec"}}})
	for name, c := range map[string]struct {
		files repo
		want  string
	}{
		"none":                       {nil, "spec spec"},
		"a list is replaced":         {repo{"web/.argocd-source.yaml": "helm: {parameters: [{name: a, value: file}]}\n"}, "file chart"},
		"null takes away":            {repo{"web/.argocd-source.yaml": "helm: {parameters: null}\n"}, "chart chart"},
		"the application's own last": {repo{"web/.argocd-source.yaml": "helm: {parameters: [{name: a, value: file}]}\n", "web/.argocd-source-web.yaml": "helm: {parameters: [{name: a, value: own}]}\n"}, "own chart"},
		"another application's":      {repo{"web/.argocd-source-shop.yaml": "helm: {parameters: null}\n"}, "spec spec"},
		"the place stays":            {repo{"web/.argocd-source.yaml": "path: elsewhere\ntargetRevision: v2\nrepoURL: https://evil.example\nchart: x\n"}, "spec spec"},
		"an empty file":              {repo{"web/.argocd-source.yaml": "# nothing\n"}, "spec spec"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := chart.with(c.files).request(src)
			if got := field(t, chart.with(c.files).render(t, src), "data", "value"); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if _, err := (render.Values{}).Values(t.Context(), req); err != nil {
				t.Fatal(err)
			}
			want := []app.HelmParameter{{Name: "a", Value: "spec", ForceString: true}, {Name: "b", Value: "spec"}}
			if d := cmp.Diff(want, req.Source.Helm.Parameters); d != "" {
				t.Errorf("the application itself changed:\n%s", d)
			}
		})
	}
	for text, says := range map[string]string{"[a]": "no mapping", "helm: {parameters: 5}": "parameters", "a: [": "line"} {
		_ = chart.with(repo{"web/.argocd-source.yaml": text}).fails(t, src, ".argocd-source.yaml", says)
	}
}

func TestTheBuildEnvironment(t *testing.T) {
	t.Parallel()
	chart := repo{"web/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n", "web/templates/page.yaml": configMap("page", `{{ .Values.a | quote }}`)}
	for text, want := range map[string]string{
		"$ARGOCD_APP_NAME":                   "web",
		"${ARGOCD_APP_NAME}-x":               "web-x",
		"$ARGOCD_APP_NAMESPACE":              "shop",
		"$ARGOCD_APP_PROJECT_NAME":           "default",
		"$ARGOCD_APP_REVISION":               "8f3f1c7d6b5a49382716059483726150a9b8c7d6",
		"$ARGOCD_APP_REVISION_SHORT":         "8f3f1c7",
		"$ARGOCD_APP_REVISION_SHORT_8":       "8f3f1c7d",
		"$ARGOCD_APP_SOURCE_PATH":            "web",
		"$ARGOCD_APP_SOURCE_REPO_URL":        "https://example.com/shop.git",
		"$ARGOCD_APP_SOURCE_TARGET_REVISION": "main",
		"pa$$word":                           "pa$word",
		"$$ARGOCD_APP_NAME":                  "$ARGOCD_APP_NAME",
	} {
		src := helmIn("web", app.HelmSource{Parameters: []app.HelmParameter{{Name: "a", Value: text}}})
		src.RepoURL, src.TargetRevision = "https://example.com/shop.git", "main"
		out := chart.render(t, src)
		if got := field(t, out, "data", "value"); got != want || len(out.Warnings) > 0 {
			t.Errorf("%s: got %q, want %q; warnings %q", text, got, want, out.Warnings)
		}
	}
	t.Run("what is not known is empty, with a warning", func(t *testing.T) {
		t.Parallel()
		out := chart.render(t, helmIn("web", app.HelmSource{Parameters: []app.HelmParameter{{Name: "a", Value: "pa$sword"}}}))
		if got := field(t, out, "data", "value"); got != "pa" || len(out.Warnings) != 1 || !strings.Contains(out.Warnings[0], "$$sword") {
			t.Errorf("got %q, %q", got, out.Warnings)
		}
	})
}
