package render_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/render"
)

// stages has values files in several folders; envs has a folder whose name is before that of a file beside it.
var stages = repo{
	"web/Chart.yaml": "apiVersion: v2\nname: front\nversion: 1.2.3\n", "web/values.yaml": "value: chart\n",
	"web/templates/page.yaml": configMap("page", "{{ .Values.value }}"),
	"web/prod/a.yaml":         "value: prod/a\n", "web/prod/b.yaml": "value: prod/b\n", "web/prod/nested/c.yaml": "value: prod/c\n", "web/prod/nested/d.yaml": "value: prod/d\n",
	"web/envs/a.yaml": "value: envs/a\n", "web/envs/z.yaml": "value: envs/z\n", "web/envs/nested/c.yaml": "value: envs/c\n",
	"web/front/x.yaml": "value: front/x\n", "common/x.yaml": "value: common/x\n", "web/{a}.yaml": "value: braces\n",
}

// outerStages are files of another repository.
var outerStages = repo{"prod/x.yaml": "value: x\n", "prod/y.yaml": "value: y\n", "prod/nested/z.yaml": "value: z\n", "web/x.yaml": "value: web\n"}

func staged(h app.HelmSource) app.RenderRequest {
	req := stages.request(helm(h))
	req.Refs = map[string]fsys{"ref": outerStages.fs()}
	return req
}

func TestPatternsOfValuesFiles(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files string
		// want are the files in their order, from the folder of the chart where they are in it.
		want string
	}{
		"files of a folder, by name":                          {"prod/*.yaml", "prod/a.yaml prod/b.yaml"},
		"one that fits":                                       {"prod/a*.yaml", "prod/a.yaml"},
		"a character of several":                              {"prod/[b-z].yaml", "prod/b.yaml"},
		"any character":                                       {"prod/?.yaml", "prod/a.yaml prod/b.yaml"},
		"a folder's files before those of its folders":        {"envs/**/*.yaml", "envs/a.yaml envs/z.yaml envs/nested/c.yaml"},
		"folders of a name anywhere":                          {"**/nested/*.yaml", "envs/nested/c.yaml prod/nested/c.yaml prod/nested/d.yaml"},
		"no folders":                                          {"prod/*", "prod/a.yaml prod/b.yaml"},
		"from the root of the repository":                     {"/common/*.yaml", "/common/x.yaml"},
		"a variable":                                          {"$ARGOCD_APP_NAME/*.yaml front/*.yaml", "front/x.yaml"},
		"another source":                                      {"$ref/prod/*.yaml", "$ref/prod/x.yaml $ref/prod/y.yaml"},
		"another source, with a variable":                     {"$ref/$ARGOCD_APP_NAME/*.yaml", "$ref/web/x.yaml"},
		"another source, at any depth":                        {"$ref/prod/**/*.yaml", "$ref/prod/x.yaml $ref/prod/y.yaml $ref/prod/nested/z.yaml"},
		"an entry behind a pattern":                           {"envs/*.yaml envs/a.yaml", "envs/z.yaml envs/a.yaml"},
		"an entry before a pattern":                           {"prod/b.yaml prod/*.yaml", "prod/b.yaml prod/a.yaml"},
		"an entry that is written otherwise":                  {"prod/*.yaml ./prod/../prod/a.yaml", "prod/b.yaml prod/a.yaml"},
		"two patterns, of which the first one counts":         {"prod/**/*.yaml prod/*.yaml", "prod/a.yaml prod/b.yaml prod/nested/c.yaml prod/nested/d.yaml"},
		"entries and patterns":                                {"prod/a.yaml prod/*.yaml prod/b.yaml prod/**/*.yaml prod/nested/c.yaml", "prod/a.yaml prod/b.yaml prod/nested/d.yaml prod/nested/c.yaml"},
		"an entry twice, of which the first one counts":       {"prod/a.yaml prod/b.yaml prod/a.yaml", "prod/a.yaml prod/b.yaml"},
		"an entry of another source is not that of this one":  {"prod/*.yaml $ref/prod/x.yaml", "prod/a.yaml prod/b.yaml $ref/prod/x.yaml"},
		"an entry of another source behind a pattern of it":   {"$ref/prod/*.yaml $ref/prod/x.yaml", "$ref/prod/y.yaml $ref/prod/x.yaml"},
		"braces alone are a name":                             {"{a}.yaml", "{a}.yaml"},
		"patterns that fit nothing, when files may be absent": {"dev/*.yaml **/none/*.yaml prod/a.yaml $ref/dev/*.yaml", "prod/a.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := app.HelmSource{ValueFiles: strings.Fields(c.files), IgnoreMissingValueFiles: strings.Contains(name, "absent") || strings.Contains(name, "a variable")}
			v, err := render.Values{}.Values(t.Context(), staged(h))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range v.Files[1:] {
				got = append(got, f.Path)
			}
			var want []string
			for _, f := range strings.Fields(c.want) {
				switch {
				case strings.HasPrefix(f, "/"):
					f = f[1:]
				case !strings.HasPrefix(f, "$"):
					f = "web/" + f
				}
				want = append(want, f)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestAPatternThatFitsNothingIsAnError(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"dev/*.yaml", "**/none/*.yaml", "$ref/dev/*.yaml", "web/*"} {
		_, err := render.Render(t.Context(), staged(app.HelmSource{ValueFiles: []string{"prod/a.yaml", file}}))
		if !errors.Is(err, app.ErrNotFound) || !strings.Contains(err.Error(), file) || !strings.Contains(hint.Of(err), "ignoreMissingValueFiles") {
			t.Errorf("%s: %v (%s)", file, err, hint.Of(err))
		}
	}
}

func TestAPatternLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"../../*.yaml", "$ref/../*.yaml", "../../x.yaml", "$ref/../x.yaml"} {
		_, err := render.Render(t.Context(), staged(app.HelmSource{ValueFiles: []string{file}, IgnoreMissingValueFiles: true}))
		if err == nil || !strings.Contains(err.Error(), "leads out of the repository") || hint.Of(err) == "" {
			t.Errorf("%s: %v (%s)", file, err, hint.Of(err))
		}
	}
}
