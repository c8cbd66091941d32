package render_test

import (
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// TestARenderingSaysWhatWasBroughtToIt compares what identifies the content from elsewhere.
func TestARenderingSaysWhatWasBroughtToIt(t *testing.T) {
	t.Parallel()
	p := pool(t, options())
	id := func(t *testing.T, files repo, src app.Source) string {
		t.Helper()
		out, err := p.Render(t.Context(), files.request(src))
		if err != nil {
			t.Fatal(err)
		}
		again, err := p.Render(t.Context(), files.request(src))
		if err != nil || again.Brought != out.Brought {
			t.Errorf("the same came with %q and then with %q, %v", out.Brought, again.Brought, err)
		}
		return out.Brought
	}
	overlay := app.Source{Path: "stage"}
	t.Run("nothing is", func(t *testing.T) {
		t.Parallel()
		if got := id(t, plain, app.Source{Path: "app"}); got != "" {
			t.Errorf("it was brought %q", got)
		}
	})
	t.Run("a base is, by the content that was read", func(t *testing.T) {
		t.Parallel()
		before := id(t, brought, overlay)
		if before == "" {
			t.Fatal("a base is nothing")
		}
		moved := repo{}
		for name, text := range brought {
			moved[strings.Replace(name, "/0a1b/", "/0a1c/", 1)] = text
		}
		moved[app.Base("stage", elsewhereURL)] = app.BaseFolder + "/0a1c/base"
		if got := id(t, moved, overlay); got != before {
			t.Error("a commit of the base that changes none of its files is another base")
		}
		moved[app.BaseFolder+"/0a1c/base/more/patch.yaml"] = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: front}\nspec: {replicas: 8}\n"
		if got := id(t, moved, overlay); got == before {
			t.Error("another file of the base is the same base")
		}
		own := brought.with(repo{"stage/kustomization.yaml": "resources: ['" + elsewhereURL + "']\nnamePrefix: other-\n"})
		if got := id(t, own, overlay); got != before {
			t.Error("a file of the repository itself is part of the base")
		}
	})
	t.Run("a package that a chart depends on is", func(t *testing.T) {
		t.Parallel()
		name := app.Dependency("web", "base", "1.x", baseRepository)
		one, two := depending.with(repo{name: packaged(t, "1.0.0", "one")}), depending.with(repo{name: packaged(t, "1.1.0", "one")})
		a, b := id(t, one, helm(app.HelmSource{})), id(t, two, helm(app.HelmSource{}))
		if a == "" || a == b {
			t.Errorf("the versions are %q and %q", a, b)
		}
	})
}
