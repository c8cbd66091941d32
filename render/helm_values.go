package render

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/strvals"
	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// helmValues merges the user's values: value files in their order, then values or valuesObject, then parameters, then
// file parameters. The chart's own values come below all of these.
func (j job) helmValues(opts app.HelmSource) (map[string]any, error) {
	values, err := j.layeredValues(opts)
	if err != nil {
		return nil, err
	}
	if err := j.setParameters(opts.Parameters, values); err != nil {
		return nil, err
	}
	for _, p := range opts.FileParameters {
		b, _, err := j.valueFile(j.expand(p.Path))
		if err != nil {
			return nil, fmt.Errorf("helm file parameter %s: %w", p.Name, err)
		}
		read := func([]rune) (any, error) { return string(b), nil }
		if err := strvals.ParseIntoFile(p.Name+"=file", values, read); err != nil {
			return nil, fmt.Errorf("helm file parameter %s: %w", p.Name, err)
		}
	}
	return values, nil
}

// setParameters writes parameters into values, as helm's --set and --set-string do.
func (j job) setParameters(parameters []app.HelmParameter, values map[string]any) error {
	for _, p := range parameters {
		set := strvals.ParseInto
		if p.ForceString {
			set = strvals.ParseIntoString
		}
		if err := set(p.Name+"="+escapeCommas(j.expand(p.Value)), values); err != nil {
			return hint.With(fmt.Errorf("helm parameter %s: %w", p.Name, err), "correct the parameter")
		}
	}
	return nil
}

// layeredValues merges value files and inline values.
func (j job) layeredValues(opts app.HelmSource) (map[string]any, error) {
	values := map[string]any{}
	files, err := j.valueFiles(opts)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		layer := map[string]any{}
		if err := yaml.Unmarshal([]byte(f.Text), &layer); err != nil {
			return nil, hint.With(fmt.Errorf("values file %s: %w", f.Path, err), "correct the file")
		}
		values = chartutil.MergeTables(layer, values)
	}
	inline, err := inlineValues(opts)
	if err != nil {
		return nil, err
	}
	return chartutil.MergeTables(inline, values), nil
}

// inlineValues are valuesObject or, without that, values.
func inlineValues(opts app.HelmSource) (map[string]any, error) {
	if len(opts.ValuesObject) > 0 {
		return deepCopy(opts.ValuesObject), nil
	}
	m := map[string]any{}
	if err := yaml.Unmarshal([]byte(opts.Values), &m); err != nil {
		return nil, hint.With(fmt.Errorf("helm.values: %w", err), "correct spec.source.helm.values")
	}
	return m, nil
}

// escapeCommas escapes commas that are not escaped yet, except in a list {a,b}.
func escapeCommas(v string) string {
	if strings.HasPrefix(v, "{") && strings.HasSuffix(v, "}") {
		return v
	}
	return strings.ReplaceAll(strings.ReplaceAll(v, `\,`, ","), ",", `\,`)
}

// valueFiles reads the value files in their order: each once, a glob's matches in lexical order.
func (j job) valueFiles(opts app.HelmSource) ([]app.ValuesFile, error) {
	var out []app.ValuesFile
	add := func(name string, b []byte) {
		out = slices.DeleteFunc(out, func(f app.ValuesFile) bool { return f.Path == name })
		out = append(out, app.ValuesFile{Path: name, Text: string(b)})
	}
	for _, raw := range opts.ValueFiles {
		name := j.expandPath(raw)
		if strings.ContainsAny(name, "*?[{") && !strings.HasPrefix(name, "$") {
			matches, err := doublestar.Glob(j.files, j.inRepository(name))
			if err != nil {
				return nil, fmt.Errorf("values file %s: %w", raw, err)
			}
			slices.Sort(matches)
			for _, m := range matches {
				b, err := fs.ReadFile(j.files, m)
				if err != nil {
					return nil, fmt.Errorf("values file %s: %w", m, err)
				}
				add(m, b)
			}
			continue
		}
		b, full, err := j.valueFile(name)
		if errors.Is(err, fs.ErrNotExist) && opts.IgnoreMissingValueFiles {
			continue
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil, hint.With(fmt.Errorf("values file %s: %w: the repository has no such file", raw, app.ErrNotFound),
				"correct spec.source.helm.valueFiles, or set ignoreMissingValueFiles")
		}
		if err != nil {
			return nil, fmt.Errorf("values file %s: %w", raw, err)
		}
		add(full, b)
	}
	return out, nil
}

// expandPath substitutes the build environment, and leaves $ref/ at the beginning alone.
func (j job) expandPath(name string) string {
	ref, rest, ok := strings.Cut(name, "/")
	if ok && strings.HasPrefix(ref, "$") {
		if _, isVariable := j.env[ref[1:]]; !isVariable {
			return ref + "/" + j.expand(rest)
		}
	}
	return j.expand(name)
}

// inRepository resolves a path: from the source's folder, or with a leading slash from the root.
func (j job) inRepository(name string) string {
	if strings.HasPrefix(name, "/") {
		return path.Clean(name[1:])
	}
	return path.Join(j.dir, name)
}

// valueFile reads one file that values name, from this repository or with $ref/ from another source's.
func (j job) valueFile(name string) ([]byte, string, error) {
	if ref, rest, ok := strings.Cut(name, "/"); ok && strings.HasPrefix(ref, "$") {
		files, known := j.req.Refs[ref[1:]]
		if !known {
			return nil, "", hint.With(fmt.Errorf("%s: no source has ref: %s", name, ref[1:]), "give one source that ref")
		}
		b, err := fs.ReadFile(files, path.Clean(rest))
		return b, name, err
	}
	if strings.Contains(name, "://") {
		return nil, "", hint.With(fmt.Errorf("%s: values files are not fetched from the network", name), "put the file into the repository")
	}
	full := j.inRepository(name)
	if !fs.ValidPath(full) {
		return nil, "", fmt.Errorf("%s leads out of the repository", name)
	}
	b, err := fs.ReadFile(j.files, full)
	return b, full, err
}

func deepCopy(m map[string]any) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		out[k] = copyValue(v)
	}
	return out
}

func copyValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return deepCopy(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = copyValue(v[i])
		}
		return out
	}
	return v
}
