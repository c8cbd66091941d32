package render

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/google/go-jsonnet"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// ksonnetApp is a ksonnet application's app.yaml.
type ksonnetApp struct {
	APIVersion   string                        `json:"apiVersion"`
	Kind         string                        `json:"kind"`
	Name         string                        `json:"name"`
	Environments map[string]ksonnetEnvironment `json:"environments"`
}

// ksonnetEnvironment is one of its environments.
type ksonnetEnvironment struct {
	KubernetesVersion string         `json:"k8sVersion"`
	Path              string         `json:"path"`
	Targets           []string       `json:"targets"`
	Destination       map[string]any `json:"destination"`
}

var ksonnetVersion = regexp.MustCompile(`^0\.[0-9]+\.[0-9]+$`)

// readKsonnet reads the app.yaml of a folder; nil when it has none, or one of something else.
func readKsonnet(files fs.FS, dir string) (*ksonnetApp, error) {
	b, err := fs.ReadFile(files, path.Join(dir, "app.yaml"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read app.yaml: %w", err)
	}
	var a ksonnetApp
	if yaml.Unmarshal(b, &a) != nil || a.Kind != "ksonnet.io/app" || !ksonnetVersion.MatchString(a.APIVersion) {
		return nil, nil
	}
	return &a, nil
}

// environment chooses the environment: the named one, the only one, or that of the name default.
func (a *ksonnetApp) environment(name string) (string, ksonnetEnvironment, error) {
	names := slices.Sorted(maps.Keys(a.Environments))
	switch _, hasDefault := a.Environments["default"]; {
	case name != "":
	case len(names) == 1:
		name = names[0]
	case hasDefault:
		name = "default"
	default:
		return "", ksonnetEnvironment{}, hint.With(fmt.Errorf("the ksonnet application has %d environments, and none is chosen", len(names)),
			"set spec.source.ksonnet.environment to one of: "+strings.Join(names, ", "))
	}
	env, ok := a.Environments[name]
	if !ok {
		return "", env, hint.With(fmt.Errorf("ksonnet environment %q: %w", name, app.ErrNotFound), "app.yaml has: "+strings.Join(names, ", "))
	}
	if env.Path == "" {
		env.Path = name
	}
	return name, env, nil
}

// ksonnet renders one environment of a ksonnet application, as `ks show` would: the parameters of the components with
// those of the environment on top, then every component, then the environment's own main.jsonnet over them.
func (j job) ksonnet() ([]*unstructured.Unstructured, error) {
	a, err := readKsonnet(j.files, j.dir)
	if err != nil {
		return nil, err
	}
	if a == nil {
		return nil, hint.With(fmt.Errorf("%s has no app.yaml of a ksonnet application: %w", j.dir, app.ErrNotFound), "correct spec.source.path")
	}
	opts := app.KsonnetSource{}
	if j.src.Ksonnet != nil {
		opts = *j.src.Ksonnet
	}
	_, env, err := a.environment(j.expand(opts.Environment))
	if err != nil {
		return nil, err
	}
	k := ksonnetRun{job: j, env: env, folder: path.Join(j.dir, "environments", env.Path)}
	components, err := k.components()
	if err != nil {
		return nil, err
	}
	if err := k.readParameters(opts.Parameters, components); err != nil {
		return nil, err
	}
	out, err := k.evaluate(components)
	if err != nil {
		return nil, err
	}
	var objects []*unstructured.Unstructured
	size := 0
	for _, name := range slices.Sorted(maps.Keys(out)) {
		if size += len(out[name]); int64(size) > k.job.limit {
			return nil, tooLarge(k.job.limit)
		}
		list, err := k.flatten(name, out[name])
		if err != nil {
			return nil, err
		}
		objects = append(objects, list...)
	}
	return checked(objects)
}

// ksonnetRun evaluates the components of one environment.
type ksonnetRun struct {
	job    job
	env    ksonnetEnvironment
	folder string
	// params is what the components see as their parameters: JSON.
	params string
}

// component is one file of the components folder. Those in a subfolder, which ksonnet calls a module, are named
// MODULE.NAME and have parameters of their own.
type component struct {
	name, file, module string
}

// components lists the components that the environment targets, by name.
func (k ksonnetRun) components() ([]component, error) {
	top := path.Join(k.job.dir, "components")
	var out []component
	err := fs.WalkDir(k.job.files, top, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		ext := path.Ext(name)
		if !slices.Contains([]string{".jsonnet", ".json", ".yaml", ".yml"}, ext) {
			return nil
		}
		module := strings.ReplaceAll(strings.Trim(strings.TrimPrefix(path.Dir(name), top), "/"), "/", ".")
		c := component{file: name, module: module, name: strings.TrimSuffix(path.Base(name), ext)}
		if module != "" {
			c.name = module + "." + c.name
		}
		if targets := k.env.Targets; len(targets) == 0 || slices.Contains(targets, orElse(module, "/")) {
			out = append(out, c)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read ksonnet components: %w", err)
	}
	return out, nil
}

// readParameters merges the parameters of all modules, lays those of the environment and of the application over them.
func (k *ksonnetRun) readParameters(own []app.KsonnetParameter, components []component) error {
	merged := map[string]any{}
	for _, dir := range modules(components) {
		file := path.Join(k.job.dir, "components", strings.ReplaceAll(dir, ".", "/"), "params.libsonnet")
		text, err := fs.ReadFile(k.job.files, file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", file, err)
		}
		out, err := k.vm().EvaluateAnonymousSnippet(file, string(text))
		if err != nil {
			return fmt.Errorf("evaluate %s: %w", file, err)
		}
		if err := addParameters(merged, out, dir); err != nil {
			return fmt.Errorf("evaluate %s: %w", file, err)
		}
	}
	base, err := json.Marshal(map[string]any{"components": merged})
	if err != nil {
		return fmt.Errorf("write ksonnet parameters: %w", err)
	}
	k.params = string(base)
	file := path.Join(k.folder, "params.libsonnet")
	text, err := fs.ReadFile(k.job.files, file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fmt.Errorf("read %s: %w", file, err)
	default:
		if k.params, err = k.vm().EvaluateAnonymousSnippet(file, string(text)); err != nil {
			return fmt.Errorf("evaluate %s: %w", file, err)
		}
	}
	return k.override(own)
}

func modules(components []component) []string {
	out := []string{""}
	for _, c := range components {
		if !slices.Contains(out, c.module) {
			out = append(out, c.module)
		}
	}
	return out
}

// addParameters adds the parameters of one module's components, with its global ones below them.
func addParameters(merged map[string]any, text, module string) error {
	var p struct {
		Global     map[string]any            `json:"global"`
		Components map[string]map[string]any `json:"components"`
	}
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return err
	}
	for name, values := range p.Components {
		all := maps.Clone(p.Global)
		if all == nil {
			all = map[string]any{}
		}
		maps.Copy(all, values)
		if module != "" {
			name = module + "." + name
		}
		merged[name] = all
	}
	return nil
}

// override writes the application's own parameters: JSON where they are that, else text.
func (k *ksonnetRun) override(own []app.KsonnetParameter) error {
	if len(own) == 0 {
		return nil
	}
	var p map[string]any
	if err := json.Unmarshal([]byte(k.params), &p); err != nil {
		return fmt.Errorf("read ksonnet parameters: %w", err)
	}
	all, _ := p["components"].(map[string]any)
	for _, o := range own {
		values, ok := all[o.Component].(map[string]any)
		if !ok {
			return hint.With(fmt.Errorf("ksonnet parameter %s: component %q: %w", o.Name, o.Component, app.ErrNotFound),
				"the components with parameters are: "+strings.Join(slices.Sorted(maps.Keys(all)), ", "))
		}
		value := k.job.expand(o.Value)
		var v any
		if json.Unmarshal([]byte(value), &v) != nil {
			v = value
		}
		values[o.Name] = v
	}
	b, err := json.Marshal(p)
	k.params = string(b)
	return err
}

// vm returns an interpreter with the libraries of the environment and what ksonnet tells the files.
func (k ksonnetRun) vm() *jsonnet.VM {
	vm := jsonnet.MakeVM()
	dir := k.job.dir
	libs := []string{
		path.Join(k.folder, ".metadata"), k.folder, path.Join(dir, "environments"),
		path.Join(dir, "lib", "ksonnet-lib", k.env.KubernetesVersion), path.Join(dir, "lib", k.env.KubernetesVersion),
		path.Join(dir, "lib"), path.Join(dir, "vendor"), path.Join(dir, "components"),
	}
	vm.Importer(&importer{files: k.job.files, libs: libs, cache: map[string]jsonnet.Contents{}})
	destination, err := json.Marshal(k.env.Destination)
	if err != nil || k.env.Destination == nil {
		destination = []byte("{}")
	}
	vm.ExtCode("__ksonnet/environments", string(destination))
	vm.ExtCode("__ksonnet/params", orElse(k.params, "{components: {}}"))
	return vm
}

// evaluate evaluates the components one by one, and the environment over all of them. A component that the environment
// makes nothing of is left out.
func (k ksonnetRun) evaluate(components []component) (map[string]json.RawMessage, error) {
	made := map[string]json.RawMessage{}
	for _, c := range components {
		text, err := fs.ReadFile(k.job.files, c.file)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", c.file, err)
		}
		if path.Ext(c.file) != ".jsonnet" {
			objects, err := parse(c.file, text)
			if err != nil {
				return nil, err
			}
			if made[c.name], err = json.Marshal(objects); err != nil {
				return nil, fmt.Errorf("read %s: %w", c.file, err)
			}
			continue
		}
		out, err := k.vm().EvaluateAnonymousSnippet(c.file, string(text))
		if err != nil {
			return nil, fmt.Errorf("evaluate %s: %w", c.file, err)
		}
		made[c.name] = json.RawMessage(out)
	}
	main := path.Join(k.folder, "main.jsonnet")
	text, err := fs.ReadFile(k.job.files, main)
	if errors.Is(err, fs.ErrNotExist) {
		return made, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", main, err)
	}
	all, err := json.Marshal(made)
	if err != nil {
		return nil, fmt.Errorf("evaluate %s: %w", main, err)
	}
	vm := k.vm()
	vm.ExtCode("__ksonnet/components", string(all))
	out, err := vm.EvaluateAnonymousSnippet(main, string(text))
	if err != nil {
		return nil, fmt.Errorf("evaluate %s: %w", main, err)
	}
	var over map[string]json.RawMessage
	if err := json.Unmarshal([]byte(out), &over); err != nil {
		return nil, fmt.Errorf("evaluate %s: it makes no object of components", main)
	}
	return over, nil
}

// flatten reads the objects of what a component made: one, a list, or a mapping of them.
func (k ksonnetRun) flatten(name string, raw json.RawMessage) ([]*unstructured.Unstructured, error) {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) == nil {
		var out []*unstructured.Unstructured
		for _, r := range list {
			objects, err := k.flatten(name, r)
			if err != nil {
				return nil, err
			}
			out = append(out, objects...)
		}
		return out, nil
	}
	var m map[string]json.RawMessage
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, fmt.Errorf("ksonnet component %s makes no objects", name)
	}
	if m["apiVersion"] != nil && m["kind"] != nil {
		return parse("ksonnet component "+name, raw)
	}
	var out []*unstructured.Unstructured
	for _, key := range slices.Sorted(maps.Keys(m)) {
		objects, err := k.flatten(name, m[key])
		if err != nil {
			return nil, err
		}
		out = append(out, objects...)
	}
	return out, nil
}
