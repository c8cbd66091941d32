package render

import (
	"fmt"
	"slices"
	"strings"

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
		b, err := j.valueFile(j.expand(p.Path))
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

// setParameters writes parameters into values, as helm's --set and then its --set-string do.
func (j job) setParameters(parameters []app.HelmParameter, values map[string]any) error {
	parameters = slices.Clone(parameters)
	slices.SortStableFunc(parameters, func(a, b app.HelmParameter) int { return weight(a) - weight(b) })
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

// weight says whether a parameter is written with the texts, which come last.
func weight(p app.HelmParameter) int {
	if p.ForceString {
		return 1
	}
	return 0
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
