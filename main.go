// Command wheelhouse is GitOps for Kubernetes in one program: a console for the keyboard, and a command line.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/wheelhouse-gitops/wheelhouse/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A dropped line is no wish to stop: it ends the console's screen, and an operation goes on without it.
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	// Nor is a reader of what is printed who is gone: asked for, the signal ends nothing, and writes fail. Ignored, it would be
	// so for the programs that are run as well.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	status := cli.Main(ctx, os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Hangup: hangup})
	stop()
	os.Exit(status)
}
