package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/render"
)

func (g *global) version() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: noCommand,
		RunE: func(cmd *cobra.Command, _ []string) error {
			fmt.Fprintf(cmd.OutOrStdout(), "wheelhouse %s %s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return nil
		},
	}
}

// renderWorker is what the program runs itself as to render: see package render.
func renderWorker(s Streams) *cobra.Command {
	return &cobra.Command{
		Use: "render-worker", Hidden: true, Args: noCommand,
		RunE: func(cmd *cobra.Command, _ []string) error {
			limit, err := strconv.ParseInt(os.Getenv(render.EnvMemory), 10, 64)
			if err != nil {
				return hint.With(errors.New("render-worker is started by wheelhouse itself"), "use wheelhouse admin render")
			}
			if err := render.LimitWorker(limit); err != nil {
				return fmt.Errorf("limit memory: %w", err)
			}
			return render.ServeWorker(cmd.Context(), s.In, s.Out)
		},
	}
}

// demo starts a playground and opens the console on its sample applications.
func (g *global) demo() *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use: "demo", Short: "Start a playground and open the console on its sample applications", Args: noCommand,
		Long: "Start a real Kubernetes control plane on this machine, with a git server and sample applications, and open the\n" +
			"console on them. It ends with the console. The first start compiles the control plane, which takes some minutes.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return g.runDemo(cmd.Context(), dir)
		},
	}
	c.Flags().StringVar(&dir, "dir", "", "the playground's `folder`, kept for the next time (default: a temporary one)")
	return c
}

func (g *global) runDemo(ctx context.Context, dir string) error {
	program, err := playgroundProgram()
	if err != nil {
		return err
	}
	if dir == "" {
		tmp, err := os.MkdirTemp("", "wheelhouse-demo-*")
		if err != nil {
			return fmt.Errorf("make folder: %w", err)
		}
		defer func() { _ = os.RemoveAll(tmp) }()
		dir = tmp
	}
	up := exec.CommandContext(ctx, program, "up", "--dir", dir, "--detach")
	up.Stdout, up.Stderr = g.streams.Err, g.streams.Err
	if err := up.Run(); err != nil {
		return fmt.Errorf("start playground: %w", err)
	}
	defer func() {
		down := exec.Command(program, "down", "--dir", dir)
		down.Stderr = g.streams.Err
		if err := down.Run(); err != nil {
			fmt.Fprintf(g.streams.Err, "the playground in %s was not stopped: %v\n", dir, err)
		}
	}()
	g.kubeconfig = filepath.Join(dir, "kubeconfig")
	g.store = "file:" + filepath.Join(dir, "store")
	return g.console(ctx)
}

// playgroundProgram finds wheelhouse-playground beside this program or on PATH.
func playgroundProgram() (string, error) {
	const name = "wheelhouse-playground"
	if self, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(self), name)
		if _, err := os.Stat(beside); err == nil {
			return beside, nil
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", hint.With(fmt.Errorf("%s is neither beside this program nor on PATH", name),
			"build it from the repository with: make build")
	}
	return path, nil
}
