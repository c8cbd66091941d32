package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/command"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/render"
)

// doctor checks everything that wheelhouse works with and says what is wrong and what to do.
func (g *global) doctor() *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Short: "Check store, locks, clusters, repositories and terminal", Args: noCommand,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return g.withEngine(cmd.Context(), "doctor", g.examineAll)
		},
	}
}

// check is one finding of the doctor.
type check struct {
	what string
	says string
	err  error
}

func (g *global) examineAll(ctx context.Context, env *command.Env) error {
	checks := append(storeChecks(ctx, env), lockChecks(ctx, env)...)
	checks = append(checks, clusterChecks(ctx, env)...)
	checks = append(checks, repositoryChecks(ctx, env)...)
	checks = append(checks, pluginChecks()...)
	checks = append(checks, g.terminalChecks()...)
	checks = append(checks, g.logCheck())
	bad := 0
	for _, c := range checks {
		if c.err == nil {
			fmt.Fprintf(env.Out, "ok    %-12s %s\n", c.what, c.says)
			continue
		}
		bad++
		fmt.Fprintf(env.Out, "bad   %-12s %v\n", c.what, c.err)
		if h := hint.Of(c.err); h != "" {
			fmt.Fprintf(env.Out, "                   %s\n", h)
		}
	}
	if bad > 0 {
		return &command.Outcome{Status: command.ExitError, Err: fmt.Errorf("%d of %d checks failed", bad, len(checks))}
	}
	return nil
}

func storeChecks(ctx context.Context, env *command.Env) []check {
	if err := env.Engine.Load(ctx); err != nil {
		return []check{{what: "store", err: err}}
	}
	out := []check{{what: "store", says: fmt.Sprintf("%s, %d applications", env.Engine.StoreName(), len(env.Engine.Views()))}}
	for k, err := range env.Engine.Broken() {
		out = append(out, check{what: "application", err: fmt.Errorf("%s: %w", k, err)})
	}
	for _, v := range env.Engine.Views() {
		journals, err := env.Engine.Unfinished(ctx, v.App.Key())
		if err == nil && len(journals) > 0 {
			err = hint.With(fmt.Errorf("%s: an operation of %s was interrupted", v.App.Key(), journals[0].Head.StartedAt.Format("2006-01-02 15:04")),
				"look at its plan: wheelhouse app plan "+v.App.Key().String())
		}
		if err != nil {
			out = append(out, check{what: "journal", err: err})
		}
	}
	return out
}

func lockChecks(ctx context.Context, env *command.Env) []check {
	holder, held, err := env.Ports.Locks.AutomationHolder(ctx)
	says := "nobody automates: automated applications are not being healed"
	if held {
		says = "automation: " + holder.String()
	}
	return []check{{what: "locks", says: says, err: err}}
}

func clusterChecks(ctx context.Context, env *command.Env) []check {
	used := map[string]app.Destination{}
	for _, v := range env.Engine.Views() {
		d := v.App.Spec.Destination
		used[d.Name+d.Server] = d
	}
	if len(used) == 0 {
		_, err := env.Contexts()
		return []check{{what: "clusters", says: "no application names one yet", err: err}}
	}
	var out []check
	for name, d := range used {
		cluster, err := env.Ports.Clusters.Cluster(d)
		if err == nil {
			_, err = cluster.Identity(ctx)
		}
		says := name
		if err == nil {
			caps, capsErr := cluster.Capabilities(ctx)
			says, err = name+" "+caps.KubeVersion, capsErr
		}
		out = append(out, check{what: "cluster", says: says, err: err})
	}
	return out
}

func repositoryChecks(ctx context.Context, env *command.Env) []check {
	registered, err := env.Ports.Repositories.List(ctx)
	out := []check{{what: "logins", says: fmt.Sprintf("%d entries are registered", len(registered)), err: err}}
	for _, r := range registered {
		if r.Problem != "" {
			out = append(out, check{what: "login", err: hint.With(fmt.Errorf("%s: %s: %s", r.URL, r.From, r.Problem), "mend that entry, or register another login")})
		}
	}
	urls, err := env.RepositoryURLs(ctx)
	if err != nil {
		out = append(out, check{what: "repositories", err: err})
	}
	for _, url := range urls {
		out = append(out, check{what: "repository", says: app.ShownURL(url), err: env.Ports.Repositories.Test(ctx, url)})
	}
	return out
}

// pluginChecks finds the files of plugins that cannot be used.
func pluginChecks() []check {
	plugins, err := render.LoadPlugins(pluginDir())
	out := []check{{what: "plugins", says: fmt.Sprintf("%d in %s", len(plugins), pluginDir()), err: err}}
	for i := range plugins {
		if fault := plugins[i].Fault(); fault != nil {
			out = append(out, check{what: "plugin", err: fault})
		}
	}
	return out
}

func (g *global) logCheck() check {
	f, err := g.openLog()
	if err != nil {
		return check{what: "log", err: err}
	}
	return check{what: "log", says: f.Name(), err: f.Close()}
}

func (g *global) terminalChecks() []check {
	f, ok := g.streams.Out.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return []check{{what: "terminal", says: "the output is no terminal; the console needs one"}}
	}
	w, h, err := term.GetSize(int(f.Fd()))
	if err == nil && (w < 40 || h < 10) {
		err = hint.With(errors.New("the terminal is smaller than 40 columns by 10 lines"), "make the window larger")
	}
	says := fmt.Sprintf("%s %dx%d", os.Getenv("TERM"), w, h)
	if !strings.Contains(strings.ToUpper(os.Getenv("LANG")+os.Getenv("LC_ALL")), "UTF-8") {
		says += ", not UTF-8: ASCII is drawn"
	}
	return []check{{what: "terminal", says: says, err: err}}
}
