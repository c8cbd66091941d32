package cli

import (
	"context"
	"errors"
	"os"

	"golang.org/x/sync/errgroup"

	"github.com/wheelhouse-gitops/wheelhouse/command"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/tui"
)

// console opens the console, with the engine running behind it.
func (g *global) console(ctx context.Context) error {
	if !g.streams.terminal() {
		err := errors.New("the console needs a terminal on both its input and its output")
		return &command.Outcome{Status: command.ExitUsage, Err: hint.With(err, "use the commands: wheelhouse --help")}
	}
	restore, err := g.quietStderr()
	if err != nil {
		return err
	}
	p, err := g.wire("console", true)
	if err != nil {
		return errors.Join(err, restore())
	}
	return errors.Join(g.show(ctx, p), p.close(), restore())
}

// show runs engine and console beside each other; the end of the console ends the engine.
func (g *global) show(ctx context.Context, p *parts) error {
	if err := p.engine.Load(ctx); err != nil {
		return err
	}
	updates := p.engine.Subscribe()
	defer updates.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return p.engine.Run(ctx) })
	group.Go(func() error {
		defer cancel()
		select {
		case <-g.streams.Hangup:
		case <-ctx.Done():
		}
		return nil
	})
	group.Go(func() error {
		defer cancel()
		return tui.Run(ctx, p.engine, updates, p.principal, tui.Options{
			Theme: g.theme, ASCII: g.ascii || !tui.UTF8(os.Getenv), In: g.streams.In, Out: g.streams.Out,
		})
	})
	return group.Wait()
}
