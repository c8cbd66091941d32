// Package render makes objects of the files of a source, as Helm, Kustomize or a plain folder would.
//
// Rendering is other people's code on other people's input. [Render] is a function of its request alone: it reads the
// repository through an fs.FS, opens no network and runs no command. The [Pool] calls it in worker processes with an
// empty environment, bounded memory and bounded time; the files are served to them over a pipe, and what was read is
// recorded, so that a source is rendered again only when something that it read has changed.
//
// The semantics are Argo CD's (docs/user-guide/helm.md, kustomize.md, directory.md there).
package render

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// Render renders one source in this process, within the limits that a [Pool] has by default. A panic of a library is returned
// as an error.
func Render(ctx context.Context, req app.RenderRequest) (app.Rendered, error) {
	return renderNoting(ctx, req, defaultManifests, newFindings())
}

// renderNoting renders one source to at most so many bytes of manifests, and notes what it came upon.
func renderNoting(ctx context.Context, req app.RenderRequest, limit int64, found *findings) (out app.Rendered, err error) {
	defer caught(&err)
	defer func() { err = withoutNetwork(err) }()
	dir := root(req.Source)
	foresee(req.Files, question{Op: opStat, Name: dir}, question{Op: opRead, Name: path.Join(dir, overrideFile(""))},
		question{Op: opRead, Name: path.Join(dir, overrideFile(req.App.Name))})
	files, err := scope(req)
	if err != nil {
		// It says at which commit there is no such folder.
		found.commit()
		return app.Rendered{}, err
	}
	src, overlays, err := mergeOverrides(files, req, found)
	if err != nil {
		return app.Rendered{}, err
	}
	tool, why, err := detect(files, src)
	if err != nil {
		return app.Rendered{}, err
	}
	job := job{req: req, src: src, files: files, dir: root(src), env: buildEnv(req), limit: limit, found: found}
	out = app.Rendered{Tool: tool, Why: withOverlays(why, overlays)}
	switch tool {
	case app.ToolHelm:
		err = job.chartOnce(&out)
	case app.ToolKustomize:
		out.Objects, err = job.kustomize()
	case app.ToolDirectory:
		out.Objects, err = job.directory(ctx)
	case app.ToolKsonnet:
		out.Objects, err = job.ksonnet()
	case app.ToolPlugin:
		err = hint.With(errors.New("the source asks for a config management plugin, and none is configured"),
			"put the plugin's document into wheelhouse/plugins below your configuration folder (see docs/rendering.md)")
	}
	out.Warnings = append(out.Warnings, found.warnings()...)
	return out, err
}

// job is one rendering.
type job struct {
	req   app.RenderRequest
	src   app.Source
	files fs.FS
	// dir is the source's folder, from the root of the repository.
	dir string
	env map[string]string
	// limit is the most bytes that the manifests may have.
	limit int64
	// found is where the rendering notes what it comes upon.
	found *findings
	// later makes a chart see another time, and from notes the template of each of its objects, when it is not nil.
	later bool
	from  map[*unstructured.Unstructured]string
	// named collects the unstable functions that a chart names, when it is not nil.
	named *[]use
}

// root is the folder of a source; a chart from a chart repository is at the root of its files.
func root(src app.Source) string {
	if src.Chart != "" || src.Path == "" {
		return "."
	}
	return path.Clean(src.Path)
}

// scope checks that the source's folder is there.
func scope(req app.RenderRequest) (fs.FS, error) {
	files := overlaid(req.Files, req.Overlay)
	dir := root(req.Source)
	if !fs.ValidPath(dir) {
		return nil, hint.With(fmt.Errorf("path %q leads out of the repository", req.Source.Path), "name a folder of the repository")
	}
	info, err := fs.Stat(files, dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return nil, hint.With(fmt.Errorf("path %s: %w: the repository has no such folder at %s", req.Source.Path, app.ErrNotFound,
			req.Commit.Short()), "correct spec.source.path, or the revision")
	}
	if err != nil {
		return nil, fmt.Errorf("path %s: %w", req.Source.Path, err)
	}
	return files, nil
}

// explicit are the tools that a source has options of.
func explicit(src app.Source) []app.Tool {
	var out []app.Tool
	for _, t := range []struct {
		tool app.Tool
		set  bool
	}{
		{app.ToolHelm, src.Helm != nil},
		{app.ToolKustomize, src.Kustomize != nil},
		{app.ToolDirectory, src.Directory != nil},
		{app.ToolPlugin, src.Plugin != nil},
		{app.ToolKsonnet, src.Ksonnet != nil},
	} {
		if t.set {
			out = append(out, t.tool)
		}
	}
	return out
}

// detect chooses the tool: an explicit block, else what lies in the folder, else plain manifests.
func detect(files fs.FS, src app.Source) (app.Tool, string, error) {
	tools := explicit(src)
	if len(tools) > 1 {
		return "", "", hint.With(fmt.Errorf("the source has options of several tools: %v", tools), "keep those of one")
	}
	if len(tools) == 1 {
		return tools[0], "the source has options of " + string(tools[0]), nil
	}
	if src.Chart != "" {
		return app.ToolHelm, "the source is a chart", nil
	}
	k, err := readKsonnet(files, root(src))
	if err != nil {
		return "", "", err
	}
	if k != nil {
		return app.ToolKsonnet, "app.yaml of a ksonnet application in " + root(src), nil
	}
	for _, c := range []struct {
		file string
		tool app.Tool
	}{
		{"Chart.yaml", app.ToolHelm},
		{"kustomization.yaml", app.ToolKustomize},
		{"kustomization.yml", app.ToolKustomize},
		{"Kustomization", app.ToolKustomize},
	} {
		if _, err := fs.Stat(files, path.Join(root(src), c.file)); err == nil {
			return c.tool, c.file + " in " + root(src), nil
		}
	}
	return app.ToolDirectory, "no Chart.yaml and no kustomization.yaml in " + root(src), nil
}

// checked returns objects after the checks that hold for every tool.
func checked(objects []*unstructured.Unstructured) ([]*unstructured.Unstructured, error) {
	for _, u := range objects {
		if err := namedByText(u); err != nil {
			return nil, err
		}
		if u.GetName() == "" && u.GetGenerateName() == "" {
			return nil, fmt.Errorf("a %s has no metadata.name", u.GetKind())
		}
	}
	return objects, nil
}

// namedByText refuses an object whose name or namespace is no text, such as y or 12 without quotes: it would count as missing, and a
// namespace of the destination would take its place.
func namedByText(u *unstructured.Unstructured) error {
	for _, field := range []string{"name", "generateName", "namespace"} {
		v, found, err := unstructured.NestedFieldNoCopy(u.Object, "metadata", field)
		if _, text := v.(string); !found || err != nil || v == nil || text {
			continue
		}
		is := "a number"
		switch v.(type) {
		case bool:
			is = "a truth value"
		case map[string]any:
			is = "a mapping"
		case []any:
			is = "a list"
		}
		return hint.With(fmt.Errorf("metadata.%s of a %s must be a string, not %s", field, u.GetKind(), is),
			"put it in quotes: y, yes, on, n, no and off are truth values, and digits alone are a number")
	}
	return nil
}
