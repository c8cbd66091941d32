package main

import (
	"bytes"
	"path/filepath"
	"runtime/trace"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
)

// restful is for how long an engine at rest is watched: longer than any pause within it but the one between two looks at git, which
// is made longer than that.
const restful = 33 * time.Second

// folderRead is where a store follows its folder, which it reads every half minute: nothing tells of all that may happen to it, such as
// a new name of the folder above, or a change on the other side of a network share.
const folderRead = "app/filestore.(*Store).Watch"

// alarms counts the alarms that engines set.
type alarms struct{ set atomic.Int64 }

func (*alarms) Now() time.Time { return time.Now() }

func (a *alarms) After(d time.Duration) <-chan time.Time {
	a.set.Add(1)
	return time.After(d)
}

// TestAtRest has two engines at rest on one store: one automates, the other would. It runs alone: other tests' goroutines would be
// taken for the engine's.
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
	before := leftBehind()
	l, err := b.newLine()
	if err != nil {
		t.Fatal(err)
	}
	clock := &alarms{}
	var engines []*running
	for range 2 {
		r, err := openEngine(filepath.Join(b.dir, name), filepath.Join(b.dir, "git"), l.kubeconfig, engine.Options{
			Automate: true, Clock: clock, Interval: time.Hour,
		})
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
	// What the first lists tell of is still compared when they are there.
	for last := int64(-1); last != clock.set.Load(); <-time.After(time.Second) {
		last = clock.set.Load()
	}
	calls, set := l.count(), clock.set.Load()
	var recorded bytes.Buffer
	if err := trace.Start(&recorded); err != nil {
		t.Fatal(err)
	}
	// Nothing tells that nothing happens: it is waited for.
	<-time.After(restful)
	trace.Stop()
	if n := l.count() - calls; n != 0 {
		t.Errorf("at rest the server was asked %d times in %s", n, restful)
	}
	if n := clock.set.Load() - set; n != 0 {
		t.Errorf("at rest %d alarms were set in %s", n, restful)
	}
	woken, err := wakes(&recorded)
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for where, n := range woken {
		if strings.Contains(where, folderRead) {
			read += n
			delete(woken, where)
		}
	}
	if read == 0 || read > 2*len(engines) {
		t.Errorf("%d stores read their folders %d times in %s", len(engines), read, restful)
	}
	if len(woken) > 0 {
		t.Errorf("at rest the clock woke in %s: %v", restful, woken)
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
