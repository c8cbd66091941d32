package cli

import (
	"errors"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/wheelhouse-gitops/wheelhouse/app/filestore"
	"github.com/wheelhouse-gitops/wheelhouse/command"
	"github.com/wheelhouse-gitops/wheelhouse/kube"
)

// complete tells the shell what a verb's arguments and its output may be.
func (g *global) complete(c *cobra.Command, v command.Verb) {
	c.ValidArgsFunction = cobra.NoFileCompletions
	switch {
	case v.Offline:
		c.ValidArgsFunction = nil
	case v.Group == "app" && v.Name != "create" && v.MinArgs > 0:
		c.ValidArgsFunction = g.upTo(v.MaxArgs, g.applicationNames)
	case v.Group == "cluster" && v.MinArgs > 0:
		c.ValidArgsFunction = g.upTo(v.MaxArgs, g.contextNames)
	}
	offer(c, "output", v.Formats)
}

// offer tells the shell what a flag may be; a command without the flag offers nothing.
func offer(c *cobra.Command, flag string, choices []string) {
	if c.Flag(flag) != nil {
		// The one error is that of an unknown flag.
		_ = c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(choices, cobra.ShellCompDirectiveNoFileComp))
	}
}

// upTo offers names for the first few arguments and nothing for those after. What cannot be read offers nothing: a shell
// has no place for an error.
func (g *global) upTo(most int, names func(*cobra.Command) ([]string, error)) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if most >= 0 && len(args) >= most || g.configure(c.Root().PersistentFlags()) != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		list, err := names(c)
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		return list, cobra.ShellCompDirectiveNoFileComp
	}
}

func (g *global) applicationNames(c *cobra.Command) ([]string, error) {
	dir, err := g.storeDir()
	if err != nil {
		return nil, err
	}
	// Opening a store makes it, which is not for a shell to do.
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	store, err := filestore.Open(dir)
	if err != nil {
		return nil, err
	}
	apps, _, err := store.List(c.Context())
	if err != nil {
		return nil, err
	}
	names := make([]string, len(apps))
	for i := range apps {
		names[i] = apps[i].Key().String()
	}
	return names, nil
}

func (g *global) contextNames(*cobra.Command) ([]string, error) {
	names, _, err := kube.NewClusters(kube.Options{Kubeconfig: g.kubeconfig}).Contexts()
	return names, err
}
