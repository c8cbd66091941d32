package engine

import (
	"sync"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/compare"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// entry is all that the engine holds about one application.
type entry struct {
	key app.Key
	// tended is held while a worker refreshes the application and decides for it.
	tended sync.Mutex
	// work is held while a refresh of the application runs, so that there is one at a time.
	work sync.Mutex

	mu   sync.Mutex
	view View
	// secret is true while the View's application holds logins that may not be shown.
	secret bool
	known  bool
	last   *examination
	// needed are the objects that the watch of the cluster is told to be desired.
	needed    []object.Ref
	memo      *compare.Memo
	attended  time.Time
	moved     time.Time
	want      level
	resolveAt time.Time
	run       *Run
	// shown is the operation whose progress is in the View.
	shown *Run
	heat  plan.Heat
}

// level says how much of a refresh is wanted.
type level int

const (
	// levelNone is what nobody asked for.
	levelNone level = iota
	// levelCompare is a comparison of what is known with what is live.
	levelCompare
	levelResolve
	levelHard
	// levelAnew passes over nothing.
	levelAnew
)

func newEntry(key app.Key) *entry {
	en := &entry{key: key, memo: compare.NewMemo(), heat: plan.Heat{}}
	en.view.App.Metadata.Name = key.Name
	en.view.App.Metadata.Namespace = key.Namespace
	return en
}

// current returns the published View, in which logins are hidden, and false while nothing has been published.
func (en *entry) current() (View, bool) {
	en.mu.Lock()
	defer en.mu.Unlock()
	v := en.view
	if en.secret {
		v.App = v.App.WithoutLogins()
	}
	if en.shown != nil {
		v.Progress = en.shown.shared()
	}
	return v, en.known
}

// change publishes a new View made by f from the current one.
func (en *entry) change(f func(*View)) {
	en.mu.Lock()
	defer en.mu.Unlock()
	f(&en.view)
	en.secret = en.view.App.HoldsLogins()
	en.view.Version++
	en.known = true
}

// show publishes that an operation has come further.
func (en *entry) show(r *Run) {
	en.mu.Lock()
	defer en.mu.Unlock()
	en.shown = r
	en.view.Version++
	en.known = true
}

// adopt publishes an application as the store has it.
func (en *entry) adopt(a app.Application, now time.Time) {
	en.change(func(v *View) {
		v.App = a
		v.Released = false
		v.Pin, v.Pause = pinOf(&a, now), pauseOf(&a, now)
	})
}

// amend publishes the document of an application as the store has it, and returns its View.
func (en *entry) amend(a *app.Application, now time.Time) (amended View) {
	en.change(func(v *View) {
		v.App.Metadata, v.App.Spec, v.App.Operation = a.Metadata, a.Spec, a.Operation
		v.Pin, v.Pause = pinOf(a, now), pauseOf(a, now)
		amended = *v
	})
	return amended
}

// release publishes an application whose document is gone.
func (en *entry) release(r app.Released) {
	en.change(func(v *View) {
		v.Released = true
		v.Pin, v.Pause = nil, nil
		v.App.Metadata = app.Metadata{Name: r.Key.Name, Namespace: r.Key.Namespace}
		v.App.Spec = app.Spec{Destination: r.Destination}
		v.App.APIVersion, v.App.Kind = app.APIVersion, app.KindApplication
		v.App.Status = releasedStatus(r)
	})
}

// releasedStatus is the status of an application of which only the inventory is known.
func releasedStatus(r app.Released) app.Status {
	s := app.Status{
		Sync:   app.SyncStatus{Status: app.SyncUnknown},
		Health: app.Health{Status: app.HealthUnknown},
		Conditions: []app.Condition{{
			Type: app.ConditionReleased,
			Message: "the application's document is gone; its objects are still in the cluster and nobody looks after them. " +
				"Put the document back, or delete them with: wheelhouse app delete " + r.Key.String() + " --cascade",
		}},
	}
	for _, ref := range r.Objects {
		s.Resources = append(s.Resources, app.ResourceStatus{
			Group: ref.Group, Kind: ref.Kind, Namespace: ref.Namespace, Name: ref.Name,
		})
	}
	return s
}

// ask notes how much of a refresh is wanted; more wins over less.
func (en *entry) ask(l level) {
	en.mu.Lock()
	defer en.mu.Unlock()
	en.want = max(en.want, l)
}

// asked reports whether somebody asked for a refresh that has not begun; one that comes after a while is not asked for.
func (en *entry) asked() bool {
	en.mu.Lock()
	defer en.mu.Unlock()
	return en.want > levelNone
}

// take returns what was asked for, a comparison at least, raised to a resolve when one is due, and forgets it.
func (en *entry) take(now time.Time) level {
	en.mu.Lock()
	defer en.mu.Unlock()
	l := max(levelCompare, en.want)
	en.want = levelNone
	if !now.Before(en.resolveAt) {
		l = max(l, levelResolve)
	}
	return l
}
