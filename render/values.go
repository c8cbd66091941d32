package render

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chartutil"
	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/internal/kustomization"
	"github.com/wheelhouse-gitops/wheelhouse/internal/sops"
)

// Values is the model behind editing values: what there is to edit about a source, and what an edit comes to. It reads
// values files only and runs no template. The zero Values is ready.
type Values struct {
	// Pool has the plugins of which parameters are told; nil for none.
	Pool *Pool
}

// Values returns what can be edited about a source.
func (e Values) Values(ctx context.Context, req app.RenderRequest) (v app.Values, err error) {
	defer caught(&err)
	if v, found, err := e.pluginModel(ctx, req); found || err != nil {
		return v, err
	}
	files, err := scope(req)
	if err != nil {
		return app.Values{}, err
	}
	src, overlays, err := mergeOverrides(files, req)
	if err != nil {
		return app.Values{}, err
	}
	tool, why, err := detect(files, src)
	if err != nil {
		return app.Values{}, err
	}
	v = app.Values{Tool: tool, Why: withOverlays(why, overlays)}
	j := job{req: req, src: src, files: files, dir: root(src), env: buildEnv(req)}
	switch tool {
	case app.ToolHelm:
		err = j.helmModel(&v)
	case app.ToolKustomize:
		err = j.fileModel(&v, kustomization.Names)
	case app.ToolDirectory:
		err = j.fileModel(&v, nil)
	case app.ToolPlugin, app.ToolKsonnet:
		// Their parameters are the application's own.
	}
	return v, err
}

// fileModel offers the files that a user edits instead of values: the kustomization, or the manifests.
func (j job) fileModel(v *app.Values, names []string) error {
	entries, err := fs.ReadDir(j.files, j.dir)
	if err != nil {
		return fmt.Errorf("list %s: %w", j.dir, err)
	}
	for _, e := range entries {
		if e.IsDir() || names != nil && !slices.Contains(names, e.Name()) || names == nil && !manifestFile.MatchString(e.Name()) {
			continue
		}
		name := path.Join(j.dir, e.Name())
		b, err := fs.ReadFile(j.files, name)
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		v.Files = append(v.Files, app.ValuesFile{Path: name, Text: string(b)})
	}
	if len(v.Files) > 0 {
		v.Editable, v.Effective = v.Files[0].Path, v.Files[0].Text
	}
	return nil
}

// helmModel offers a chart's values: its own file, the value files on top, and the effective text of the last of them.
func (j job) helmModel(v *app.Values) error {
	opts := app.HelmSource{}
	if j.src.Helm != nil {
		opts = *j.src.Helm
	}
	own := path.Join(j.dir, "values.yaml")
	b, err := fs.ReadFile(j.files, own)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read %s: %w", own, err)
	}
	v.Files = []app.ValuesFile{{Path: own, Text: string(b)}}
	files, err := j.valueFiles(opts)
	if err != nil {
		return err
	}
	v.Files = append(v.Files, files...)
	if schema, err := fs.ReadFile(j.files, path.Join(j.dir, "values.schema.json")); err == nil {
		v.Schema = schema
	}
	v.Override, v.Parameters = opts.Values, opts.Parameters
	if len(opts.ValuesObject) > 0 {
		text, err := yaml.Marshal(opts.ValuesObject)
		if err != nil {
			return fmt.Errorf("write valuesObject: %w", err)
		}
		v.Override = string(text)
	}
	last := v.Files[len(v.Files)-1]
	over, err := overrides(opts, j)
	if err != nil {
		return err
	}
	v.Editable = last.Path
	v.Effective, err = splice(last.Text, over)
	return err
}

// overrides are the values that the application itself sets: inline ones and parameters.
func overrides(opts app.HelmSource, j job) (map[string]any, error) {
	over, err := inlineValues(opts)
	if err != nil {
		return nil, err
	}
	return over, j.setParameters(opts.Parameters, over)
}

// Edit turns an edited text into the smallest override that gives it, and into the file to commit. A text with errors
// changes nothing.
func (e Values) Edit(ctx context.Context, req app.RenderRequest, edit app.ValuesEdit) (_ app.ValuesResult, err error) {
	defer caught(&err)
	v, err := e.Values(ctx, req)
	if err != nil {
		return app.ValuesResult{}, err
	}
	r := app.ValuesResult{Source: req.Source}
	sealed := sops.Encrypted([]byte(v.Effective))
	if sealed {
		// Its texts stand for values of other types.
		v.Schema = nil
	}
	edited, problems := readValues(edit.Text, v.Schema)
	r.Problems = problems
	if v.Tool != app.ToolHelm {
		r.File = []byte(edit.Text)
		switch {
		case edit.Text == v.Effective:
		case !req.Source.InGit():
			r.Problems = append(r.Problems, app.Problem{Message: "this file comes with the artifact and cannot be changed here"})
		default:
			r.Problems = append(r.Problems, app.Problem{Warning: true, Message: "this file can be changed by a commit only"})
		}
		return r, nil
	}
	for _, p := range problems {
		if !p.Warning {
			return r, nil
		}
	}
	switch {
	case strings.HasPrefix(v.Editable, "$"), !req.Source.InGit():
	case sealed:
		r.Problems = append(r.Problems, app.Problem{Warning: true, Message: errSealed.Error()})
	default:
		r.File = []byte(edit.Text)
	}
	if edit.Text == v.Effective {
		return r, nil
	}
	base, below, err := layers(v.Files)
	if err != nil {
		return r, err
	}
	// What the edited text leaves out of the last file falls back to the files below it, as Helm merges them.
	want, err := asRead(chartutil.MergeTables(deepCopy(edited), below))
	if err != nil {
		return r, err
	}
	j := job{req: req, src: req.Source, env: buildEnv(req)}
	kept, base, err := j.agreeing(v.Parameters, base, want)
	if err != nil {
		return r, err
	}
	over := smallest(base, want, deepCopy(edited))
	r.Overridden = leaves("", over)
	r.Source = withOverride(req.Source, over, kept)
	return r, nil
}

// layers merges all values files, and those below the last one.
func layers(files []app.ValuesFile) (all, below map[string]any, err error) {
	all, below = map[string]any{}, map[string]any{}
	for i, f := range files {
		layer := map[string]any{}
		if err := yaml.Unmarshal([]byte(f.Text), &layer); err != nil {
			return nil, nil, hint.With(fmt.Errorf("values file %s: %w", f.Path, err), "correct the file")
		}
		if i == len(files)-1 {
			below = deepCopy(all)
		}
		all = chartutil.MergeTables(layer, all)
	}
	return all, below, nil
}

// smallest returns the fewest leaf values that turn base into edited: a list is one leaf, and what is gone is null.
// Only what the text could have held counts as gone.
func smallest(base, edited, text map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range edited {
		old, had := base[k]
		om, oldMap := old.(map[string]any)
		nm, newMap := v.(map[string]any)
		switch {
		case had && oldMap && newMap:
			tm, _ := text[k].(map[string]any)
			if below := smallest(om, nm, tm); len(below) > 0 {
				out[k] = below
			}
		case !had || !reflect.DeepEqual(old, v):
			out[k] = v
		}
	}
	for k := range base {
		if _, kept := edited[k]; !kept {
			out[k] = nil
		}
	}
	return out
}

// leaves lists the paths of the leaf values of a map, sorted.
func leaves(prefix string, m map[string]any) []string {
	var out []string
	for k, v := range m {
		name := k
		if prefix != "" {
			name = prefix + "." + k
		}
		if below, ok := v.(map[string]any); ok && len(below) > 0 {
			out = append(out, leaves(name, below)...)
			continue
		}
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// withOverride replaces an application's own values. Of its parameters those stay that the edit left alone; the others
// would win over it.
func withOverride(src app.Source, over map[string]any, kept []app.HelmParameter) app.Source {
	h := app.HelmSource{}
	if src.Helm != nil {
		h = *src.Helm
	}
	h.Parameters = kept
	inline := h.Values != "" && len(h.ValuesObject) == 0
	h.Values, h.ValuesObject = "", nil
	if len(over) > 0 {
		if text, err := yaml.Marshal(over); inline && err == nil {
			h.Values = string(text)
		} else {
			h.ValuesObject = over
		}
	}
	src.Helm = &h
	if reflect.DeepEqual(h, app.HelmSource{}) {
		src.Helm = nil
	}
	return src
}
