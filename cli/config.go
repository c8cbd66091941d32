package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/adrg/xdg"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/command"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// environment names the variables that come before the configuration file, by flag.
var environment = map[string]string{"store": "WHEELHOUSE_STORE", "kubeconfig": "KUBECONFIG"}

// setting is one global flag with its value and where that comes from: flag, environment, file or default.
type setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	From  string `json:"from"`
}

// configPath is the configuration file: one line per global flag, such as "theme: light".
func configPath() string { return filepath.Join(xdg.ConfigHome, "wheelhouse", "config.yaml") }

// configure gives the global flags that are neither on the command line nor in the environment the values of the
// configuration file, and remembers where each value is from.
func (g *global) configure(flags *pflag.FlagSet) error {
	values, err := readConfig(configPath())
	if err != nil {
		return wrongConfig(err)
	}
	g.settings = nil
	flags.VisitAll(func(f *pflag.Flag) {
		s := setting{Name: f.Name, From: "default"}
		value, inFile := values[f.Name]
		delete(values, f.Name)
		switch variable := environment[f.Name]; {
		case f.Changed:
			s.From = "flag"
		case variable != "" && os.Getenv(variable) != "":
			s.From = "environment"
		case inFile:
			s.From = "file"
			if wrong := f.Value.Set(value); wrong != nil {
				err = errors.Join(err, fmt.Errorf("%s: %w", f.Name, wrong))
			}
		}
		s.Value = f.Value.String()
		g.settings = append(g.settings, s)
	})
	for name := range values {
		err = errors.Join(err, fmt.Errorf("there is no setting %q", name))
	}
	if err != nil {
		return wrongConfig(fmt.Errorf("read %s: %w", configPath(), err))
	}
	return nil
}

func wrongConfig(err error) error {
	return &command.Outcome{Status: command.ExitUsage, Err: hint.With(err, "wheelhouse config --help lists the settings")}
}

// readConfig reads the configuration file; one that is not there is empty.
func readConfig(path string) (map[string]string, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	var raw map[string]any
	if err := yaml.UnmarshalStrict(text, &raw); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	out := make(map[string]string, len(raw))
	for name, value := range raw {
		out[name] = fmt.Sprint(value)
	}
	return out, nil
}

// config shows the settings that are in force.
func (g *global) config() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use: "config", Short: "Show the settings in force, and where each is from", Args: noCommand,
		Long: "Show the global flags as they are in force. A flag comes first, then the environment (WHEELHOUSE_STORE,\n" +
			"KUBECONFIG), then the configuration file, then the default. The file has a line for each flag that it sets,\n" +
			"such as \"theme: light\", and lies in wheelhouse/config.yaml below the user's configuration folder.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := g.storeDir()
			if err != nil {
				return err
			}
			for i := range g.settings {
				s := &g.settings[i]
				switch {
				case s.Name == "store" && s.Value == "":
					s.Value = "file:" + dir
				case s.Name == "kubeconfig" && s.From == "environment":
					s.Value = os.Getenv("KUBECONFIG")
				}
			}
			return g.printSettings(cmd, format)
		},
	}
	c.Flags().StringVarP(&format, "output", "o", "table", "table, json, yaml")
	return c
}

func (g *global) printSettings(cmd *cobra.Command, format string) error {
	out := cmd.OutOrStdout()
	switch format {
	case "table":
		for _, s := range g.settings {
			fmt.Fprintf(out, "%-14s %-12s %s\n", s.Name, s.From, s.Value)
		}
		fmt.Fprintf(out, "\nconfiguration file: %s\n", configPath())
		return nil
	case "json":
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(g.settings)
	case "yaml":
		b, err := yaml.Marshal(g.settings)
		if err != nil {
			return fmt.Errorf("print settings: %w", err)
		}
		_, err = out.Write(b)
		return err
	}
	return wrongUsage(cmd, fmt.Errorf("the output %q is not one of %s", format, strings.Join([]string{"table", "json", "yaml"}, ", ")))
}
