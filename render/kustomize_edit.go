package render

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/internal/kustomization"
)

// editKustomization writes the source's options into the kustomization, in Argo CD's order.
func (j job) editKustomization(files *kustomizeFS) error {
	opts := j.src.Kustomize
	if opts == nil {
		return nil
	}
	k, file, err := files.kustomizationIn(j.dir)
	if err != nil {
		return remedied(err, "correct spec.source.path")
	}
	if err := errors.Join(taken(k, opts), j.layOptions(k, opts)); err != nil {
		return err
	}
	components, err := j.componentsOf(opts)
	if err != nil {
		return err
	}
	for _, component := range components {
		if slices.Contains(items(k["components"]), any(component)) {
			continue
		}
		text, name, err := files.place(j.dir, kustomization.Reference{Text: component, Folder: true})
		if err != nil {
			return err
		}
		if _, err := fs.Stat(j.files, name); err != nil && opts.IgnoreMissingComponents {
			continue
		}
		k["components"] = append(items(k["components"]), text)
		switch err := files.settle(name, map[string]bool{}); {
		case errors.Is(err, app.ErrNotFound) && !kustomization.IsRemote(component):
			return hint.With(fmt.Errorf("kustomize component %s: %w", component, err), "correct spec.source.kustomize.components, or set ignoreMissingComponents")
		case err != nil:
			return err
		}
	}
	b, err := yaml.Marshal(k)
	if err != nil {
		return fmt.Errorf("write kustomization of %s: %w", j.dir, err)
	}
	files.over[file] = b
	return nil
}

// layOptions writes options into a kustomization, all but its components.
func (j job) layOptions(k map[string]any, opts *app.KustomizeSource) error {
	if opts.NamePrefix != "" {
		k["namePrefix"] = opts.NamePrefix
	}
	if opts.NameSuffix != "" {
		k["nameSuffix"] = opts.NameSuffix
	}
	if err := j.editImages(k, opts.Images); err != nil {
		return err
	}
	for _, r := range opts.Replicas {
		count, ok := wholeNumber(r.Count)
		if !ok {
			return hint.With(fmt.Errorf("kustomize replicas of %s: %v is no number", r.Name, r.Count), "write a whole number")
		}
		k["replicas"] = replaceNamed(items(k["replicas"]), map[string]any{"name": r.Name, "count": count})
	}
	if len(opts.Replicas) > 0 {
		sortNamed(items(k["replicas"]))
	}
	j.editLabels(k, opts)
	if opts.Namespace != "" {
		k["namespace"] = opts.Namespace
	}
	for _, p := range opts.Patches {
		k["patches"] = append(items(k["patches"]), patchEntry(p))
	}
	return nil
}

func (j job) editLabels(k map[string]any, opts *app.KustomizeSource) {
	if len(opts.CommonLabels) > 0 {
		pairs := map[string]any{}
		for name, v := range opts.CommonLabels {
			pairs[name] = j.expand(v)
		}
		if opts.LabelWithoutSelector {
			addLabels(k, pairs, opts.LabelIncludeTemplates)
		} else {
			k["commonLabels"] = merged(k["commonLabels"], pairs)
		}
	}
	if len(opts.CommonAnnotations) > 0 {
		pairs := map[string]any{}
		for name, v := range opts.CommonAnnotations {
			if opts.CommonAnnotationsEnvsubst {
				v = j.expand(v)
			}
			pairs[name] = v
		}
		k["commonAnnotations"] = merged(k["commonAnnotations"], pairs)
	}
}

// addLabels adds labels without selectors to the first entry of its kind, as `kustomize edit add label` does; to a new one when
// there is none.
func addLabels(k map[string]any, pairs map[string]any, templates bool) {
	for _, e := range items(k["labels"]) {
		if entry, ok := e.(map[string]any); ok && bareLabels(entry, templates) {
			entry["pairs"] = merged(entry["pairs"], pairs)
			return
		}
	}
	k["labels"] = append(items(k["labels"]), map[string]any{"pairs": pairs, "includeSelectors": false, "includeTemplates": templates})
}

// bareLabels reports whether an entry of labels is one without selectors, and with or without templates.
func bareLabels(entry map[string]any, templates bool) bool {
	return entry["includeSelectors"] != true && (entry["includeTemplates"] == true) == templates
}

// taken refuses labels and annotations that the kustomization has already, unless they are to be replaced.
func taken(k map[string]any, opts *app.KustomizeSource) error {
	if opts.LabelIncludeTemplates && !opts.LabelWithoutSelector && len(opts.CommonLabels) > 0 {
		return hint.With(errors.New("kustomize.labelIncludeTemplates: labels of selectors are in templates already"),
			"set labelWithoutSelector too, or take labelIncludeTemplates away")
	}
	have := k["commonLabels"]
	if opts.LabelWithoutSelector {
		have = nil
		for _, e := range items(k["labels"]) {
			if entry, ok := e.(map[string]any); ok && bareLabels(entry, opts.LabelIncludeTemplates) {
				have = entry["pairs"]
				break
			}
		}
	}
	if name := both(have, opts.CommonLabels); name != "" && !opts.ForceCommonLabels {
		return hint.With(fmt.Errorf("kustomize.commonLabels: the kustomization has the label %s too", name), "set forceCommonLabels to replace it")
	}
	if name := both(k["commonAnnotations"], opts.CommonAnnotations); name != "" && !opts.ForceCommonAnnotations {
		return hint.With(fmt.Errorf("kustomize.commonAnnotations: the kustomization has the annotation %s too", name), "set forceCommonAnnotations to replace it")
	}
	return nil
}

// both returns the first name that a mapping and options have.
func both(have any, options map[string]string) string {
	m, _ := have.(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(options)) {
		if _, there := m[name]; there {
			return name
		}
	}
	return ""
}

// componentsOf are the components of the options. A pattern stands for the folders of the repository that fit it.
func (j job) componentsOf(opts *app.KustomizeSource) ([]string, error) {
	var out []string
	for _, component := range opts.Components {
		if !strings.ContainsAny(component, "*?[") || kustomization.IsRemote(component) {
			out = append(out, component)
			continue
		}
		found, err := fs.Glob(j.files, path.Join(j.dir, component))
		if err != nil {
			return nil, hint.With(fmt.Errorf("kustomize component %s: %w", component, err), "correct the pattern")
		}
		if len(found) == 0 && !opts.IgnoreMissingComponents {
			return nil, hint.With(fmt.Errorf("kustomize component %s: %w: nothing in the repository fits the pattern", component, app.ErrNotFound),
				"correct spec.source.kustomize.components, or set ignoreMissingComponents")
		}
		for _, name := range found {
			relative, err := filepath.Rel("/"+j.dir, "/"+name)
			if err != nil {
				return nil, err
			}
			out = append(out, filepath.ToSlash(relative))
		}
	}
	return out, nil
}

func merged(old any, pairs map[string]any) map[string]any {
	m, _ := old.(map[string]any)
	if m == nil {
		m = map[string]any{}
	}
	for k, v := range pairs {
		m[k] = v
	}
	return m
}

// replaceNamed appends an entry, in the place of one of the same name.
func replaceNamed(list []any, entry map[string]any) []any {
	for i, e := range list {
		if m, ok := e.(map[string]any); ok && m["name"] == entry["name"] {
			list[i] = entry
			return list
		}
	}
	return append(list, entry)
}

// sortNamed sorts entries by their names, in place, as the edits of kustomize do.
func sortNamed(list []any) {
	name := func(e any) string {
		m, _ := e.(map[string]any)
		s, _ := m["name"].(string)
		return s
	}
	slices.SortStableFunc(list, func(a, b any) int { return strings.Compare(name(a), name(b)) })
}

// wholeNumber reads a number that is written as one, or as text.
func wholeNumber(v any) (int64, bool) {
	if f, ok := v.(float64); ok {
		return int64(f), f == math.Trunc(f) && math.Abs(f) < 1<<53
	}
	n, err := strconv.ParseInt(fmt.Sprint(v), 10, 64)
	return n, err == nil
}

func patchEntry(p app.KustomizePatch) map[string]any {
	m := map[string]any{}
	if p.Path != "" {
		m["path"] = p.Path
	}
	if p.Patch != "" {
		m["patch"] = p.Patch
	}
	if p.Target != nil {
		m["target"] = p.Target
	}
	if len(p.Options) > 0 {
		m["options"] = p.Options
	}
	return m
}
