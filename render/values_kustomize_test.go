package render_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/render"
)

const ownKustomization = `# What we run.
resources: [deployment.yaml]  # one
images:
- name: nginx
  newTag: "2"   # tested
- name: sidecar
  newName: registry.example.com:5000/sidecar
commonLabels: {team: web}
patches:
- patch: '[{"op": "add", "path": "/spec/paused", "value": true}]'
  target: {kind: Deployment}
`

var kustomized = repo{
	"deployment.yaml":    strings.ReplaceAll(deployment, "[{name: front", "[{name: side, image: sidecar}, {name: front"),
	"kustomization.yaml": ownKustomization,
}

func TestAKustomizationIsEditedAsOptions(t *testing.T) {
	t.Parallel()
	const patch = "- patch: '[{\"op\": \"add\", \"path\": \"/spec/minReadySeconds\", \"value\": 5}]'\n  target: {kind: Deployment}\n"
	added := app.KustomizePatch{
		Patch: `[{"op": "add", "path": "/spec/minReadySeconds", "value": 5}]`, Target: &app.KustomizeTarget{Kind: "Deployment"},
	}
	opts := app.KustomizeSource{
		Images: []string{"nginx:3", "other:${ARGOCD_APP_NAME}"}, NamePrefix: "a-", CommonLabels: map[string]string{"app": "$ARGOCD_APP_NAME"},
		Patches: []app.KustomizePatch{added},
	}
	with := func(change func(*app.KustomizeSource)) app.KustomizeSource {
		o := opts
		o.Images = append([]string(nil), opts.Images...)
		change(&o)
		return o
	}
	for name, c := range map[string]struct {
		opts      app.KustomizeSource
		old, with string
		want      app.KustomizeSource
		held      []string
	}{
		"an image's tag": {
			app.KustomizeSource{}, `newTag: "2"`, `newTag: "3"`, app.KustomizeSource{Images: []string{"nginx:3"}}, []string{"images.nginx"},
		},
		"an image's digest and name": {
			app.KustomizeSource{},
			`newTag: "2"`, "newName: my/nginx\n  digest: sha256:abcd",
			app.KustomizeSource{Images: []string{"nginx=my/nginx@sha256:abcd"}},
			[]string{"images.nginx"},
		},
		"another image": {
			app.KustomizeSource{}, "images:\n", "images:\n- {name: front, newTag: $x}\n", app.KustomizeSource{Images: []string{"front:$$x"}}, []string{"images.front"},
		},
		"replicas": {
			app.KustomizeSource{},
			"images:", "replicas: [{name: front, count: 4}]\nimages:",
			app.KustomizeSource{Replicas: []app.KustomizeReplica{{Name: "front", Count: int64(4)}}},
			[]string{"replicas.front"},
		},
		"a patch": {
			app.KustomizeSource{}, "  target: {kind: Deployment}\n", "  target: {kind: Deployment}\n" + patch, app.KustomizeSource{Patches: []app.KustomizePatch{added}}, []string{"patches[0]"},
		},
		"a prefix, a suffix and a namespace": {
			app.KustomizeSource{},
			"images:", "namePrefix: a-\nnameSuffix: -b\nnamespace: other\nimages:",
			app.KustomizeSource{NamePrefix: "a-", NameSuffix: "-b", Namespace: "other"},
			[]string{"namePrefix", "nameSuffix", "namespace"},
		},
		"labels": {
			app.KustomizeSource{},
			"{team: web}", "{team: shop, tier: front}",
			app.KustomizeSource{CommonLabels: map[string]string{"team": "shop", "tier": "front"}, ForceCommonLabels: true},
			[]string{"commonLabels.team", "commonLabels.tier"},
		},
		"labels without selectors": {
			app.KustomizeSource{},
			"images:", "labels: [{pairs: {tier: front}, includeTemplates: true}]\nimages:",
			app.KustomizeSource{CommonLabels: map[string]string{"tier": "front"}, LabelWithoutSelector: true, LabelIncludeTemplates: true},
			[]string{"commonLabels.tier"},
		},
		"annotations": {
			app.KustomizeSource{},
			"images:", "commonAnnotations: {cost: $5}\nimages:",
			app.KustomizeSource{CommonAnnotations: map[string]string{"cost": "$5"}},
			[]string{"commonAnnotations.cost"},
		},
		"one option of several": {
			opts, `newTag: "3"`, `newTag: "4"`, with(func(o *app.KustomizeSource) { o.Images = []string{"other:${ARGOCD_APP_NAME}", "nginx:4"} }),
			[]string{"commonLabels.app", "images.nginx", "images.other", "namePrefix", "patches[0]"},
		},
		"an option back to the file's": {
			opts, `newTag: "3"`, `newTag: "2"`, with(func(o *app.KustomizeSource) { o.Images = opts.Images[1:] }),
			[]string{"commonLabels.app", "images.other", "namePrefix", "patches[0]"},
		},
		"an option goes": {
			opts, "namePrefix: a-\n", "", with(func(o *app.KustomizeSource) { o.NamePrefix = "" }),
			[]string{"commonLabels.app", "images.nginx", "images.other", "patches[0]"},
		},
		"a comment": {app.KustomizeSource{}, "# one", "# only one", app.KustomizeSource{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src := app.Source{Path: ".", Kustomize: &c.opts}
			r := edit(t, kustomized, src, c.old, c.with)
			if r.CommitOnly != "" || len(r.Problems) > 0 {
				t.Fatalf("only a commit: %q, problems %v", r.CommitOnly, r.Problems)
			}
			got := app.KustomizeSource{}
			if r.Source.Kustomize != nil {
				got = *r.Source.Kustomize
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("options (-want +got):\n%s", d)
			}
			if d := cmp.Diff(c.held, r.Overridden); d != "" {
				t.Errorf("overridden (-want +got):\n%s", d)
			}
			v, err := render.Values{}.Values(t.Context(), kustomized.request(r.Source))
			if err != nil {
				t.Fatal(err)
			}
			for _, comment := range []string{"# What we run.", "# one", "# tested"} {
				// The comment goes with its line.
				if goes := comment == "# tested" && !strings.Contains(v.Effective, "newTag"); !goes && !strings.Contains(v.Effective, comment) {
					t.Errorf("the text has no %q:\n%s", comment, v.Effective)
				}
			}
		})
	}
}

func TestWhatIsNoOptionOfAnApplicationIsCommitted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ old, with, says string }{
		"resources":             {"[deployment.yaml]", "[]", "resources is no option of an application"},
		"an image goes":         {"- name: sidecar\n  newName: registry.example.com:5000/sidecar\n", "", "cannot take sidecar out of the file's images"},
		"a label goes":          {"{team: web}", "{}", "cannot take team out of the file's commonLabels"},
		"a patch changes":       {`"value": true`, `"value": false`, "change none of those"},
		"an unknown field":      {`newTag: "2"`, `tagSuffix: "-x"`, "cannot say what images has for nginx"},
		"it does not render":    {"images:", "patches:\nimages:", ""},
		"a patch without match": {"target: {kind: Deployment}\n", "target: {kind: Deployment}\n- {path: none.yaml}\n", "it does not render"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := edit(t, kustomized, app.Source{Path: "."}, c.old, c.with)
			if c.says == "" {
				if len(r.Problems) == 0 || r.Problems[0].Warning {
					t.Errorf("no error: %+v", r.Problems)
				}
				return
			}
			if !strings.Contains(r.CommitOnly, c.says) || r.Source.Kustomize != nil || string(r.File) != strings.Replace(ownKustomization, c.old, c.with, 1) {
				t.Errorf("only a commit: %q; %+v", r.CommitOnly, r.Source.Kustomize)
			}
		})
	}
}
