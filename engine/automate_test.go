package engine

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// written is a store with a document that another process has written just now.
type written struct {
	Store
	document app.Application
}

func (w written) Load(context.Context, app.Key) (app.Application, error) { return w.document, nil }

// keptLock is a lock that nobody takes away.
type keptLock struct{ Lock }

func (keptLock) Check() error { return nil }

// TestAutomationHeedsWhatWasWrittenJustNow has an application drift at the moment in which another process says that it is to be left
// alone, before anything has told of that. Whatever automation began would end in a port that is not there.
func TestAutomationHeedsWhatWasWrittenJustNow(t *testing.T) {
	t.Parallel()
	drifted := func() app.Application {
		var a app.Application
		a.Metadata.Name = "web"
		a.Spec.SyncPolicy = &app.SyncPolicy{Automated: &app.Automated{SelfHeal: true}}
		a.Status.Sync.Status = app.OutOfSync
		return a
	}
	for name, write := range map[string]func(*app.Application){
		"it is paused": func(a *app.Application) {
			annotate(a, map[string]string{app.AnnotationPauseUntil: time.Now().Add(time.Hour).UTC().Format(time.RFC3339)})
		},
		"it is pinned":                      func(a *app.Application) { setPin(a, app.Pin{Record: "r1", Reason: "sale"}) },
		"its annotation leaves it alone":    func(a *app.Application) { annotate(a, map[string]string{app.AnnotationSkipReconcile: "true"}) },
		"it is automated no more":           func(a *app.Application) { a.Spec.SyncPolicy = nil },
		"it is to be synced somewhere else": func(a *app.Application) { a.Spec.Destination.Name = "elsewhere" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := drifted()
			write(&a)
			e := New(Ports{Store: written{document: a}}, Options{})
			t.Cleanup(e.Close)
			e.autoLock = keptLock{}
			en := e.entry(a.Key())
			en.adopt(drifted(), time.Now())
			x := &examination{app: drifted(), at: time.Now()}
			x.diffs = []*diff.Diff{{Ref: object.Ref{Kind: "ConfigMap", Name: "a"}, Verdict: diff.Differs}}
			en.last = x
			e.automate(t.Context(), en)
		})
	}
}

// replaceable are locks of which somebody can replace the automation lock, and counts how often it was taken.
type replaceable struct {
	Locks
	replaced atomic.Bool
	taken    atomic.Int32
}

func (r *replaceable) LockAutomation(context.Context, app.Holder) (Lock, error) {
	r.taken.Add(1)
	return &mayBeReplaced{locks: r}, nil
}

func (*replaceable) AutomationFreed(context.Context) (<-chan struct{}, bool) { return nil, false }

// mayBeReplaced is a lock of theirs.
type mayBeReplaced struct {
	Lock
	locks    *replaceable
	released bool
}

func (l *mayBeReplaced) Check() error {
	if l.released || l.locks.replaced.Load() {
		return errors.New("its file was replaced")
	}
	return nil
}

func (l *mayBeReplaced) Release() error {
	l.released = true
	return nil
}

// TestALostAutomationLockIsTakenAnew has the file of the automation lock be replaced, once and for good.
func TestALostAutomationLockIsTakenAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		locks := &replaceable{}
		e := New(Ports{Locks: locks}, Options{Automate: true})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- e.holdAutomation(ctx) }()
		en := e.entry(app.Key{Name: "web"})
		look := func() {
			synctest.Wait()
			e.automate(ctx, en)
			synctest.Wait()
		}
		look()
		if !e.Automation().Ours || locks.taken.Load() != 1 {
			t.Fatalf("it was taken %d times: %+v", locks.taken.Load(), e.Automation())
		}
		first := e.automationLock()
		locks.replaced.Store(true)
		look()
		if s := e.Automation(); s != (AutomationState{}) || !first.(*mayBeReplaced).released {
			t.Errorf("after it was lost: %+v", s)
		}
		look()
		if locks.taken.Load() != 1 {
			t.Errorf("it was taken %d times without a pause", locks.taken.Load())
		}
		time.Sleep(automatonWait)
		look()
		time.Sleep(automatonWait)
		locks.replaced.Store(false)
		look()
		if !e.Automation().Ours || locks.taken.Load() != 3 || e.automationLock() == first {
			t.Errorf("it was taken %d times after it was lost twice: %+v", locks.taken.Load(), e.Automation())
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if e.automationLock() != nil || locks.taken.Load() != 3 {
			t.Error("it is held at the end")
		}
		e.Close()
	})
}
