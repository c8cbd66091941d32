package command

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// printParameters writes the parameters of an application: those that its sources set, and those that a plugin says it can
// be given.
func printParameters(ctx context.Context, env *Env, a *app.Application) error {
	var rows [][]string
	for i, src := range a.Spec.AllSources() {
		if src.Ref != "" && src.Path == "" {
			continue
		}
		v, err := env.Engine.Values(ctx, a.Key(), i)
		if err != nil {
			return err
		}
		position := fmt.Sprint(i + 1)
		for _, p := range v.Parameters {
			rows = append(rows, []string{position, p.Name, p.Value, "set"})
		}
		if src.Helm != nil {
			for _, p := range src.Helm.FileParameters {
				rows = append(rows, []string{position, p.Name, p.Path, "set from a file"})
			}
		}
		if src.Ksonnet != nil {
			for _, p := range src.Ksonnet.Parameters {
				rows = append(rows, []string{position, p.Component + "." + p.Name, p.Value, "set"})
			}
		}
		for _, p := range pluginParameters(src) {
			rows = append(rows, []string{position, p.Name, parameterValue(p), "set"})
		}
		for _, p := range v.Announced {
			note := "announced"
			if p.Required {
				note = "required"
			}
			if p.Title != "" {
				note += ": " + p.Title
			}
			rows = append(rows, []string{position, p.Name, parameterValue(p), note})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	fmt.Fprintln(env.Out)
	return table(env.Out, "SOURCE PARAMETER VALUE NOTE", rows)
}

// pluginParameters are the parameters that a source sets for its plugin.
func pluginParameters(src app.Source) []app.PluginParameter {
	var out []app.PluginParameter
	b, err := json.Marshal(src.Plugin["parameters"])
	if err != nil || json.Unmarshal(b, &out) != nil {
		// Rendering tells what is wrong with them.
		return nil
	}
	return out
}

// parameterValue writes a plugin's parameter on one line.
func parameterValue(p app.PluginParameter) string {
	switch {
	case p.String != nil:
		return *p.String
	case p.Array != nil:
		return "[" + strings.Join(p.Array, ", ") + "]"
	}
	var pairs []string
	for _, k := range slices.Sorted(maps.Keys(p.Map)) {
		pairs = append(pairs, k+"="+p.Map[k])
	}
	return strings.Join(pairs, ", ")
}
