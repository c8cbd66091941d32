// Package storetest is the contract that every store of applications keeps, as tests: what a folder of files and the
// custom resources of a cluster have in common, whoever opens them and however many do.
//
// A store's own test calls [Run] with a function that makes an empty store and says how to open it; everything that
// only one kind of store does (comments in files, resource versions) is tested beside that store. The interfaces here
// repeat the engine's ports, so that this package needs no engine.
package storetest

import (
	"context"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// Stores is everything that one opened store offers.
type Stores struct {
	Store    Store
	Bindings Bindings
	Locks    Locks
	History  History
	Actions  Actions
	Journals Journals
	Halts    Halts
}

// Store keeps applications.
type Store interface {
	Name() string
	Installation() string
	List(ctx context.Context) ([]app.Application, map[app.Key]error, error)
	Load(ctx context.Context, key app.Key) (app.Application, error)
	Create(ctx context.Context, a app.Application) error
	Update(ctx context.Context, key app.Key, change func(*app.Application) error) (app.Application, error)
	Remove(ctx context.Context, key app.Key) error
	UpdateStatus(ctx context.Context, key app.Key, change func(*app.Status)) (app.Status, error)
	Watch(ctx context.Context, sink func(app.StoreEvent)) error
}

// Bindings remembers clusters and what applications own.
type Bindings interface {
	Bind(ctx context.Context, cluster string, id app.ClusterIdentity) (app.ClusterIdentity, error)
	Rebind(ctx context.Context, cluster string, id app.ClusterIdentity) error
	Unbind(ctx context.Context, cluster string) error
	Bound(ctx context.Context) (map[string]app.ClusterIdentity, error)
	UpdateInventory(ctx context.Context, key app.Key, change func(*app.Released)) error
	Inventory(ctx context.Context, key app.Key) (app.Released, error)
	Released(ctx context.Context) ([]app.Released, error)
	Forget(ctx context.Context, key app.Key) error
}

// Locks keeps processes apart.
type Locks interface {
	Lock(ctx context.Context, key app.Key, h app.Holder) (app.Lock, error)
	LockAutomation(ctx context.Context, h app.Holder) (app.Lock, error)
	Holder(ctx context.Context, key app.Key) (app.Holder, bool, error)
	AutomationHolder(ctx context.Context) (app.Holder, bool, error)
	AutomationFreed(ctx context.Context) (<-chan struct{}, bool)
	Terminate(ctx context.Context, key app.Key, end app.EndRequest) error
	SkipHook(ctx context.Context, key app.Key, skip app.HookSkip) error
}

// History keeps records.
type History interface {
	Append(ctx context.Context, r app.Record, manifests []*unstructured.Unstructured) (app.Record, error)
	Records(ctx context.Context, key app.Key) ([]app.Record, error)
	Manifests(ctx context.Context, key app.Key, id string) ([]*unstructured.Unstructured, error)
}

// Actions keeps the records of actions on live objects.
type Actions interface {
	BeginAction(ctx context.Context, r app.Record) (app.Record, app.OpenAction, error)
	Actions(ctx context.Context, key app.Key) ([]app.Record, error)
}

// Journals keeps journals.
type Journals interface {
	Begin(ctx context.Context, head app.JournalHead) (app.JournalWriter, error)
	Open(ctx context.Context, key app.Key, except string) ([]app.Journal, error)
	Reopen(ctx context.Context, key app.Key, id string) (app.JournalWriter, error)
	Remove(ctx context.Context, key app.Key, id string) error
}

// Halts keeps the clusters in which automation is paused.
type Halts interface {
	Halts(ctx context.Context) ([]app.Halt, error)
	Halt(ctx context.Context, h app.Halt) error
	Unhalt(ctx context.Context, cluster string) error
}

// Place is one store, empty at first, that may be opened several times, as by several processes.
type Place struct {
	// Namespace is that of the keys in this store; empty where keys have none.
	Namespace string
	Open      func(t *testing.T) Stores
}

// Run tests the contract on stores that place gives, a new one for each test.
func Run(t *testing.T, place func(t *testing.T) Place) {
	t.Helper()
	for _, c := range []struct {
		name string
		test func(t *testing.T, p Place)
	}{
		{"an application comes back as it was created", createLoad},
		{"a name is taken only once", createTwice},
		{"applications are listed by key", list},
		{"what is not there is not found", notFound},
		{"unknown fields live through an update", unknownFields},
		{"an update that fails changes nothing", failedUpdate},
		{"an update cannot rename", rename},
		{"a removed application is gone", remove},
		{"returned applications may be changed freely", independent},
		{"status and document are written apart", status},
		{"changes of two to a status are both kept", statusRace},
		{"the time of a comparison may be written late", statusLate},
		{"a new application has no status of an older one", statusOfOlder},
		{"a watch tells of every change, one call at a time", watch},
		{"a watch ends with its context", watchEnds},
		{"a lock is held once and names its holder", lock},
		{"locks of two applications are independent", lockTwo},
		{"the holder of a lock is asked to end", lockTerminate},
		{"the holder of a lock is asked to skip hooks", lockSkips},
		{"the automation is held once", lockAutomation},
		{"only one of many takes a lock", lockRace},
		{"a cluster stays bound until it is rebound", bind},
		{"the first to bind a cluster wins for all", bindRace},
		{"an inventory is kept until it is forgotten", inventory},
		{"an inventory that nobody knew and nobody changes is none", inventoryOfNobody},
		{"changes of two to an inventory are both kept", inventoryRace},
		{"a removed application's objects are released", released},
		{"records are numbered and come newest first", records},
		{"manifests come back without data of secrets", manifests},
		{"history is as deep as promised", depth},
		{"states that come again are kept once", sameManifests},
		{"records of two writers get different ids", recordRace},
		{"an action is noted before it is done and kept with its outcome", actions},
		{"an action without an outcome was interrupted once its writer is gone", actionInterrupted},
		{"actions and records do not push each other out", actionDepth},
		{"actions of two writers get different ids", actionRace},
		{"a journal is readable while it is written", journal},
		{"journals come oldest first and go when removed", journals},
		{"automation is paused in a cluster until it is let go on", halts},
		{"a journal goes on where its writer died", journalGoesOn},
		{"updates of two writers are both kept", updateRace},
		{"everybody sees the same installation", installation},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, place(t))
		})
	}
}
