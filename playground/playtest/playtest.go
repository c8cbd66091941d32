// Package playtest gives the tests of one binary a playground. It is started by the first test that asks for it, and
// ended with the binary.
//
//	func TestMain(m *testing.M) { playtest.Main(m) }
package playtest

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/playground"
)

// shared is the playground of this test binary.
var shared struct {
	once sync.Once
	p    *playground.Playground
	err  error
	dir  string
}

// Main runs the tests and ends the playground.
func Main(m *testing.M) {
	code := m.Run()
	if shared.p != nil {
		shared.p.Stop()
	}
	if shared.dir != "" {
		if err := os.RemoveAll(shared.dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	os.Exit(code)
}

// Shared returns the playground of this test binary, starting it when no test has.
func Shared(t testing.TB) *playground.Playground {
	t.Helper()
	shared.once.Do(func() {
		if shared.dir, shared.err = os.MkdirTemp("", "wheelhouse-playground-*"); shared.err != nil {
			return
		}
		// The playground outlives the test that asks for it first.
		ctx := context.WithoutCancel(t.Context())
		shared.p, shared.err = playground.Start(ctx, playground.Options{Dir: shared.dir, Log: os.Stderr})
	})
	if shared.err != nil {
		t.Fatalf("start playground: %v", shared.err)
	}
	return shared.p
}

// Patience is how long tests wait for what must happen some time: no busy machine needs as long. A test that claims a
// time measures it.
const Patience = 3 * time.Minute

// Eventually polls until ready says so, and fails the test with its last word when that takes too long.
func Eventually(t testing.TB, patience time.Duration, what string, ready func() error) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		err := ready()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %s: %v", what, patience, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}
