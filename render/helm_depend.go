package render

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// vendored reports whether a chart has what it depends on: by name, as Helm looks, and where it depends on several charts of
// one name also by version.
func vendored(c *chart.Chart, dep *chart.Dependency) bool {
	twins := 0
	for _, d := range c.Metadata.Dependencies {
		if d != nil && d.Name == dep.Name {
			twins++
		}
	}
	return slices.ContainsFunc(c.Dependencies(), func(have *chart.Chart) bool {
		return have.Name() == dep.Name && (twins < 2 || chartutil.IsCompatibleRange(dep.Version, have.Metadata.Version))
	})
}

// dependency loads a chart that another depends on and does not have: from the folder that it names by file://, or from the
// package that was brought with the repository.
func (j job) dependency(c *chart.Chart, dir string, dep *chart.Dependency, depth int) (*chart.Chart, error) {
	if local, ok := strings.CutPrefix(dep.Repository, "file://"); ok {
		return j.localDependency(c, path.Join(dir, local), dep, depth)
	}
	b, err := fs.ReadFile(j.files, app.Dependency(dir, dep.Name, dep.Version, dep.Repository))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, hint.With(fmt.Errorf("chart %s depends on %s %s from %s, which is not in its charts folder", c.Name(), dep.Name,
			dep.Version, orElse(dep.Repository, "no repository")), "run `helm dependency build` and commit the charts folder")
	}
	if err != nil {
		return nil, err
	}
	sub, err := loader.LoadArchive(bytes.NewReader(b))
	if err != nil {
		return nil, remedied(fmt.Errorf("chart %s depends on %s %s: %w", c.Name(), dep.Name, dep.Version, err), "name another version of it")
	}
	return sub, nil
}

// localDependency loads a chart from a folder of the repository, whose version must be one that is asked for.
func (j job) localDependency(c *chart.Chart, below string, dep *chart.Dependency, depth int) (*chart.Chart, error) {
	if !fs.ValidPath(below) {
		return nil, hint.With(fmt.Errorf("chart %s depends on %s, which is outside of the repository", c.Name(), dep.Repository),
			"name a folder of the repository, or a chart repository")
	}
	sub, err := j.chart(below, depth+1)
	if err != nil {
		return nil, fmt.Errorf("chart %s depends on %s: %w", c.Name(), dep.Repository, err)
	}
	if dep.Version != "" && !chartutil.IsCompatibleRange(dep.Version, sub.Metadata.Version) {
		return nil, hint.With(fmt.Errorf("chart %s depends on %s %s, and the chart in %s has the version %s", c.Name(), dep.Name, dep.Version,
			below, sub.Metadata.Version), "correct one of the versions")
	}
	return sub, nil
}
