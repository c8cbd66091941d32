package render

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/ignore"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

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
	caps, err := j.capabilities(opts)
	if err != nil {
		return nil, err
	}
	if c.Metadata.KubeVersion != "" && !chartutil.IsCompatibleRange(c.Metadata.KubeVersion, caps.KubeVersion.Version) {
		return nil, fmt.Errorf("chart %s wants Kubernetes %s, the cluster has %s", c.Name(), c.Metadata.KubeVersion, caps.KubeVersion.Version)
	}
	release := chartutil.ReleaseOptions{
		Name: orElse(opts.ReleaseName, j.req.App.Name), Namespace: orElse(opts.Namespace, j.req.Namespace), Revision: 1, IsInstall: true,
	}
	top, err := chartutil.ToRenderValuesWithSchemaValidation(c, values, release, caps, opts.SkipSchemaValidation)
	if err != nil {
		return nil, hint.With(fmt.Errorf("values of chart %s: %w", c.Name(), err), "correct the values")
	}
	files, err := engine.Engine{}.Render(c, top)
	if err != nil {
		return nil, fmt.Errorf("render chart %s: %w", c.Name(), err)
	}
	return j.helmObjects(c, files, opts)
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// helmObjects reads the rendered templates: CRDs first, then file by file.
func (j job) helmObjects(c *chart.Chart, files map[string]string, opts app.HelmSource) ([]*unstructured.Unstructured, error) {
	var out []*unstructured.Unstructured
	if !opts.SkipCrds {
		for _, crd := range c.CRDObjects() {
			objects, err := parse(crd.Filename, crd.File.Data)
			if err != nil {
				return nil, err
			}
			out = append(out, objects...)
		}
	}
	size := 0
	names := make([]string, 0, len(files))
	for name, text := range files {
		if size += len(text); size > manifestLimit {
			return nil, errTooLarge
		}
		base := path.Base(name)
		if base == "NOTES.txt" || strings.HasPrefix(base, "_") || strings.TrimSpace(text) == "" {
			continue
		}
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		objects, err := parse(name, []byte(files[name]))
		if err != nil {
			return nil, fmt.Errorf("render chart %s: %w", c.Name(), err)
		}
		for _, u := range objects {
			if opts.SkipTests && isTest(u) {
				continue
			}
			if j.from != nil {
				j.from[u] = name
			}
			out = append(out, u)
		}
	}
	return checked(out)
}

func isTest(u *unstructured.Unstructured) bool {
	hooks := u.GetAnnotations()["helm.sh/hook"]
	return strings.Contains(hooks, "test")
}

// capabilities are those of the destination, or what the source names instead.
func (j job) capabilities(opts app.HelmSource) (*chartutil.Capabilities, error) {
	caps := chartutil.DefaultCapabilities.Copy()
	version := orElse(opts.KubeVersion, j.req.Capabilities.KubeVersion)
	if version != "" {
		v, err := chartutil.ParseKubeVersion(version)
		if err != nil {
			return nil, fmt.Errorf("kube version %q: %w", version, err)
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
		if slices.ContainsFunc(c.Dependencies(), func(have *chart.Chart) bool { return have.Name() == dep.Name }) {
			continue
		}
		local, ok := strings.CutPrefix(dep.Repository, "file://")
		if !ok {
			return nil, hint.With(fmt.Errorf("chart %s depends on %s %s from %s, which is not in its charts folder", c.Name(), dep.Name,
				dep.Version, dep.Repository), "run `helm dependency build` and commit the charts folder")
		}
		below := path.Join(dir, local)
		if !fs.ValidPath(below) {
			return nil, fmt.Errorf("chart %s depends on %s, which is outside of the repository", c.Name(), dep.Repository)
		}
		sub, err := j.chart(below, depth+1)
		if err != nil {
			return nil, fmt.Errorf("chart %s depends on %s: %w", c.Name(), dep.Repository, err)
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
	var out []*loader.BufferedFile
	size := 0
	err := fs.WalkDir(j.files, dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("read chart in %s: %w", dir, err)
		}
		rel := strings.TrimPrefix(strings.TrimPrefix(name, dir), "/")
		if dir == "." {
			rel = name
		}
		if rel == "" || rel == "." {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		if rules.Ignore(rel, info) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.IsDir() {
			return nil
		}
		b, err := fs.ReadFile(j.files, name)
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		if size += len(b); size > copyLimit {
			return errors.New("the chart is larger than 64 MB")
		}
		out = append(out, &loader.BufferedFile{Name: rel, Data: b})
		return nil
	})
	return out, err
}
