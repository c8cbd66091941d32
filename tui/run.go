package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"golang.org/x/sync/errgroup"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/themes"
	"github.com/wheelhouse-gitops/wheelhouse/tui/screen"
	"github.com/wheelhouse-gitops/wheelhouse/tui/widget"
)

// Options say how the console looks and where it is drawn.
type Options struct {
	// Theme is the name of a built-in theme; empty or [themes.Auto] follows the terminal's background.
	Theme string
	// ASCII draws without any other character.
	ASCII bool
	// In and Out are the terminal; the process's own by default.
	In  io.Reader
	Out io.Writer
	// Environ is the terminal's environment, for its colours; the process's own by default.
	Environ []string
}

// Updates tells which applications have changed; *engine.Subscription is one.
type Updates interface {
	Next(ctx context.Context) ([]app.Key, error)
}

// The pace of the screen. Changes are gathered for gather before they are passed on, so that a storm of them costs one
// drawing a frame; typing rests for pause before values are rendered; the engine is told what is looked at every attend,
// and counts an application as looked at for longer.
const (
	framesPerSecond = 30
	gather          = 50 * time.Millisecond
	pause           = 150 * time.Millisecond
	attend          = 20 * time.Second
)

// Run shows the console until the user quits or ctx ends. The error of an unknown theme comes before anything is drawn.
func Run(ctx context.Context, e screen.Engine, updates Updates, p app.Principal, o Options) error {
	theme, err := themes.Load(o.Theme, true)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	env := &screen.Env{
		Engine: e, Principal: p, Look: widget.Look{Theme: theme, ASCII: o.ASCII}, Now: time.Now, Context: ctx,
		Drafts: map[app.Key]string{}, Pause: pause, AttendEvery: attend,
	}
	options := []tea.ProgramOption{tea.WithContext(ctx), tea.WithFPS(framesPerSecond)}
	if o.In != nil {
		options = append(options, tea.WithInput(o.In))
	}
	if o.Out != nil {
		options = append(options, tea.WithOutput(o.Out))
	}
	if o.Environ != nil {
		options = append(options, tea.WithEnvironment(o.Environ))
	}
	program := tea.NewProgram(newModel(env, o.Theme), options...)

	g := new(errgroup.Group)
	g.Go(func() error {
		follow(ctx, updates, program.Send)
		return nil
	})
	_, err = program.Run()
	cancel()
	// The follower ends with ctx, and Send returns once the program has.
	err = errors.Join(err, g.Wait())
	if errors.Is(err, tea.ErrInterrupted) || errors.Is(err, context.Canceled) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("run console: %w", err)
	}
	return nil
}

// follow passes changes on to the console, gathered.
func follow(ctx context.Context, updates Updates, send func(tea.Msg)) {
	for {
		keys, err := updates.Next(ctx)
		if err != nil {
			return
		}
		send(changed{keys: keys})
		select {
		case <-ctx.Done():
			return
		case <-time.After(gather):
		}
	}
}

// UTF8 reports whether a terminal with this environment shows more than ASCII.
func UTF8(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := getenv(name); v != "" {
			v = strings.ToLower(v)
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return false
}
