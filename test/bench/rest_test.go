package main

import (
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// restful is for how long an engine at rest is watched; pauses within the engine are shorter.
const restful = 12 * time.Second

// TestAtRest runs alone: other tests' goroutines would be taken for the engine's.
func TestAtRest(t *testing.T) {
	b, err := start(t.Context(), options{log: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.close(); err != nil {
			t.Error(err)
		}
	}()
	const name = "rest"
	if err := b.play.MakeRepository(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	if _, err := b.play.Commit(t.Context(), name, "main", "some", kinds[0].files(5, all(1))); err != nil {
		t.Fatal(err)
	}
	if err := b.application(t.Context(), name, name, name, "."); err != nil {
		t.Fatal(err)
	}
	if err := b.sync(t.Context(), name, name); err != nil {
		t.Fatal(err)
	}
	// Connections that are kept for the next request belong to their transports, which outlive an engine.
	before := []goleak.Option{
		goleak.IgnoreCurrent(),
		goleak.IgnoreAnyFunction("golang.org/x/net/http2.(*clientConnReadLoop).run"),
		goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"),
		goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"),
		goleak.IgnoreAnyFunction("net/http.(*conn).serve"),
	}
	l, err := b.newLine()
	if err != nil {
		t.Fatal(err)
	}
	r, err := openEngine(filepath.Join(b.dir, name), filepath.Join(b.dir, "git"), l.kubeconfig, true)
	if err != nil {
		t.Fatal(err)
	}
	r.follow(t.Context())
	if err := r.compared(t.Context(), name, app.Synced); err != nil {
		t.Error(err)
	}
	if !r.listed(t.Context()) {
		t.Error("the cluster is not known")
	}
	calls := l.count()
	// Nothing tells that nothing happens: it is waited for.
	<-time.After(restful)
	if n := l.count() - calls; n != 0 {
		t.Errorf("at rest the server was asked %d times in %s", n, restful)
	}
	if err := r.close(); err != nil {
		t.Error(err)
	}
	l.close()
	if err := goleak.Find(before...); err != nil {
		t.Errorf("after the engine is closed: %v", err)
	}
}
