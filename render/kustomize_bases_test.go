package render_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

const (
	elsewhereURL = "https://git.example.com/org/repo//base?ref=v1"
	broughtTo    = app.BaseFolder + "/0a1b/base"
)

// brought is an overlay whose base was brought from elsewhere, with a component and a patch.
var brought = repo{
	"stage/kustomization.yaml":                        "resources: ['" + elsewhereURL + "']\nnamePrefix: stage-\n",
	app.Base("stage", elsewhereURL):                   broughtTo,
	broughtTo + "/kustomization.yaml":                 "resources: [deployment.yaml]\npatches: [{path: more/patch.yaml}]\ncomponents: [../extra]\n",
	broughtTo + "/deployment.yaml":                    deployment,
	broughtTo + "/more/patch.yaml":                    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: front}\nspec: {replicas: 7}\n",
	app.BaseFolder + "/0a1b/extra/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnameSuffix: -x\n",
	"secret.env": "password=canary-91\n",
}

func TestABaseThatWasBroughtIsRendered(t *testing.T) {
	t.Parallel()
	out := brought.render(t, app.Source{Path: "stage"})
	if d := cmp.Diff([]string{"Deployment/stage-front-x"}, names(out.Objects)); d != "" {
		t.Error(d)
	}
	if got := field(t, out, "spec", "replicas"); got != "7" {
		t.Errorf("the patch in the base gives %s replicas", got)
	}
	const component = "git@git.example.com:org/more.git//c"
	out = brought.with(repo{
		app.Base("stage", component):                app.BaseFolder + "/0c/c",
		app.BaseFolder + "/0c/c/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: c-\n",
	}).render(t, app.Source{Path: "stage", Kustomize: &app.KustomizeSource{Components: []string{component}, IgnoreMissingComponents: true}})
	if d := cmp.Diff([]string{"Deployment/stage-c-front-x"}, names(out.Objects)); d != "" {
		t.Errorf("with a component of the source: %s", d)
	}
}

func TestFilesThatWereBroughtArePatchesAndResources(t *testing.T) {
	t.Parallel()
	const resource, patch = "https://example.com/r/deployment.yaml?x=y", "https://example.com/p.yaml"
	out := repo{
		"kustomization.yaml":                   "resources: ['" + resource + "']\npatches: [{path: '" + patch + "'}]\n",
		app.Base(".", resource):                app.BaseFolder + "/01/deployment.yaml",
		app.BaseFolder + "/01/deployment.yaml": deployment,
		app.Base(".", patch):                   app.BaseFolder + "/02/p.yaml",
		app.BaseFolder + "/02/p.yaml":          brought[broughtTo+"/more/patch.yaml"],
	}.render(t, app.Source{Path: "."})
	if got := field(t, out, "spec", "replicas"); got != "7" {
		t.Errorf("the patch gives %s replicas", got)
	}
}

func TestABaseReadsNothingOfTheRepositoryThatNamesIt(t *testing.T) {
	t.Parallel()
	generator := "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: p}\nname: p\nenvs: ['PATH']\n"
	for name, base := range map[string]repo{
		"a generator":            {broughtTo + "/kustomization.yaml": "configMapGenerator: [{name: a, envs: [../../../../secret.env]}]\n"},
		"a generator, absolute":  {broughtTo + "/kustomization.yaml": "configMapGenerator: [{name: a, envs: [/secret.env]}]\n"},
		"another base":           {broughtTo + "/kustomization.yaml": "resources: [../../../../plain]\n"},
		"a generator's own file": {broughtTo + "/kustomization.yaml": "generators: [g.yaml]\n", broughtTo + "/g.yaml": strings.Replace(generator, "PATH", "../../../../secret.env", 1)},
		"the same, absolute":     {broughtTo + "/kustomization.yaml": "generators: [g.yaml]\n", broughtTo + "/g.yaml": strings.Replace(generator, "PATH", "/secret.env", 1)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := brought.with(base).with(repo{"plain/kustomization.yaml": "configMapGenerator: [{name: a, envs: [../secret.env]}]\n"}).fails(t, app.Source{Path: "stage"})
			if said := err.Error(); strings.Contains(said, "canary") {
				t.Errorf("it tells the secret: %s", said)
			}
		})
	}
}

func TestWhatIsWrongWithABaseIsSaidByItsURL(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		base repo
		says string
	}{
		"no kustomization":     {repo{broughtTo + "/kustomization.yaml": "resources: [../empty]\n", app.BaseFolder + "/0a1b/empty/x.yaml": ""}, "no kustomization.yaml in https://git.example.com/org/repo//empty?ref=v1"},
		"a missing file":       {repo{broughtTo + "/kustomization.yaml": "resources: [gone.yaml]\n"}, "https://git.example.com/org/repo//base/gone.yaml?ref=v1"},
		"no YAML":              {repo{broughtTo + "/kustomization.yaml": "resources: [a\n"}, "read https://git.example.com/org/repo//base/kustomization.yaml?ref=v1"},
		"a way out of it":      {repo{broughtTo + "/kustomization.yaml": "resources: [../../other]\n"}, "kustomization in https://git.example.com/org/repo//base?ref=v1 names ../../other, which is outside"},
		"a base that it names": {repo{broughtTo + "/kustomization.yaml": "resources: ['https://mira:canary@other.example.com/a/b']\n"}, "kustomization in https://git.example.com/org/repo//base?ref=v1 names a remote base: https://other.example.com/a/b, which was not brought"},
		"a circle": {
			repo{broughtTo + "/kustomization.yaml": "resources: ['" + elsewhereURL + "']\n", app.Base(broughtTo, elsewhereURL): broughtTo}, "cycle detected",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := brought.with(c.base).fails(t, app.Source{Path: "stage"}, c.says)
			if said := err.Error() + hint.Of(err); strings.Contains(said, app.BaseFolder) || strings.Contains(said, "canary") {
				t.Errorf("it names what no author knows, or a password: %s", said)
			}
		})
	}
}

// unreachable is a repository with a base that could not be brought.
type unreachable struct{ fs.FS }

func (u unreachable) Open(name string) (fs.File, error) {
	if name == app.Base("stage", elsewhereURL) {
		return nil, hint.With(errors.New("the host git.example.com is not known"), "check the URL")
	}
	return u.FS.Open(name)
}

func TestABaseThatCouldNotBeBroughtSaysWhy(t *testing.T) {
	t.Parallel()
	p := pool(t, options())
	req := brought.request(app.Source{Path: "stage"})
	req.Files = unreachable{req.Files}
	_, err := p.Render(t.Context(), req)
	const want = "kustomization in stage names https://git.example.com/org/repo//base?ref=v1: the host git.example.com is not known"
	if err == nil || !strings.Contains(err.Error(), want) || hint.Of(err) != "check the URL" {
		t.Errorf("got %v (%s)", err, hint.Of(err))
	}
	req.Files = brought.fs()
	if _, err := p.Render(t.Context(), req); err != nil {
		t.Errorf("once it is reachable: %v", err)
	}
}

func TestABaseThatMovedIsRenderedAnew(t *testing.T) {
	t.Parallel()
	p := pool(t, options())
	req := brought.request(app.Source{Path: "stage"})
	for _, want := range []string{"7", "1"} {
		out, err := p.Render(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		if got := field(t, out, "spec", "replicas"); got != want {
			t.Errorf("%s replicas, want %s", got, want)
		}
		files, _ := req.Files.(fstest.MapFS)
		moved := fstest.MapFS{}
		for name, f := range files {
			moved[strings.Replace(name, "/0a1b/", "/0a1c/", 1)] = f
		}
		moved[app.Base("stage", elsewhereURL)] = &fstest.MapFile{Data: []byte(app.BaseFolder + "/0a1c/base")}
		moved[app.BaseFolder+"/0a1c/base/kustomization.yaml"] = &fstest.MapFile{Data: []byte("resources: [deployment.yaml]\n")}
		req.Files = moved
	}
	if p.Renders() != 2 {
		t.Errorf("%d renderings", p.Renders())
	}
}

func TestOriginsNameTheRepository(t *testing.T) {
	t.Parallel()
	out := brought.with(repo{
		"stage/kustomization.yaml": brought["stage/kustomization.yaml"] + "buildMetadata: [originAnnotations, transformerAnnotations]\n",
	}).render(t, app.Source{Path: "stage"})
	a := out.Objects[0].GetAnnotations()
	if d := cmp.Diff("path: base/deployment.yaml\nrepo: https://git.example.com/org/repo\nref: v1\n", a["config.kubernetes.io/origin"]); d != "" {
		t.Error(d)
	}
	transformed := a["alpha.config.kubernetes.io/transformations"]
	if strings.Contains(transformed, app.BaseFolder) || !strings.Contains(transformed, "configuredIn: base/kustomization.yaml") || !strings.Contains(transformed, "configuredIn: kustomization.yaml") {
		t.Errorf("the transformations: %s", transformed)
	}
}

func TestAnEncryptedFileOfABaseIsNamedByItsURL(t *testing.T) {
	t.Parallel()
	for name, kustomization := range map[string]string{
		"what holds encrypted text": "resources: [s.yaml]\n",
		"what cannot be built":      "resources: [s.yaml, gone.yaml]\n",
		"what makes a Secret of it": "secretGenerator: [{name: s, files: [s.yaml]}]\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := brought.with(repo{broughtTo + "/kustomization.yaml": kustomization, broughtTo + "/s.yaml": sealed(t, "encrypted-several.yaml")})
			_, err := pool(t, options()).Render(t.Context(), files.request(app.Source{Path: "stage"}))
			if err == nil {
				t.Fatal("it renders")
			}
			said := err.Error() + " " + hint.Of(err)
			if !strings.Contains(said, "https://git.example.com/org/repo//base/s.yaml?ref=v1: it is encrypted by SOPS") || strings.Contains(said, app.BaseFolder) {
				t.Errorf("it says %s", said)
			}
		})
	}
}
