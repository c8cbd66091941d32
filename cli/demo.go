package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

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

func (g *global) runDemo(ctx context.Context, dir string) (err error) {
	program, err := playgroundProgram()
	if err != nil {
		return err
	}
	if dir == "" {
		if dir, err = os.MkdirTemp("", "wheelhouse-demo-*"); err != nil {
			return fmt.Errorf("make folder: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	p, err := startPlayground(ctx, program, dir, g.streams.Err)
	if err != nil {
		return err
	}
	g.kubeconfig = filepath.Join(dir, "kubeconfig")
	g.store = "file:" + filepath.Join(dir, "store")
	return errors.Join(g.console(ctx), p.stop())
}

// demoPlayground is a playground that ends with this process, whatever ends it: its standard input is a pipe from here.
type demoPlayground struct {
	cmd   *exec.Cmd
	input io.Closer
	said  chan error
}

// startPlayground shows the progress of a playground's start and returns when it is ready. What it says later is not
// shown, for the console has the screen.
func startPlayground(ctx context.Context, program, dir string, progress io.Writer) (*demoPlayground, error) {
	p := &demoPlayground{cmd: exec.Command(program, "up", "--dir", dir, "--until-eof"), said: make(chan error, 1)}
	separate(p.cmd)
	input, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start playground: %w", err)
	}
	p.input = input
	output, err := p.cmd.StderrPipe()
	if err != nil {
		return nil, fmt.Errorf("start playground: %w", err)
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start playground: %w", err)
	}
	ready := make(chan struct{})
	go func() { p.said <- tellUntilReady(output, progress, ready) }()
	select {
	case <-ready:
		return p, nil
	case err := <-p.said:
		p.said <- err
		return nil, errors.Join(errors.New("the playground did not start"), p.stop())
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), p.stop())
	}
}

// tellUntilReady passes lines on until one says that the playground is ready, and reads the others.
func tellUntilReady(from io.Reader, to io.Writer, ready chan<- struct{}) error {
	lines := bufio.NewScanner(from)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "ready ") {
			close(ready)
			_, err := io.Copy(io.Discard, from)
			return err
		}
		fmt.Fprintln(to, lines.Text())
	}
	return lines.Err()
}

// stop has the playground end and waits for it.
func (p *demoPlayground) stop() error {
	err := p.input.Close()
	err = errors.Join(err, <-p.said)
	if ended := p.cmd.Wait(); ended != nil {
		err = errors.Join(err, fmt.Errorf("the playground: %w", ended))
	}
	return err
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
