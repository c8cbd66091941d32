// Command wheelhouse-playground starts and stops a playground: a real Kubernetes control plane on loopback, with a git
// server and sample applications.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/playground"
	"github.com/wheelhouse-gitops/wheelhouse/playground/components"
)

const usage = `wheelhouse-playground: a real Kubernetes control plane on loopback, with a git server and samples

  wheelhouse-playground up --dir DIR [--detach]   start; ends with Ctrl-C, or with down when detached
                                     --until-eof  ends with the standard input, too
  wheelhouse-playground down --dir DIR            stop
  wheelhouse-playground status --dir DIR          one line per component
  wheelhouse-playground git stop|start --dir DIR  take the git server down, bring it back
  wheelhouse-playground components                compile the control plane's programs, and git-lfs for tests, once

After up, DIR has kubeconfig and env: . DIR/env
`

// The exit statuses: 2 is wrong usage, 3 says that no playground runs in DIR.
const (
	exitUsage = 2
	exitNone  = 3
	exitError = 7
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	status := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

func run(ctx context.Context, args []string, out, errs io.Writer) int {
	if len(args) == 0 || args[0] == "help" || args[0] == "--help" || args[0] == "-h" {
		fmt.Fprint(out, usage)
		return 0
	}
	verb, rest := args[0], args[1:]
	steer := ""
	if verb == "git" && len(rest) > 0 {
		steer, rest = rest[0], rest[1:]
	}
	flags := flag.NewFlagSet(verb, flag.ContinueOnError)
	flags.SetOutput(errs)
	dir := flags.String("dir", "", "the playground's folder")
	detach := flags.Bool("detach", false, "return when it is ready and leave it running")
	untilEOF := flags.Bool("until-eof", false, "end when the standard input ends, too")
	if err := flags.Parse(rest); err != nil {
		return exitUsage
	}
	if *dir == "" && verb != "components" {
		fmt.Fprintf(errs, "wheelhouse-playground %s: name the playground's folder with --dir DIR\n", verb)
		return exitUsage
	}
	var err error
	switch {
	case verb == "components":
		if _, err = components.Ensure(ctx, errs); err == nil {
			_, err = components.GitLFS(ctx)
		}
	case verb == "up" && *detach:
		err = upDetached(ctx, *dir, errs)
	case verb == "up":
		if *untilEOF {
			ctx = untilInputEnds(ctx, os.Stdin)
		}
		err = up(ctx, *dir, errs)
	case verb == "down":
		err = playground.Down(ctx, *dir)
	case verb == "status":
		err = status(ctx, *dir, out)
	case verb == "git" && (steer == "stop" || steer == "start"):
		err = playground.SteerGit(ctx, *dir, steer == "start")
	default:
		fmt.Fprintf(errs, "wheelhouse-playground: there is no command %q\n\n%s", verb, usage)
		return exitUsage
	}
	switch {
	case err == nil:
		return 0
	case errors.Is(err, playground.ErrNone):
		fmt.Fprintf(errs, "wheelhouse-playground %s: %v; start one with: wheelhouse-playground up --dir %s\n", verb, err, *dir)
		return exitNone
	}
	fmt.Fprintf(errs, "wheelhouse-playground %s: %v\n", verb, err)
	return exitError
}

// untilInputEnds ends a context with its parent, or with the input: whoever holds the other end of a pipe takes the
// playground along, however it ends.
func untilInputEnds(ctx context.Context, in io.Reader) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		_, _ = io.Copy(io.Discard, in)
	}()
	return ctx
}

// up runs a playground in the foreground.
func up(ctx context.Context, dir string, errs io.Writer) error {
	begun := time.Now()
	p, err := playground.Start(ctx, playground.Options{Dir: dir, Log: errs})
	if err != nil {
		return err
	}
	defer p.Stop()
	fmt.Fprintf(errs, "ready in %.1fs: . %s/env\n", time.Since(begun).Seconds(), p.Dir())
	return p.Watch(ctx)
}

// upDetached starts this program again in the background and waits until the playground is ready.
func upDetached(ctx context.Context, dir string, errs io.Writer) error {
	if _, err := components.Ensure(ctx, errs); err != nil {
		return err
	}
	if _, err := playground.StatusOf(ctx, dir); err == nil {
		return fmt.Errorf("a playground is already running in %s", dir)
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "logs"), 0o700); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	log, err := os.Create(filepath.Join(dir, "logs", "supervisor.log"))
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	defer func() { _ = log.Close() }()
	cmd := exec.Command(self, "up", "--dir", dir)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start in the background: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := playground.StatusOf(ctx, dir); err == nil {
			fmt.Fprintf(errs, "ready: . %s/env\n", dir)
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), cmd.Process.Signal(syscall.SIGTERM))
		case err := <-ended:
			b, _ := os.ReadFile(log.Name())
			return fmt.Errorf("it ended while starting: %w\n%s", err, b)
		case <-tick.C:
		}
	}
}

func status(ctx context.Context, dir string, out io.Writer) error {
	list, err := playground.StatusOf(ctx, dir)
	if err != nil {
		return err
	}
	var stopped error
	for _, c := range list {
		fmt.Fprintf(out, "%-26s %s\n", c.Name, c.State)
		if c.State != "running" {
			stopped = fmt.Errorf("%s is not running", c.Name)
		}
	}
	return stopped
}
