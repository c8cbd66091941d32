package main

import (
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
)

// restful is for how long an engine at rest is watched; pauses within the engine are shorter.
const restful = 12 * time.Second

// alarms counts the alarms that engines set.
type alarms struct{ set atomic.Int64 }

func (*alarms) Now() time.Time { return time.Now() }

func (a *alarms) After(d time.Duration) <-chan time.Time {
	a.set.Add(1)
	return time.After(d)
}

// TestAtRest has two engines at rest on one store: one automates, the other would. It runs alone: other tests' goroutines would be taken for the engine's.
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
	clock := &alarms{}
	var engines []*running
	for range 2 {
		r, err := openEngine(filepath.Join(b.dir, name), filepath.Join(b.dir, "git"), l.kubeconfig, engine.Options{Automate: true, Clock: clock})
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
		engines = append(engines, r)
	}
	if first, second := engines[0].Automation(), engines[1].Automation(); !first.Ours || second.Ours || !second.Held {
		t.Errorf("the automation is held as %+v and %+v", first, second)
	}
	calls, set := l.count(), clock.set.Load()
	// Nothing tells that nothing happens: it is waited for.
	<-time.After(restful)
	if n := l.count() - calls; n != 0 {
		t.Errorf("at rest the server was asked %d times in %s", n, restful)
	}
	if n := clock.set.Load() - set; n != 0 {
		t.Errorf("at rest %d alarms were set in %s", n, restful)
	}
	for _, r := range engines {
		if err := r.close(); err != nil {
			t.Error(err)
		}
	}
	l.close()
	if err := goleak.Find(before...); err != nil {
		t.Errorf("after the engine is closed: %v", err)
	}
}
