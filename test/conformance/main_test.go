package conformance

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/render"
)

// TestMain makes a worker of the test binary when the pool starts it as one.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "render-worker" {
		if err := work(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func work() error {
	limit, err := strconv.ParseInt(os.Getenv(render.EnvMemory), 10, 64)
	if err = errors.Join(err, render.LimitWorker(limit)); err != nil {
		return err
	}
	return render.ServeWorker(context.Background(), os.Stdin, os.Stdout)
}

// atOnce bounds the programs and the workers that run at a time.
func atOnce() int { return min(runtime.NumCPU(), 4) }

// newPool returns a pool of real workers. The race detector needs more memory than workers get.
func newPool(t *testing.T) *render.Pool {
	t.Helper()
	p, err := render.NewPool(render.Options{Workers: atOnce(), Timeout: time.Minute, Memory: 4 << 30})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// programs bounds how many of the tools' programs run.
var programs = sync.OnceValue(func() chan struct{} { return make(chan struct{}, atOnce()) })
