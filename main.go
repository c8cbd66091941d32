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
	status := cli.Main(ctx, os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
	stop()
	os.Exit(status)
}
