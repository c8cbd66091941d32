package render

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// overrideText is what an application sets inline, as YAML; comments alone are nothing.
func overrideText(opts app.HelmSource) (string, error) {
	values, err := inlineValues(opts)
	switch {
	case err != nil || len(values) == 0:
		return "", err
	case len(opts.ValuesObject) == 0:
		return opts.Values, nil
	}
	return printed(values)
}

// overrides are the values that the application itself sets over the value files: inline ones and parameters.
func (j job) overrides(opts app.HelmSource, files []app.ValuesFile) (map[string]any, error) {
	before, _, err := layers(files)
	if err != nil {
		return nil, err
	}
	after, err := j.layeredValues(opts)
	if err != nil {
		return nil, err
	}
	if err := j.setParameters(opts.Parameters, after); err != nil {
		return nil, err
	}
	if before, err = asRead(before); err != nil {
		return nil, err
	}
	if after, err = asRead(after); err != nil {
		return nil, err
	}
	return smallest(before, after), nil
}

// laid returns the values of a text with others over them. A null takes away; it stays where a file below the text has the
// value, which would come back.
func laid(text, over, below map[string]any) map[string]any {
	out := deepCopy(text)
	for k, v := range over {
		values, nested := v.(map[string]any)
		had, _ := text[k].(map[string]any)
		under, _ := below[k].(map[string]any)
		_, returns := below[k]
		switch {
		case v == nil && returns:
			out[k] = nil
		case v == nil:
			delete(out, k)
		case nested && (len(values) > 0 || had != nil):
			out[k] = laid(had, values, under)
		default:
			out[k] = copyValue(v)
		}
	}
	return out
}

// override finds the smallest override that gives the edited values, and reads it back.
func (j job) override(r *app.ValuesResult, v app.Values, edited map[string]any) error {
	base, below, err := layers(v.Files)
	if err != nil {
		r.CommitOnly = "the file in git cannot be read: " + err.Error()
		return nil
	}
	// What the edited text leaves out of the last file falls back to the files below it, as Helm merges them.
	want, err := asRead(chartutil.MergeTables(deepCopy(edited), below))
	if err != nil {
		return err
	}
	if r.File != nil {
		committed := j
		committed.files = overlaid(j.files, map[string][]byte{v.Editable: r.File})
		given, _, err := committed.given(j.req.Source)
		if err != nil {
			return err
		}
		r.Shadowed = differ("", given, without(want))
	}
	kept, base, err := j.agreeing(v.Parameters, base, want)
	if err != nil {
		return err
	}
	over := smallest(base, want)
	src, err := withOverride(j.req.Source, over, kept)
	if err != nil {
		r.CommitOnly = "spec.source.helm.values of the application cannot hold it: " + err.Error()
		return nil
	}
	given, overlays, err := j.given(src)
	if err != nil {
		return err
	}
	if at := differ("", given, without(want)); at != "" {
		r.CommitOnly = fmt.Sprintf("with an override, %s would be something else", at)
		if len(overlays) > 0 {
			r.CommitOnly += ", for " + strings.Join(overlays, " and ") + " sets options of the source"
		}
		return nil
	}
	r.Source, r.Overridden, r.Lists = src, leaves("", over), lists("", over)
	r.Problems = append(r.Problems, fileParametersOver(src, r.Overridden)...)
	return nil
}

// fileParametersOver warns of overridden paths that a file parameter sets as well.
func fileParametersOver(src app.Source, overridden []string) []app.Problem {
	if src.Helm == nil {
		return nil
	}
	var out []app.Problem
	for _, p := range src.Helm.FileParameters {
		if slices.Contains(overridden, p.Name) {
			out = append(out, app.Problem{Warning: true, Message: p.Name + " comes from the file parameter " + p.Path + ", which wins over what is kept here"})
		}
	}
	return out
}

// given are the values that a chart's templates get from a source, without those of its file parameters.
func (j job) given(src app.Source) (values map[string]any, overlays []string, err error) {
	req := j.req
	req.Source = src
	src, overlays, err = mergeOverrides(j.files, req, nil)
	if err != nil {
		return nil, nil, err
	}
	opts := app.HelmSource{}
	if src.Helm != nil {
		opts = *src.Helm
	}
	if values, err = j.layeredValues(opts); err != nil {
		return nil, nil, err
	}
	if err := j.setParameters(opts.Parameters, values); err != nil {
		return nil, nil, err
	}
	name := path.Join(j.dir, "values.yaml")
	own, err := fs.ReadFile(j.files, name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("read %s: %w", name, err)
	}
	chart, err := readMapping(string(own))
	if err != nil {
		return nil, nil, fmt.Errorf("values file %s: %w", name, err)
	}
	if values, err = asRead(chartutil.CoalesceTables(values, chart)); err != nil {
		return nil, nil, err
	}
	return without(values), overlays, nil
}

// without takes away what is null; to a template it is not there.
func without(m map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range m {
		if below, ok := v.(map[string]any); ok {
			v = without(below)
		}
		if v != nil {
			out[k] = v
		}
	}
	return out
}

// differ is the first path at which values differ, empty when they are the same.
func differ(at string, a, b map[string]any) string {
	names := slices.Sorted(maps.Keys(a))
	for _, k := range slices.Concat(names, slices.Sorted(maps.Keys(b))) {
		if reflect.DeepEqual(a[k], b[k]) {
			continue
		}
		am, both := a[k].(map[string]any)
		bm, too := b[k].(map[string]any)
		if both && too {
			return differ(joined(at, k), am, bm)
		}
		return joined(at, k)
	}
	return ""
}

// smallest returns the fewest leaf values that turn base into edited: a list is one leaf, and what is gone is null.
func smallest(base, edited map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range edited {
		old, had := base[k]
		om, oldMap := old.(map[string]any)
		nm, newMap := v.(map[string]any)
		switch {
		case had && oldMap && newMap:
			if below := smallest(om, nm); len(below) > 0 {
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
		name := joined(prefix, k)
		if below, ok := v.(map[string]any); ok && len(below) > 0 {
			out = append(out, leaves(name, below)...)
			continue
		}
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// lists are those of the leaves that are lists.
func lists(prefix string, m map[string]any) []string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		switch v := m[k].(type) {
		case map[string]any:
			out = append(out, lists(joined(prefix, k), v)...)
		case []any:
			out = append(out, joined(prefix, k))
		}
	}
	return out
}

func joined(path, name string) string { return strings.TrimPrefix(path+"."+name, ".") }

// withOverride replaces an application's own values: those of a text in their places, others as an object. Of its
// parameters those stay that the edit left alone; the others would win over it.
func withOverride(src app.Source, over map[string]any, kept []app.HelmParameter) (app.Source, error) {
	h := app.HelmSource{}
	if src.Helm != nil {
		h = *src.Helm
	}
	h.Parameters = kept
	switch {
	case h.Values != "" && len(h.ValuesObject) == 0:
		text, err := splice(h.Values, over)
		if err != nil {
			return src, err
		}
		h.Values = text
		if strings.TrimSpace(text) == "" || len(over) == 0 && !strings.Contains(text, "#") {
			h.Values = ""
		}
	case len(over) == 0:
		h.Values, h.ValuesObject = "", nil
	default:
		h.ValuesObject = over
	}
	src.Helm = &h
	if reflect.DeepEqual(h, app.HelmSource{}) {
		src.Helm = nil
	}
	return src, nil
}
