// Package engine follows applications: it renders what git asks for, compares it with what a cluster has, and carries
// out what a person or the automation decided to do about the difference.
//
// The engine is one value that every front (console, command line, SSH) drives through the same methods. It decides
// with the pure packages plan, diff and health, and reaches the world through the ports in ports.go. Looking (Views,
// Tree, History) never blocks on a network; asking (Refresh, Compare, PlanSync) may; acting (Execute, Update, Unpin)
// takes the Principal who acts and is refused here, not in a screen, when the role lacks the right.
//
// One application is one [entry]: its lock for work is held while a refresh runs, so an application is never refreshed
// twice at once, and its fields are published as an immutable [View] with a version. One story per flow: refresh.go
// tells what a refresh does, sync.go what an operation does, automate.go when one starts by itself.
//
// A one-shot command creates an Engine, calls [Engine.Load] and what it came for. A long-lived front also calls
// [Engine.Run], which watches store and clusters, polls repositories and, if it holds the store's automation lock,
// heals and syncs automated applications.
package engine

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
	"k8s.io/client-go/util/workqueue"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/health"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

// Ports are the parts of the world that an Engine works with. All are required but Committer and Repositories.
type Ports struct {
	Store        Store
	Bindings     Bindings
	Locks        Locks
	History      History
	Actions      Actions
	Journals     Journals
	Halts        Halts
	Fetcher      Fetcher
	Committer    Committer
	Repositories Repositories
	Renderer     Renderer
	Values       ValuesEditor
	Clusters     Clusters
}

// Options tune an Engine; the zero Options work.
type Options struct {
	// Automate makes Run take the store's automation lock when it is free.
	Automate bool
	// Holder describes this process in locks; Since is filled in.
	Holder app.Holder
	// Clock defaults to the wall clock.
	Clock Clock
	// Log receives what a person may want to read later; nothing is logged by default.
	Log *slog.Logger
	// Interval is the pause between two looks at the repository of an application that is on screen or changed lately;
	// quiet ones are looked at less often. It defaults to 5 s.
	Interval time.Duration
	// SyncTimeout ends automatic syncs that take longer; 0 is no limit.
	SyncTimeout time.Duration
	// Checks are the users' own rules of health; nil is none.
	Checks *health.Checks
	// Rules say what does not count in comparisons of any application; nil is what is bundled.
	Rules *diff.Customizations
	// Workers is the number of refreshes that run at once for one cluster; it defaults to 8.
	Workers int
}

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = wallClock{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Interval <= 0 {
		o.Interval = 5 * time.Second
	}
	if o.Workers <= 0 {
		o.Workers = 8
	}
	return o
}

// wallClock is the Clock of every process; tests pass their own.
type wallClock struct{}

func (wallClock) Now() time.Time { return time.Now() }

func (wallClock) After(d time.Duration) <-chan time.Time { return time.After(d) }

// Engine drives the applications of one store. Its methods are safe for concurrent use.
type Engine struct {
	ports Ports
	opts  Options
	queue workqueue.TypedDelayingInterface[app.Key]
	runs  sync.WaitGroup
	aged  *rate.Limiter

	mu         sync.Mutex
	entries    map[app.Key]*entry
	broken     map[app.Key]error
	automation AutomationState
	autoLock   Lock
	// autoLost says that autoLock is worth nothing any more.
	autoLost func()
	subs     map[*Subscription]struct{}
	watched  map[Cluster]*watchedCluster
	drifts   map[app.ClusterIdentity]plan.Drifts
	paused   map[app.ClusterIdentity]bool
	// halting has one at a time decide whether automation goes on in a cluster. It is taken before mu.
	halting sync.Mutex
	claims  *claims
	running bool

	clusterNeeded chan struct{}
}

// New returns an Engine over the ports. It does nothing until it is asked to.
func New(ports Ports, opts Options) *Engine {
	opts = opts.withDefaults()
	return &Engine{
		ports:   ports,
		opts:    opts,
		aged:    rate.NewLimiter(agedPerSecond, agedAtOnce),
		queue:   newQueue(opts.Clock),
		entries: map[app.Key]*entry{},
		broken:  map[app.Key]error{},
		subs:    map[*Subscription]struct{}{},
		watched: map[Cluster]*watchedCluster{},
		drifts:  map[app.ClusterIdentity]plan.Drifts{},
		paused:  map[app.ClusterIdentity]bool{},
		claims:  newClaims(),

		clusterNeeded: make(chan struct{}, 1),
	}
}

// Close ends what New started and waits for running operations. Nothing may be called afterwards.
func (e *Engine) Close() {
	e.runs.Wait()
	e.queue.ShutDown()
}

// StoreName says which store the engine works on.
func (e *Engine) StoreName() string { return e.ports.Store.Name() }

// Load reads all applications of the store with their stored status, and who automates. It asks no network.
func (e *Engine) Load(ctx context.Context) error {
	list, broken, err := e.ports.Store.List(ctx)
	if err != nil {
		return fmt.Errorf("read store %s: %w", e.ports.Store.Name(), err)
	}
	released, err := e.ports.Bindings.Released(ctx)
	if err != nil {
		return fmt.Errorf("read inventories of store %s: %w", e.ports.Store.Name(), err)
	}
	known, err := e.identities(ctx)
	if err != nil {
		return fmt.Errorf("read clusters of store %s: %w", e.ports.Store.Name(), err)
	}
	state := e.automationHolder(ctx)
	e.mu.Lock()
	if e.broken = broken; e.autoLock == nil {
		e.automation = state
	}
	gone := maps.Clone(e.entries)
	e.mu.Unlock()
	for i := range list {
		delete(gone, list[i].Key())
		en := e.entry(list[i].Key())
		en.adopt(list[i], e.opts.Clock.Now())
		if en.examined() == nil {
			// What they share the stored statuses say themselves.
			e.claims.set(en.key, declaredBy(&list[i], known))
		}
	}
	e.claims.loaded()
	for _, r := range released {
		if _, isBroken := broken[r.Key]; isBroken {
			continue
		}
		delete(gone, r.Key)
		e.release(r)
		e.claim(ctx, r.Key, declared{})
		e.notify(r.Key)
	}
	for key := range gone {
		if _, isBroken := broken[key]; !isBroken {
			e.forget(key)
			e.claim(ctx, key, declared{})
		}
	}
	e.notify(app.Key{})
	return nil
}

// entry returns the entry of an application, making an empty one if there is none.
func (e *Engine) entry(key app.Key) *entry {
	e.mu.Lock()
	defer e.mu.Unlock()
	en, ok := e.entries[key]
	if !ok {
		en = newEntry(key)
		e.entries[key] = en
	}
	return en
}

// find returns the entry of an application that the engine knows.
func (e *Engine) find(key app.Key) (*entry, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	en, ok := e.entries[key]
	return en, ok
}

// Views returns all known applications, sorted by key.
func (e *Engine) Views() []View {
	e.mu.Lock()
	entries := slices.Collect(maps.Values(e.entries))
	e.mu.Unlock()
	views := make([]View, 0, len(entries))
	for _, en := range entries {
		if v, ok := en.current(); ok {
			views = append(views, v)
		}
	}
	slices.SortFunc(views, func(a, b View) int { return compareKeys(a.App.Key(), b.App.Key()) })
	return views
}

// View returns one application, and false when the engine knows none of that name.
func (e *Engine) View(key app.Key) (View, bool) {
	en, ok := e.find(key)
	if !ok {
		return View{}, false
	}
	return en.current()
}

// Broken returns the documents of the store that cannot be read, with the reason.
func (e *Engine) Broken() map[app.Key]error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return maps.Clone(e.broken)
}

func compareKeys(a, b app.Key) int {
	return cmp.Or(strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Name, b.Name))
}
