package render

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/ignore"
	"helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/releaseutil"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// helm renders a chart as `helm template` would: install, revision 1, an empty cluster for lookup.
func (j job) helm() ([]*unstructured.Unstructured, error) {
	opts := app.HelmSource{}
	if j.src.Helm != nil {
		opts = *j.src.Helm
	}
	c, err := j.chart(j.dir, 0)
	if err != nil {
		return nil, err
	}
	if c.Metadata.Type != "" && c.Metadata.Type != "application" {
		return nil, hint.With(fmt.Errorf("chart %s is a %s chart, which renders nothing by itself", c.Name(), c.Metadata.Type),
			"name a chart that depends on it")
	}
	if j.named != nil {
		*j.named = uses(c, j.dir)
	}
	if j.later {
		later(c)
	}
	values, err := j.helmValues(opts)
	if err != nil {
		return nil, err
	}
	if err := chartutil.ProcessDependenciesWithMerge(c, values); err != nil {
		return nil, fmt.Errorf("chart %s: %w", c.Name(), err)
	}
	j.noteCapabilities(c, values)
	caps, err := j.capabilities(opts)
	if err != nil {
		return nil, err
	}
	if c.Metadata.KubeVersion != "" && !chartutil.IsCompatibleRange(c.Metadata.KubeVersion, caps.KubeVersion.Version) {
		return nil, hint.With(fmt.Errorf("chart %s wants Kubernetes %s, the cluster has %s", c.Name(), c.Metadata.KubeVersion, caps.KubeVersion.Version),
			"take a version of the chart for this cluster, or set spec.source.helm.kubeVersion to render for another one")
	}
	named := chartutil.ReleaseOptions{
		Name: orElse(opts.ReleaseName, j.req.App.Name), Namespace: orElse(opts.Namespace, j.req.Namespace), Revision: 1, IsInstall: true,
	}
	if !opts.SkipSchemaValidation {
		if err := checkSchemas(c); err != nil {
			return nil, err
		}
	}
	top, err := chartutil.ToRenderValuesWithSchemaValidation(c, values, named, caps, opts.SkipSchemaValidation)
	if err != nil {
		return nil, hint.With(fmt.Errorf("values of chart %s: %w", c.Name(), err), "correct the values")
	}
	if j.named != nil {
		*j.named = append(*j.named, usesOfTpl(c, j.dir, top["Values"])...)
	}
	if j.later {
		top["Values"] = laterValues(top["Values"])
	}
	files, err := engine.Engine{}.Render(c, top)
	if err != nil {
		return nil, remedied(fmt.Errorf("render chart %s: %w", c.Name(), err), "correct the template, or the values that it is given")
	}
	return j.helmObjects(c, files, opts)
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// notesFile is the suffix of templates that are texts for a person.
const notesFile = "NOTES.txt"

// helmObjects reads the rendered templates in the order in which Helm prints them: CRDs, then objects by kind, then hooks.
func (j job) helmObjects(c *chart.Chart, files map[string]string, opts app.HelmSource) ([]*unstructured.Unstructured, error) {
	var out []*unstructured.Unstructured
	if !opts.SkipCrds {
		for _, crd := range c.CRDObjects() {
			objects, err := j.parseRendered(crd.Filename, crd.File.Data)
			if err != nil {
				return nil, err
			}
			out = append(out, objects...)
		}
	}
	size := 0
	for name, text := range files {
		if size += len(text); int64(size) > j.limit {
			return nil, tooLarge(j.limit)
		}
		if strings.HasSuffix(name, notesFile) {
			delete(files, name)
		}
	}
	hooks, manifests, err := releaseutil.SortManifests(files, nil, releaseutil.InstallOrder)
	if err != nil {
		return nil, remedied(fmt.Errorf("render chart %s: %w", c.Name(), j.located(files, err)), "correct the template, or the values that it is given")
	}
	j.noteDropped(files, hooks, manifests)
	for _, h := range hooks {
		if opts.SkipTests && slices.Contains(h.Events, release.HookTest) {
			continue
		}
		manifests = append(manifests, releaseutil.Manifest{Name: h.Path, Content: h.Manifest})
	}
	for _, m := range manifests {
		objects, err := j.parseRendered(m.Name, []byte(m.Content))
		if err != nil {
			return nil, remedied(fmt.Errorf("render chart %s: %w", c.Name(), j.located(files, err)), "correct the template, or the values that it is given")
		}
		for _, u := range objects {
			if j.from != nil {
				j.from[u] = m.Name
			}
			out = append(out, u)
		}
	}
	return checked(out)
}

// parseRendered reads the objects of a rendered template. A document that lost its kind is refused: the object must not seem
// to be unwanted. One that never was an object is noted.
func (j job) parseRendered(name string, text []byte) ([]*unstructured.Unstructured, error) {
	return parseDocuments(name, text, func(doc *yamlv3.Node) error {
		root := doc.Content[0]
		if root.Kind != yamlv3.MappingNode {
			return errNoKind
		}
		for _, part := range []string{"apiVersion", "kind", "metadata"} {
			if key, _ := field(root, part); key != nil {
				return errNoKind
			}
		}
		j.found.note("%s:%d: a document is left out, for it is no Kubernetes object", name, doc.Line)
		return nil
	})
}

// noteDropped notes the documents that Helm leaves out without a word: those whose hook it does not know.
func (j job) noteDropped(files map[string]string, hooks []*release.Hook, manifests []releaseutil.Manifest) {
	kept := map[string]bool{}
	for _, h := range hooks {
		kept[h.Manifest] = true
	}
	for _, m := range manifests {
		kept[m.Content] = true
	}
	for name, text := range files {
		if strings.HasPrefix(path.Base(name), "_") {
			continue
		}
		for _, document := range releaseutil.SplitManifests(text) {
			if !kept[document] && document != "" {
				j.found.note("%s: an object is left out, for Helm does not know the hook in its annotation %s", name, release.HookAnnotation)
			}
		}
	}
}

// located finds the line of what is wrong with rendered templates. Helm names the file alone, and a line in one of its
// documents is not that in the file.
func (j job) located(files map[string]string, err error) error {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if strings.HasPrefix(path.Base(name), "_") {
			continue
		}
		if _, wrong := j.parseRendered(name, []byte(files[name])); wrong != nil {
			return wrong
		}
	}
	return err
}

// capabilities are those of the destination, or what the source names instead.
func (j job) capabilities(opts app.HelmSource) (*chartutil.Capabilities, error) {
	caps := chartutil.DefaultCapabilities.Copy()
	version := orElse(opts.KubeVersion, j.req.Capabilities.KubeVersion)
	if version != "" {
		v, err := chartutil.ParseKubeVersion(version)
		if err != nil {
			return nil, hint.With(fmt.Errorf("kube version %q: %w", version, err), "write spec.source.helm.kubeVersion as 1.31.2")
		}
		caps.KubeVersion = *v
	}
	switch {
	case len(opts.APIVersions) > 0:
		caps.APIVersions = append(caps.APIVersions, opts.APIVersions...)
	case len(j.req.Capabilities.APIVersions) > 0:
		caps.APIVersions = j.req.Capabilities.APIVersions
	}
	return caps, nil
}

// noteCapabilities notes what a chart may ask of the cluster: in a text of its own, or in a value that is a template.
func (j job) noteCapabilities(c *chart.Chart, values map[string]any) {
	if c.Metadata.KubeVersion != "" {
		j.found.cluster([]byte("Capabilities.KubeVersion"))
	}
	if text, err := yaml.Marshal(values); err == nil {
		j.found.cluster(text)
	}
	j.noteTemplates(c)
}

func (j job) noteTemplates(c *chart.Chart) {
	for _, f := range c.Raw {
		j.found.cluster(f.Data)
	}
	for _, dep := range c.Dependencies() {
		j.noteTemplates(dep)
	}
}

// dependencyDepth bounds charts within charts.
const dependencyDepth = 10

// chart loads a chart from a folder of the repository, with its dependencies: those in charts/, and those that name a
// folder of the repository by file://.
func (j job) chart(dir string, depth int) (*chart.Chart, error) {
	if depth > dependencyDepth {
		return nil, errors.New("charts depend on each other too deeply")
	}
	files, err := j.chartFiles(dir)
	if err != nil {
		return nil, err
	}
	c, err := loader.LoadFiles(files)
	if err != nil {
		return nil, fmt.Errorf("load chart in %s: %w", dir, err)
	}
	for _, dep := range c.Metadata.Dependencies {
		if dep == nil || vendored(c, dep) {
			continue
		}
		sub, err := j.dependency(c, dir, dep, depth)
		if err != nil {
			return nil, err
		}
		c.AddDependency(sub)
	}
	return c, nil
}

// chartFiles reads the files of a chart's folder as Helm does, without what .helmignore names.
func (j job) chartFiles(dir string) ([]*loader.BufferedFile, error) {
	rules := ignore.Empty()
	if b, err := fs.ReadFile(j.files, path.Join(dir, ignore.HelmIgnore)); err == nil {
		if rules, err = ignore.Parse(strings.NewReader(string(b))); err != nil {
			return nil, fmt.Errorf("read %s/.helmignore: %w", dir, err)
		}
	}
	rules.AddDefaults()
	names, err := j.below(dir, rules.Ignore)
	if err != nil {
		return nil, fmt.Errorf("read chart in %s: %w", dir, err)
	}
	questions := make([]question, len(names))
	for i, rel := range names {
		questions[i] = question{Op: opRead, Name: path.Join(dir, rel)}
	}
	foresee(j.files, questions...)
	var out []*loader.BufferedFile
	size := 0
	for _, rel := range names {
		b, err := fs.ReadFile(j.files, path.Join(dir, rel))
		if err != nil {
			return nil, fmt.Errorf("read chart in %s: %w", dir, err)
		}
		if size += len(b); size > readLimit {
			return nil, errors.New("the chart is larger than 64 MB")
		}
		out = append(out, &loader.BufferedFile{Name: rel, Data: b})
	}
	return out, nil
}

// below lists the files below a folder that are not ignored, by their path from it, level by level.
func (j job) below(dir string, ignored func(rel string, info fs.FileInfo) bool) ([]string, error) {
	var files []string
	for folders := []string{"."}; len(folders) > 0; {
		questions := make([]question, len(folders))
		for i, rel := range folders {
			questions[i] = question{Op: opList, Name: path.Join(dir, rel)}
		}
		foresee(j.files, questions...)
		var next []string
		for _, folder := range folders {
			entries, err := fs.ReadDir(j.files, path.Join(dir, folder))
			if err != nil {
				return nil, err
			}
			for _, e := range entries {
				rel := path.Join(folder, e.Name())
				info, err := e.Info()
				switch {
				case err != nil:
					return nil, err
				case ignored(rel, info):
				case e.IsDir():
					next = append(next, rel)
				default:
					files = append(files, rel)
				}
			}
		}
		folders = next
	}
	slices.Sort(files)
	return files, nil
}
