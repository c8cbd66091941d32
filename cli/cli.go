// Package cli is the command line: it reads arguments, puts the program together (wire.go), runs a verb of package
// command or the console, prints what failed with its remedy, and returns the exit status.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/go-logr/logr"
	"github.com/spf13/cobra"
	"golang.org/x/term"
	"k8s.io/klog/v2"

	"github.com/wheelhouse-gitops/wheelhouse/command"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/themes"
)

// Version is the program's version; a release sets it when it is linked.
var version = "development"

// Streams are where the program reads and writes.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	// Hangup tells that the terminal is gone; nil never does.
	Hangup <-chan os.Signal
}

// terminal reports whether a person sits at both ends.
func (s Streams) terminal() bool {
	in, inOK := s.In.(*os.File)
	out, outOK := s.Out.(*os.File)
	return inOK && outOK && term.IsTerminal(int(in.Fd())) && term.IsTerminal(int(out.Fd()))
}

// Main runs the program with these arguments and returns its exit status. It may be called again, with others.
func Main(ctx context.Context, args []string, s Streams) int {
	// Client libraries write to the standard error by themselves, which would draw over the console.
	klog.SetLogger(logr.Discard())
	if out, ok := s.Out.(*os.File); ok && !term.IsTerminal(int(out.Fd())) {
		s.Out = command.NewOutput(out)
	}
	root := newRoot(args, s)
	root.SetArgs(args)
	root.SetIn(s.In)
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	err := root.ExecuteContext(ctx)
	status := command.ExitStatus(err)
	if o, ok := errors.AsType[*command.Outcome](err); err != nil && (!ok || !o.Quiet) {
		printError(s.Err, err)
	}
	return status
}

// printError writes what happened and what to do about it.
func printError(w io.Writer, err error) {
	fmt.Fprintf(w, "wheelhouse: %v\n", err)
	if h := hint.Of(err); h != "" {
		fmt.Fprintf(w, "  %s\n", h)
	}
}

// nearby is the number of letters by which a word may miss the command that is then suggested.
const nearby = 2

// newRoot builds the tree of commands of the table of verbs.
func newRoot(args []string, s Streams) *cobra.Command {
	g := &global{streams: s, args: args}
	root := &cobra.Command{
		Use: "wheelhouse", Short: "GitOps for Kubernetes from a terminal",
		Long: "wheelhouse follows git repositories and keeps applications in Kubernetes clusters as they say.\n\n" +
			"Without a command it opens the console.",
		SilenceErrors: true, SilenceUsage: true, Args: noCommand, SuggestionsMinimumDistance: nearby,
		RunE: func(cmd *cobra.Command, _ []string) error { return g.console(cmd.Context()) },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return wrongUsage(cmd, err)
	})
	g.declare(root.PersistentFlags())
	offer(root, "theme", append(themes.Names(), themes.Auto))
	offer(root, "role", roleNames)
	groups := map[string]*cobra.Command{}
	for name, short := range command.Groups() {
		groups[name] = &cobra.Command{
			Use: name, Short: short, Args: noCommand, SuggestionsMinimumDistance: nearby,
			RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		}
		root.AddCommand(groups[name])
	}
	for _, v := range command.Table() {
		groups[v.Group].AddCommand(g.verb(v))
	}
	root.AddCommand(g.version(), g.doctor(), g.demo(), g.automate(), g.config(), renderWorker(s), renderPlugin())
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		// The worker has an empty environment, and no business with a user's settings.
		if cmd.Hidden {
			return nil
		}
		return g.configure(root.PersistentFlags())
	}
	return root
}

// noCommand refuses a word where a command is expected.
func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	err := fmt.Errorf("there is no command %q in %s", args[0], cmd.CommandPath())
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return &command.Outcome{Status: command.ExitUsage, Err: hint.With(err, "did you mean "+strings.Join(near, " or ")+"?")}
	}
	return wrongUsage(cmd, err)
}

func wrongUsage(cmd *cobra.Command, err error) error {
	return &command.Outcome{Status: command.ExitUsage, Err: hint.With(err, cmd.CommandPath()+" --help explains")}
}

// verb makes a command of a row of the table.
func (g *global) verb(v command.Verb) *cobra.Command {
	var format string
	c := &cobra.Command{
		Use: strings.TrimSpace(v.Name + " " + v.Args), Short: v.Short, Long: v.Long, Example: v.Example,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) < v.MinArgs || v.MaxArgs >= 0 && len(args) > v.MaxArgs {
				return wrongUsage(cmd, fmt.Errorf("%s takes %s", cmd.CommandPath(), argumentCount(v)))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkFormat(v, format); err != nil {
				return wrongUsage(cmd, err)
			}
			if v.Offline {
				return g.offline(cmd.Context(), v, format, args)
			}
			return g.withEngine(cmd.Context(), v.Group+" "+v.Name, func(ctx context.Context, env *command.Env) error {
				env.Format = format
				return v.Run(ctx, env, args)
			})
		},
	}
	if len(v.Formats) > 0 {
		c.Flags().StringVarP(&format, "output", "o", v.Formats[0], strings.Join(v.Formats, ", "))
	}
	if v.Flags != nil {
		v.Flags(c.Flags())
	}
	g.complete(c, v)
	return c
}

func argumentCount(v command.Verb) string {
	switch {
	case v.MaxArgs == 0:
		return "no arguments"
	case v.Args == "":
		return "other arguments"
	}
	return v.Args
}

func checkFormat(v command.Verb, format string) error {
	for _, f := range v.Formats {
		if f == format {
			return nil
		}
	}
	if len(v.Formats) == 0 {
		return nil
	}
	return fmt.Errorf("the output %q is not one of %s", format, strings.Join(v.Formats, ", "))
}
