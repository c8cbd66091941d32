package render

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// environment is all that a plugin's commands see of an environment: where programs are, folders of their own, the build
// environment, and the variables and parameters of the source, which cannot take the name of any other.
func (j job) environment(p *Plugin, src pluginSource, scratch string, lookup func(string) (string, bool)) ([]string, error) {
	vars := maps.Clone(j.env)
	vars["KUBE_VERSION"] = j.req.Capabilities.KubeVersion
	vars["KUBE_API_VERSIONS"] = strings.Join(j.req.Capabilities.APIVersions, ",")
	vars["HOME"], vars["TMPDIR"], vars["LANG"] = filepath.Join(scratch, "home"), filepath.Join(scratch, "tmp"), "C.UTF-8"
	for _, name := range append([]string{"PATH"}, p.pass...) {
		if v, ok := lookup(name); ok {
			vars[name] = v
		}
	}
	for _, e := range src.Env {
		vars["ARGOCD_ENV_"+e.Name] = j.expand(e.Value)
	}
	if err := parameterVars(src.Parameters, vars); err != nil {
		return nil, err
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		if strings.ContainsAny(name, "=\x00") || strings.ContainsRune(vars[name], 0) {
			return nil, fmt.Errorf("source.plugin: %q is no name or value of a variable", name)
		}
		out = append(out, name+"="+vars[name])
	}
	return out, nil
}

var notInVariable = regexp.MustCompile(`[^A-Z0-9_]`)

// parameterVars writes parameters as Argo CD does: all of them as JSON, and each as PARAM_NAME, PARAM_NAME_0 or
// PARAM_NAME_KEY.
func parameterVars(parameters []app.PluginParameter, vars map[string]string) error {
	if parameters == nil {
		parameters = []app.PluginParameter{}
	}
	text, err := json.Marshal(parameters)
	if err != nil {
		return fmt.Errorf("write parameters: %w", err)
	}
	vars["ARGOCD_APP_PARAMETERS"] = string(text)
	escaped := func(s string) string { return notInVariable.ReplaceAllString(strings.ToUpper(s), "_") }
	for _, p := range parameters {
		name := "PARAM_" + escaped(p.Name)
		if p.String != nil {
			vars[name] = *p.String
		}
		for i, v := range p.Array {
			vars[fmt.Sprintf("%s_%d", name, i)] = v
		}
		for k, v := range p.Map {
			vars[name+"_"+escaped(k)] = v
		}
	}
	return nil
}
