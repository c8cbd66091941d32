package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/command"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
)

// automate follows the store without a console: for a service manager or a CI job.
func (g *global) automate() *cobra.Command {
	return &cobra.Command{
		Use: "automate", Short: "Sync and heal automated applications without a console", Args: noCommand,
		Long: "Follow git, the clusters and the store, and sync and heal automated applications, until a signal ends it. One\n" +
			"process automates a store at a time: the first that has its lock. One line is printed for every change of an\n" +
			"application's sync status, health or operation.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := g.wire("automate", true)
			if err != nil {
				return err
			}
			if p.principal.Role == app.Viewer {
				return errors.Join(&command.Outcome{Status: command.ExitRefused, Err: errors.New("a viewer automates nothing, and this was " + p.principal.Denied)}, p.close())
			}
			return errors.Join(g.follow(cmd.Context(), p), p.close())
		},
	}
}

// follow runs the engine and prints what changes.
func (g *global) follow(ctx context.Context, p *parts) error {
	updates := p.engine.Subscribe()
	defer updates.Close()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return p.engine.Run(ctx) })
	group.Go(func() error {
		told := map[app.Key]string{}
		for {
			keys, err := updates.Next(ctx)
			if err != nil {
				return nil
			}
			for _, k := range keys {
				line := state(p.engine, k)
				if line != "" && told[k] != line {
					told[k] = line
					fmt.Fprintf(g.streams.Out, "%s %s\n", time.Now().Format(time.RFC3339), line)
				}
			}
		}
	})
	return group.Wait()
}

// state is one line about an application, or about the automation for the zero key.
func state(e *engine.Engine, k app.Key) string {
	if k == (app.Key{}) {
		switch a := e.Automation(); {
		case a.Ours:
			return "automation: this process"
		case a.Held:
			return "automation: " + a.Holder.String()
		}
		return "automation: nobody"
	}
	v, ok := e.View(k)
	if !ok {
		return k.String() + " deleted"
	}
	if v.Released {
		return statusLine(k.String()+" Released", v.App.Status)
	}
	return statusLine(fmt.Sprintf("%s %s %s", k, v.App.Status.Sync.Status, v.App.Status.Health.Status), v.App.Status)
}

// statusLine adds to what a line says of an application its operation and its conditions, whose messages may have several lines.
func statusLine(line string, st app.Status) string {
	if op := st.OperationState; op != nil {
		line += fmt.Sprintf(" operation %s: %s", op.Phase, op.Message)
	}
	for _, c := range st.Conditions {
		line += fmt.Sprintf(" [%s: %s]", c.Type, c.Message)
	}
	return strings.Join(strings.Fields(line), " ")
}
