package conformance

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

const editedObjects = `apiVersion: apps/v1
kind: Deployment
metadata: {name: front, labels: {app: front}}
spec:
  replicas: 1
  selector: {matchLabels: {app: front}}
  template:
    metadata: {labels: {app: front}}
    spec:
      containers:
      - {name: front, image: nginx:1.0}
      - {name: cache, image: "redis@sha256:aaaa"}
      - {name: chain, image: chained}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: store}
spec:
  replicas: 2
  selector: {matchLabels: {app: store}}
  template:
    metadata: {labels: {app: store}}
    spec: {containers: [{name: store, image: "host:5000/org/store:7"}]}
---
apiVersion: v1
kind: Service
metadata: {name: front, annotations: {here: x}}
spec: {selector: {app: front}, ports: [{port: 80}]}
`

// editedFiles are kustomizations that have some of what options set, and one that has nothing.
var editedFiles = map[string]string{
	"plain": "",
	"full": `namePrefix: old-
nameSuffix: -old
namespace: old
images:
- {name: redis, newName: mirror/redis, digest: "sha256:bbbb"}
- {name: nginx, newName: mirror/nginx, newTag: "1.1"}
- {name: host:5000/org/store, newTag: "8"}
replicas: [{name: store, count: 5}]
commonLabels: {team: old}
commonAnnotations: {note: old}
labels:
- pairs: {tier: old}
- pairs: {zone: old}
  includeTemplates: true
patches:
- patch: '[{"op": "add", "path": "/metadata/annotations/first", "value": "patch"}]'
  target: {kind: Service}
components: [../extra]
`,
}

// edits are options of applications. Where options are several, they are laid one after the other, in Argo CD's order.
var edits = map[string]app.KustomizeSource{
	"nothing":                    {},
	"a prefix":                   {NamePrefix: "new-"},
	"a suffix":                   {NameSuffix: "-new"},
	"a prefix that is an option": {NamePrefix: "-x-"},
	"a namespace":                {Namespace: "new"},
	"a replica":                  {Replicas: []app.KustomizeReplica{{Name: "front", Count: float64(3)}}},
	"two replicas":               {Replicas: []app.KustomizeReplica{{Name: "store", Count: "4"}, {Name: "front", Count: float64(1000000)}}},
	"replicas of nothing":        {Replicas: []app.KustomizeReplica{{Name: "absent", Count: float64(3)}}},
	"replicas that are none":     {Replicas: []app.KustomizeReplica{{Name: "front", Count: "many"}}},
	"a label":                    {CommonLabels: map[string]string{"stage": "new"}},
	"a label that is there":      {CommonLabels: map[string]string{"team": "new"}},
	"a label that is replaced":   {CommonLabels: map[string]string{"team": "new"}, ForceCommonLabels: true},
	"a label with a colon":       {CommonLabels: map[string]string{"stage": "a:b"}},
	"an empty label":             {CommonLabels: map[string]string{"stage": ""}},
	"labels without selectors":   {CommonLabels: map[string]string{"stage": "new", "area": "x"}, LabelWithoutSelector: true},
	"bare labels that are there": {CommonLabels: map[string]string{"tier": "new"}, LabelWithoutSelector: true},
	"bare labels that are replaced": {
		CommonLabels: map[string]string{"tier": "new", "team": "new"}, LabelWithoutSelector: true, ForceCommonLabels: true,
	},
	"labels of templates": {CommonLabels: map[string]string{"stage": "new"}, LabelWithoutSelector: true, LabelIncludeTemplates: true},
	"labels of templates that are there": {
		CommonLabels: map[string]string{"zone": "new"}, LabelWithoutSelector: true, LabelIncludeTemplates: true,
	},
	"labels of templates and selectors": {CommonLabels: map[string]string{"stage": "new"}, LabelIncludeTemplates: true},
	"templates without labels":          {LabelIncludeTemplates: true},
	"an annotation":                     {CommonAnnotations: map[string]string{"owner": "new"}},
	"an annotation with a URL":          {CommonAnnotations: map[string]string{"link": "https://example.com/?a=b"}},
	"an annotation that is there":       {CommonAnnotations: map[string]string{"note": "new"}},
	"an annotation that is replaced":    {CommonAnnotations: map[string]string{"note": "new"}, ForceCommonAnnotations: true},
	"a patch":                           {Patches: []app.KustomizePatch{{Patch: "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: front}\nspec: {replicas: 7}\n"}}},
	"patches with targets": {Patches: []app.KustomizePatch{
		{Patch: `[{"op": "replace", "path": "/spec/replicas", "value": 6}]`, Target: &app.KustomizeTarget{Kind: "StatefulSet"}},
		{Path: "patch.yaml", Target: &app.KustomizeTarget{LabelSelector: "app=front"}},
		{Patch: `[{"op": "replace", "path": "/metadata/name", "value": "other"}]`, Target: &app.KustomizeTarget{Kind: "Service"}, Options: map[string]bool{"allowNameChange": true}},
	}},
	"a patch that is not there":       {Patches: []app.KustomizePatch{{Path: "absent.yaml"}}},
	"a component":                     {Components: []string{"../more"}},
	"a component that is there":       {Components: []string{"../extra"}},
	"components by a pattern":         {Components: []string{"../c*"}},
	"a component that is not there":   {Components: []string{"../absent"}},
	"components that may be missing":  {Components: []string{"../absent", "../more"}, IgnoreMissingComponents: true},
	"a pattern that fits nothing":     {Components: []string{"../z*"}},
	"a component twice, in its order": {Components: []string{"../more", "../c1", "../more"}},
	"everything": {
		NamePrefix: "new-", NameSuffix: "-new", Namespace: "new", Images: []string{"nginx=*:1.2"}, Replicas: []app.KustomizeReplica{{Name: "front", Count: float64(2)}},
		CommonLabels: map[string]string{"stage": "new"}, CommonAnnotations: map[string]string{"owner": "new"}, Components: []string{"../more"},
		Patches: []app.KustomizePatch{{Path: "patch.yaml", Target: &app.KustomizeTarget{Kind: "Deployment"}}},
	},
}

// editedImages are arguments of `kustomize edit set image`.
var editedImages = [][]string{
	{"nginx:2"},
	{"nginx=mirror2/nginx"},
	{"nginx=mirror2/nginx:2"},
	{"nginx=*:1.2"},
	{"nginx=other:*"},
	{"nginx=*:*"},
	{"nginx:*"},
	{"nginx@*"},
	{"redis=*@*"},
	{"redis=*:2@*"},
	{"redis=other@*"},
	{"nginx:1.2@sha256:cccc"},
	{"nginx=other:1.2@sha256:cccc"},
	{"nginx@sha256:cccc"},
	{"redis=other"},
	{"host:5000/org/store:9"},
	{"host:5000/org/store=other:9"},
	{"host:5000/org/store=host2:5001/store"},
	{"nginx=host2:5001/store"},
	{"chained=nginx", "nginx=second"},
	{"nginx=chained", "chained=third:1"},
	{"nginx:1", "nginx:2"},
	{"nginx=a=b:1"},
	{"nginx"},
	{"nginx="},
	{":2"},
	{"@sha256:cccc"},
	{"=other:2"},
	{""},
	{"absent:2"},
	{"nginx:a b"},
	{"[:2"},
}

// TestKustomizeEdit lays an application's options over kustomizations as Argo CD does, with `kustomize edit`, and here.
func TestKustomizeEdit(t *testing.T) {
	t.Parallel()
	kustomize, pool, home := build(t, "kustomize"), newPool(t), t.TempDir()
	all := map[string]app.KustomizeSource{}
	for name, opts := range edits {
		all[name] = opts
	}
	for _, images := range editedImages {
		all[fmt.Sprintf("images %q", images)] = app.KustomizeSource{Images: images}
	}
	var fixtures []fixture
	for file, text := range editedFiles {
		for name, opts := range all {
			root := editedRepository(t, text)
			fixtures = append(fixtures, fixture{
				name: name + " over " + file,
				theirs: func(ctx context.Context) outcome {
					// They edit the file in its place.
					at := editedRepository(t, text)
					if err := edit(ctx, kustomize, home, at, opts); err != nil {
						return outcome{err: err}
					}
					return printed(kustomize.run(ctx, home, at, "build", "stage"))
				},
				ours: func(ctx context.Context) outcome {
					out, err := pool.Render(ctx, app.RenderRequest{
						App: app.Key{Name: "web"}, Namespace: "shop", Files: os.DirFS(root), Source: app.Source{Path: "stage", Kustomize: &opts},
					})
					return rendered(out.Objects, err)
				},
			})
		}
	}
	conform(t, "edit", 100, fixtures)
}

func editedRepository(t *testing.T, text string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{
		"stage/kustomization.yaml": "resources: [objects.yaml]\n" + text, "stage/objects.yaml": editedObjects,
		"stage/patch.yaml": "- op: add\n  path: /metadata/annotations\n  value: {second: patch}\n",
	} {
		write(t, filepath.Join(root, name), text)
	}
	for _, name := range []string{"extra", "more", "c1", "c2"} {
		write(t, filepath.Join(root, name, "kustomization.yaml"), fmt.Sprintf(
			"apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnameSuffix: -%s\ncommonAnnotations: {%s: set, last: %s}\n", name, name, name))
	}
	return root
}

// edit runs the commands by which Argo CD lays options over a kustomization, and adds the patches, for which it has none.
func edit(ctx context.Context, kustomize tool, home, root string, opts app.KustomizeSource) error {
	dir := filepath.Join(root, "stage")
	for _, args := range editCommands(root, opts) {
		if _, err := kustomize.run(ctx, home, dir, append([]string{"edit"}, args...)...); err != nil {
			return err
		}
	}
	if len(opts.Patches) == 0 {
		return nil
	}
	return addPatches(filepath.Join(dir, "kustomization.yaml"), opts.Patches)
}

func editCommands(root string, opts app.KustomizeSource) [][]string {
	var out [][]string
	if opts.NamePrefix != "" {
		out = append(out, []string{"set", "nameprefix", "--", opts.NamePrefix})
	}
	if opts.NameSuffix != "" {
		out = append(out, []string{"set", "namesuffix", "--", opts.NameSuffix})
	}
	if len(opts.Images) > 0 {
		out = append(out, append([]string{"set", "image"}, opts.Images...))
	}
	if len(opts.Replicas) > 0 {
		args := []string{"set", "replicas"}
		for _, r := range opts.Replicas {
			count := fmt.Sprint(r.Count)
			if n, ok := r.Count.(float64); ok {
				count = fmt.Sprint(int64(n))
			}
			args = append(args, r.Name+"="+count)
		}
		out = append(out, args)
	}
	if len(opts.CommonLabels) > 0 {
		args := []string{"add", "label"}
		for flag, on := range map[string]bool{
			"--force": opts.ForceCommonLabels, "--without-selector": opts.LabelWithoutSelector, "--include-templates": opts.LabelIncludeTemplates,
		} {
			if on {
				args = append(args, flag)
			}
		}
		out = append(out, append(args, pairs(opts.CommonLabels)...))
	}
	if len(opts.CommonAnnotations) > 0 {
		args := []string{"add", "annotation"}
		if opts.ForceCommonAnnotations {
			args = append(args, "--force")
		}
		out = append(out, append(args, pairs(opts.CommonAnnotations)...))
	}
	if opts.Namespace != "" {
		out = append(out, []string{"set", "namespace", "--", opts.Namespace})
	}
	if components := present(root, opts); len(components) > 0 {
		out = append(out, append([]string{"add", "component"}, components...))
	}
	return out
}

func pairs(m map[string]string) []string {
	var out []string
	for k, v := range m {
		out = append(out, k+":"+v)
	}
	return out
}

// present are the components, without those that are not there when that is allowed.
func present(root string, opts app.KustomizeSource) []string {
	var out []string
	for _, c := range opts.Components {
		if _, err := os.Stat(filepath.Join(root, "stage", c)); err == nil || !opts.IgnoreMissingComponents {
			out = append(out, c)
		}
	}
	return out
}

func addPatches(file string, patches []app.KustomizePatch) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	k := map[string]any{}
	if err := yaml.Unmarshal(b, &k); err != nil {
		return err
	}
	list, _ := k["patches"].([]any)
	for _, p := range patches {
		list = append(list, p)
	}
	k["patches"] = list
	if b, err = yaml.Marshal(k); err != nil {
		return err
	}
	return os.WriteFile(file, b, 0o600)
}
