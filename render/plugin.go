package render

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// Plugin is a config management plugin: commands of the operator that make manifests of a folder. Its document is Argo
// CD's ConfigManagementPlugin.
type Plugin struct {
	Metadata struct {
		Name        string            `json:"name"`
		Namespace   string            `json:"namespace"`
		Labels      map[string]string `json:"labels"`
		Annotations map[string]string `json:"annotations"`
	} `json:"metadata"`
	Spec PluginSpec `json:"spec"`
	// timeout and memory replace the pool's limits where they are set, and pass names variables of the environment that the
	// commands may see; all three come from annotations.
	timeout time.Duration
	memory  int64
	pass    []string
	// fault is why the document cannot be used, and blind says that not even its discover rule can be read.
	fault error
	blind bool
}

// Fault is why the plugin's document cannot be used; nil when it can. Sources that the plugin is for, or may be for, fail with it.
func (p *Plugin) Fault() error { return p.fault }

// PluginSpec says what a plugin runs and for which folders.
type PluginSpec struct {
	Version  string         `json:"version"`
	Init     PluginCommand  `json:"init"`
	Generate PluginCommand  `json:"generate"`
	Discover PluginDiscover `json:"discover"`
	// Parameters are what the plugin says that it can be given.
	Parameters struct {
		Static  []app.PluginParameter `json:"static"`
		Dynamic PluginCommand         `json:"dynamic"`
	} `json:"parameters"`
	PreserveFileMode bool `json:"preserveFileMode"`
	ProvideGitCreds  bool `json:"provideGitCreds"`
}

// PluginCommand is a program and its arguments.
type PluginCommand struct {
	Command []string `json:"command"`
	Args    []string `json:"args"`
}

func (c PluginCommand) argv() []string { return slices.Concat(c.Command, c.Args) }

// PluginDiscover finds the folders that a plugin is for: the first of the three that is given counts.
type PluginDiscover struct {
	FileName string `json:"fileName"`
	Find     struct {
		Glob    string   `json:"glob"`
		Command []string `json:"command"`
		Args    []string `json:"args"`
	} `json:"find"`
}

func (d PluginDiscover) configured() bool {
	return d.FileName != "" || d.Find.Glob != "" || len(d.Find.Command) > 0
}

// Name is what a source calls the plugin: its name, with its version where it has one.
func (p *Plugin) Name() string {
	if p.Spec.Version == "" {
		return p.Metadata.Name
	}
	return p.Metadata.Name + "-" + p.Spec.Version
}

// The annotations of a plugin's document that Argo CD does not know.
const (
	annotationTimeout = "wheelhouse.dev/timeout"
	annotationMemory  = "wheelhouse.dev/memory-mib"
	annotationEnv     = "wheelhouse.dev/env"
)

// LoadPlugins reads the plugins of a folder, one in each file; a folder that is not there has none. Plugins run with the
// rights of whoever runs the program: the folder is the operator's, never a repository's. A file that is wrong gives a plugin with a
// fault.
func LoadPlugins(dir string) ([]Plugin, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read plugins: %w", err)
	}
	var out []Plugin
	for _, e := range entries {
		if e.IsDir() || filepath.Ext(e.Name()) != ".yaml" && filepath.Ext(e.Name()) != ".yml" {
			continue
		}
		file := filepath.Join(dir, e.Name())
		p, err := loadPlugin(file)
		if slices.ContainsFunc(out, func(o Plugin) bool { return o.Name() == p.Name() }) && err == nil {
			err = fmt.Errorf("there is a plugin %s already", p.Name())
		}
		if err != nil {
			p = faulty(file, hint.With(fmt.Errorf("plugin %s: %w", file, err), "correct the file, or take it away"))
		}
		out = append(out, p)
	}
	return out, nil
}

// faulty is a plugin of which name and discover rule are known at most: as far as its file can be read.
func faulty(file string, fault error) Plugin {
	p := Plugin{fault: fault}
	text, err := os.ReadFile(file)
	if err == nil {
		var known struct {
			Metadata struct {
				Name string `json:"name"`
			} `json:"metadata"`
			Spec struct {
				Version  string         `json:"version"`
				Discover PluginDiscover `json:"discover"`
			} `json:"spec"`
		}
		err = yaml.Unmarshal(text, &known)
		p.Metadata.Name, p.Spec.Version, p.Spec.Discover = known.Metadata.Name, known.Spec.Version, known.Spec.Discover
	}
	if p.Metadata.Name == "" {
		p.Metadata.Name = strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	}
	// What a command would find, nobody knows: it is not run.
	byCommand := p.Spec.Discover.FileName == "" && p.Spec.Discover.Find.Glob == "" && len(p.Spec.Discover.Find.Command) > 0
	p.blind = byCommand || err != nil && (len(text) == 0 || bytes.Contains(text, []byte("discover")))
	return p
}

func loadPlugin(file string) (Plugin, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return Plugin{}, err
	}
	var p struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
		Plugin     `json:",inline"`
	}
	plain, err := yaml.YAMLToJSONStrict(text)
	if err != nil {
		return Plugin{}, err
	}
	d := json.NewDecoder(bytes.NewReader(plain))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return Plugin{}, err
	}
	if p.Kind != "ConfigManagementPlugin" {
		return Plugin{}, fmt.Errorf("its kind is %q, not ConfigManagementPlugin", p.Kind)
	}
	return p.Plugin, p.check()
}

// check refuses what would change the result and is not done, and reads the annotations.
func (p *Plugin) check() error {
	switch {
	case p.Metadata.Name == "":
		return errors.New("metadata.name is missing")
	case len(p.Spec.Generate.argv()) == 0:
		return errors.New("spec.generate.command is missing")
	case p.Spec.ProvideGitCreds:
		return errors.New("spec.provideGitCreds: credentials of repositories are not given to plugins")
	}
	for name, value := range p.Metadata.Annotations {
		var err error
		switch name {
		case annotationTimeout:
			p.timeout, err = time.ParseDuration(value)
		case annotationMemory:
			_, err = fmt.Sscan(value, &p.memory)
			p.memory <<= 20
		case annotationEnv:
			p.pass = strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
		}
		if err != nil {
			return fmt.Errorf("annotation %s: %w", name, err)
		}
	}
	return nil
}

// pluginSource is a source's plugin block.
type pluginSource struct {
	Name string `json:"name"`
	Env  []struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	} `json:"env"`
	Parameters []app.PluginParameter `json:"parameters"`
}

func readPluginSource(src app.Source) (pluginSource, error) {
	var out pluginSource
	b, err := json.Marshal(src.Plugin)
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		return out, hint.With(fmt.Errorf("source.plugin: %w", err), "correct spec.source.plugin")
	}
	return out, nil
}
