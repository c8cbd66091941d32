package cli

import (
	"os"
	"os/exec"
	"path/filepath"

	"github.com/adrg/xdg"
	"github.com/spf13/cobra"

	"github.com/wheelhouse-gitops/wheelhouse/internal/sops"
	"github.com/wheelhouse-gitops/wheelhouse/render"
)

// pluginDir is the folder of the operator's config management plugins.
func pluginDir() string { return filepath.Join(xdg.ConfigHome, "wheelhouse", "plugins") }

// newPool returns the pool of render workers with these limits, and with the operator's plugins and keys.
func newPool(limits render.Options) (*render.Pool, error) {
	plugins, err := render.LoadPlugins(pluginDir())
	if err != nil {
		return nil, err
	}
	// The program decrypts what age does not; it is looked for in the user's PATH, with the user's own credentials.
	program, err := exec.LookPath("sops")
	if err != nil {
		program = ""
	}
	limits.Plugins = plugins
	limits.Sops = sops.New(sops.Options{
		Identities: sops.UserIdentities(os.LookupEnv, xdg.ConfigHome), Program: program, Env: os.Environ(),
	})
	return render.NewPool(limits)
}

// renderPlugin is what the program runs itself as to become a plugin's command within limits: see package render.
func renderPlugin() *cobra.Command {
	return &cobra.Command{
		Use: "render-plugin", Hidden: true, DisableFlagParsing: true,
		RunE: func(_ *cobra.Command, args []string) error { return render.ExecPlugin(args) },
	}
}
