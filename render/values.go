package render

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
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
// values files and runs no template; an edited kustomization is rendered. The zero Values is ready.
type Values struct {
	// Pool has the plugins of which parameters are told, and renders; without it there are none, and this process does.
	Pool *Pool
}

// Values returns what can be edited about a source.
func (e Values) Values(ctx context.Context, req app.RenderRequest) (app.Values, error) {
	return e.values(ctx, e.withWeb(ctx, req))
}

// withWeb returns a request with the values files of the web that it names, if there is a pool that brings them.
func (e Values) withWeb(ctx context.Context, req app.RenderRequest) app.RenderRequest {
	if e.Pool == nil {
		return req
	}
	return e.Pool.withWeb(ctx, req)
}

func (e Values) values(ctx context.Context, req app.RenderRequest) (v app.Values, err error) {
	defer caught(&err)
	if v, found, err := e.pluginModel(ctx, req); found || err != nil {
		return v, err
	}
	files, err := scope(req)
	if err != nil {
		return app.Values{}, err
	}
	src, overlays, err := mergeOverrides(files, req, nil)
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
		if err = j.fileModel(&v, kustomization.Names); err == nil {
			err = j.kustomizeModel(&v)
		}
	case app.ToolDirectory:
		err = j.fileModel(&v, nil)
		v.CommitOnly = "manifests are changed in their files"
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
	if schema, err := fs.ReadFile(j.files, path.Join(j.dir, "values.schema.json")); err == nil && !opts.SkipSchemaValidation {
		v.Schema = schema
	}
	v.Parameters = opts.Parameters
	if v.Override, err = overrideText(opts); err != nil {
		return err
	}
	last := v.Files[len(v.Files)-1]
	v.Editable, v.Effective = last.Path, last.Text
	_, below, err := layers(v.Files)
	if err != nil {
		// It is opened as it is, for it has to be mended.
		return nil
	}
	over, err := j.overrides(opts, files)
	if err != nil {
		return err
	}
	v.Lists = lists("", over)
	have, err := readMapping(last.Text)
	if err != nil {
		return fmt.Errorf("values file %s: %w", last.Path, err)
	}
	return open(v, laid(have, over, below))
}

// open writes what the application sets into the text that an editor opens. A text that cannot be changed in its places is
// written anew: it is no file to commit.
func open(v *app.Values, want map[string]any) error {
	text, err := splice(v.Effective, want)
	if errors.Is(err, errSplice) {
		v.Anew = err.Error()
		text, err = printed(want)
	}
	v.Effective = text
	return err
}

// Edit turns an edited text into the smallest override that gives it, and into the file to commit. A text with errors
// changes nothing.
func (e Values) Edit(ctx context.Context, req app.RenderRequest, edit app.ValuesEdit) (_ app.ValuesResult, err error) {
	defer caught(&err)
	req = e.withWeb(ctx, req)
	v, err := e.values(ctx, req)
	if err != nil {
		return app.ValuesResult{}, err
	}
	r := app.ValuesResult{Source: req.Source}
	j := job{req: req, src: req.Source, dir: root(req.Source), env: buildEnv(req)}
	if j.files, err = scope(req); err != nil {
		return r, err
	}
	if v.Tool != app.ToolHelm {
		if j.editedFile(&r, v, edit); v.Tool == app.ToolKustomize && !unusable(r.Problems) && edit.Text != v.Effective {
			err = e.kustomizeEdit(ctx, j, &r, v, edit)
		}
		return r, err
	}
	edited, root, problems := readValues(edit.Text)
	if r.Problems = problems; unusable(problems) {
		return r, nil
	}
	sealed := sops.Encrypted([]byte(v.Effective))
	if !sealed {
		// The texts of an encrypted file stand for values of other types.
		r.Problems = append(r.Problems, schemaProblems(root, j.withBelow(v, edited), v.Schema)...)
	}
	if unusable(r.Problems) {
		return r, nil
	}
	switch {
	case strings.HasPrefix(v.Editable, "$"), isWebFile(v.Editable), !req.Source.InGit():
	case sealed:
		r.Problems = append(r.Problems, app.Problem{Warning: true, Message: errSealed.Error()})
	case v.Anew != "":
		r.Problems = append(r.Problems, anew(v))
	default:
		r.File = []byte(edit.Text)
	}
	if edit.Text == v.Effective {
		r.Lists = v.Lists
		return r, nil
	}
	return r, j.override(&r, v, edited)
}

// anew says that a text is not the file's.
func anew(v app.Values) app.Problem {
	return app.Problem{
		Warning: true, Message: v.Editable + " is shown written anew, with what the application sets in it, and cannot be committed: " + v.Anew,
	}
}

// editedFile is what an edit of a file comes to that is no values file.
func (j job) editedFile(r *app.ValuesResult, v app.Values, edit app.ValuesEdit) {
	r.File, r.CommitOnly = []byte(edit.Text), v.CommitOnly
	if !strings.HasSuffix(v.Editable, ".jsonnet") {
		r.Problems = readFile(edit.Text)
	}
	switch {
	case !j.req.Source.InGit() && v.Tool == app.ToolKustomize:
		r.File = nil
	case edit.Text != v.Effective && !j.req.Source.InGit():
		r.Problems = append(r.Problems, app.Problem{Message: "this file comes with the artifact and cannot be changed here"})
	case v.Anew != "":
		r.File = nil
		r.Problems = append(r.Problems, anew(v))
	}
}

// withBelow are edited values with those of the files below them, as a schema is asked about them.
func (j job) withBelow(v app.Values, edited map[string]any) map[string]any {
	_, below, err := layers(v.Files)
	if err != nil {
		return edited
	}
	return without(chartutil.MergeTables(deepCopy(edited), below))
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
