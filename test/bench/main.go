// Command bench measures what wheelhouse promises of its engine, on a playground's control plane: every figure is a
// relation to a bare loop of the same requests to the same server, made by turns in the same run, a count, or memory.
//
//	make bench
//
// It prints one table. docs/benchmarks.md says what is measured and how.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/pprof"
	"slices"
	"strings"
	"syscall"

	"github.com/wheelhouse-gitops/wheelhouse/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// The program runs itself as other things too: to render, and to be measured.
const (
	asWorker = "render-worker"
	asMemory = "memory-of"
)

// run does what the arguments say.
func run(ctx context.Context, args []string, out, log io.Writer) error {
	if len(args) > 0 && args[0] == asWorker {
		if status := cli.Main(ctx, args, cli.Streams{In: os.Stdin, Out: out, Err: log}); status != 0 {
			return fmt.Errorf("render: status %d", status)
		}
		return nil
	}
	if len(args) > 0 && args[0] == asMemory {
		return reportMemory(ctx, args[1:], out)
	}
	o := options{log: log, kinds: kinds}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(log)
	flags.IntVar(&o.objects, "objects", 1000, "objects of an application that is written")
	flags.IntVar(&o.many, "many", 10000, "objects of an application that is compared")
	flags.IntVar(&o.most, "most", 100000, "most objects in a cluster whose memory is measured")
	flags.IntVar(&o.rounds, "rounds", 5, "turns that everything gets; medians count")
	flags.BoolVar(&o.others, "others", true, "measure helm and kubectl too, which are compiled once")
	flags.StringVar(&o.plot, "plot", "", "write the memory's curve to this file, as SVG")
	profile := flags.String("cpuprofile", "", "write a profile of this program to this `file`")
	flags.Func("kind", "write objects of this kind alone: "+kindNames(), func(name string) error {
		i := slices.IndexFunc(kinds, func(k kind) bool { return k.name == name })
		if i < 0 {
			return fmt.Errorf("there are: %s", kindNames())
		}
		o.kinds = kinds[i : i+1]
		return nil
	})
	only := flags.String("only", "", "sections, with commas between: "+strings.Join(names(), ", "))
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *only != "" {
		o.only = strings.Split(*only, ",")
	}
	if i := slices.IndexFunc(o.only, func(s string) bool { return !slices.Contains(names(), s) }); i >= 0 {
		return fmt.Errorf("there is no section %q; there are: %s", o.only[i], strings.Join(names(), ", "))
	}
	if *profile != "" {
		f, err := os.Create(*profile)
		if err == nil {
			err = pprof.StartCPUProfile(f)
		}
		if err != nil {
			return fmt.Errorf("write profile: %w", err)
		}
		defer pprof.StopCPUProfile()
	}
	b, err := start(ctx, o)
	if err != nil {
		return err
	}
	for _, s := range sections {
		if len(o.only) > 0 && !slices.Contains(o.only, s.name) {
			continue
		}
		fmt.Fprintf(log, "== %s\n", s.name)
		if err = s.measure(ctx, b); err != nil {
			err = fmt.Errorf("measure %s: %w", s.name, err)
			break
		}
	}
	return errors.Join(err, b.table.print(out), b.close())
}

// options say what is measured.
type options struct {
	objects, many, most, rounds int
	others                      bool
	plot                        string
	only                        []string
	kinds                       []kind
	log                         io.Writer
}

// section is one subject of the table.
type section struct {
	name    string
	measure func(context.Context, *bench) error
}

var sections = []section{
	{"write", measureWrites},
	{"refresh", measureRefreshes},
	{"live", measureLive},
	{"memory", measureMemory},
}

func names() []string {
	out := make([]string, len(sections))
	for i, s := range sections {
		out[i] = s.name
	}
	return out
}
