package engine

import (
	"context"
	"io"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/compare"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Fetcher turns a source into files at a commit. Implementations are safe for concurrent use; a cancelled context
// ends a call without damage to what is stored.
type Fetcher interface {
	// Resolve returns the commit that the source's revision stands for now. An answer of the repository that is
	// younger than maxAge serves without asking again; concurrent calls for one repository share one request.
	Resolve(ctx context.Context, src app.Source, maxAge time.Duration) (app.Commit, error)
	// Fetch returns the source's repository at a commit id, from the local store if it has it.
	Fetch(ctx context.Context, src app.Source, commit string) (app.Checkout, error)
}

// Committer makes commits and pushes them. A push that the server refuses changes nothing and returns an error that says why:
// app.ErrMovedOn when somebody else was faster. Implementations are safe for concurrent use; a cancelled context ends a call.
type Committer interface {
	// Commit writes files into a repository as one new commit on a branch and pushes it.
	Commit(ctx context.Context, src app.Source, c app.NewCommit) (app.Commit, error)
	// Draft makes the commit without pushing it; the Fetcher fetches it by its id as it does others.
	Draft(ctx context.Context, src app.Source, c app.NewCommit) (app.Draft, error)
	// Push pushes a draft.
	Push(ctx context.Context, src app.Source, d app.Draft) (app.Commit, error)
}

// Repositories is the registry of repositories and their credentials.
type Repositories interface {
	// List returns what is registered. Where that cannot be learnt now, what was known last comes with the error.
	List(ctx context.Context) ([]app.Repository, error)
	// Test connects to the repository and lists its references; the error says which step failed and what to do.
	Test(ctx context.Context, url string) error
	Add(ctx context.Context, login app.RepositoryLogin) error
	Remove(ctx context.Context, url string) error
	// Entry returns what is registered for a URL itself; app.ErrNotFound when nothing is.
	Entry(ctx context.Context, url string) (app.RepositoryLogin, error)
	// HostKey asks the SSH server of a URL for its key. A key that differs from the known one is an error.
	HostKey(ctx context.Context, url string) (app.HostKey, error)
	// Trust accepts a key that HostKey returned, and Distrust forgets what was accepted for the URL's host.
	Trust(ctx context.Context, key app.HostKey) error
	Distrust(ctx context.Context, url string) error
}

// Renderer makes objects of a source. Cancelling ends the process that renders.
type Renderer interface {
	Render(ctx context.Context, req app.RenderRequest) (app.Rendered, error)
}

// ValuesEditor is the model behind editing values: what there is to edit, and what an edit comes to.
type ValuesEditor interface {
	Values(ctx context.Context, req app.RenderRequest) (app.Values, error)
	Edit(ctx context.Context, req app.RenderRequest, edit app.ValuesEdit) (app.ValuesResult, error)
}

// Clusters finds the cluster behind a destination.
type Clusters interface {
	// Cluster returns the cluster that a destination names. It does not connect; an unknown name is an error that lists
	// the names there are.
	Cluster(dest app.Destination) (Cluster, error)
}

// Cluster is one Kubernetes API server. All methods are safe for concurrent use and end when ctx does.
type Cluster interface {
	Reader
	Writer
	// Watch keeps the cache of live objects current and calls sink for every change, one call at a time, until ctx
	// ends. Without a running Watch the Reader's methods ask the server.
	Watch(ctx context.Context, sink func(object.Event)) error
	// Knowledge says when the cluster was last heard of, and why not.
	Knowledge() object.Knowledge
	// Forget drops what is remembered for the questions about the objects with an application's mark, once nobody asks them any more.
	Forget(mark string)
}

// Reader is the reading half of a Cluster.
type Reader interface {
	// Identity returns what tells this cluster from all others, whatever it is called; that of Server when the caller may
	// not read it.
	Identity(ctx context.Context) (app.ClusterIdentity, error)
	// Ready asks the server whether it is there and ready to serve.
	Ready(ctx context.Context) error
	// Server returns the identity of the way to the cluster, without asking it.
	Server() app.ClusterIdentity
	Capabilities(ctx context.Context) (app.Capabilities, error)
	// Resource returns how the cluster serves a kind, in the version that it prefers where none is named; a kind that it does not serve,
	// or not in this version, is object.ErrNoKind.
	Resource(ctx context.Context, gvk schema.GroupVersionKind) (object.Resource, error)
	// Live returns the live objects of an application.
	Live(ctx context.Context, q object.LiveQuery) (object.LiveSet, error)
	// Read asks the server itself for one object; app.ErrNotFound when there is none.
	Read(ctx context.Context, ref object.Ref) (*unstructured.Unstructured, error)
	// ReadAs is Read in a version of the kind that need not be the preferred one; object.ErrNoKind when that is not served.
	ReadAs(ctx context.Context, gvk schema.GroupVersionKind, ref object.Ref) (*unstructured.Unstructured, error)
	// Changed returns a channel that is closed when one of the objects next changes, comes or goes, and reports whether that
	// would be told at all: a Watch has to run, follow the kinds of all of them, and hear of the server. It is forgotten with
	// ctx.
	Changed(ctx context.Context, refs []object.Ref) (<-chan struct{}, bool)
	// Follow tells of changes of objects where no Watch runs that would, and of each moment before which it may have missed one.
	// It returns before ctx ends only when one of them cannot be watched. Tell is called from several goroutines.
	Follow(ctx context.Context, refs []object.Ref, tell func()) error
	// Epoch, Prove and Predict tell what an apply comes to without making one, and need no right to write.
	compare.Prover
	// Tree returns the roots and everything that they own, directly or through others, also where only names say so.
	Tree(ctx context.Context, roots []*unstructured.Unstructured) ([]object.Node, error)
	// Endpoints returns a tree with the Endpoints of its Services, which it asks of the server; without those that cannot be read.
	Endpoints(ctx context.Context, tree []object.Node) []object.Node
	// Events returns the newest events about an object, oldest first.
	Events(ctx context.Context, ref object.Ref) ([]*unstructured.Unstructured, error)
	// Logs streams the log of a container; the caller closes it.
	Logs(ctx context.Context, req object.LogRequest) (io.ReadCloser, error)
}

// Writer is the writing half of a Cluster. Errors are those of the API server and keep its status.
type Writer interface {
	Apply(ctx context.Context, req object.ApplyRequest) (object.Answer, error)
	Delete(ctx context.Context, req object.DeleteRequest) error
	// Patch changes fields of an object that is there, and returns it as it is then.
	Patch(ctx context.Context, req object.PatchRequest) (*unstructured.Unstructured, error)
}

// Store keeps applications. Every write is atomic; documents that cannot be read are reported, never dropped.
type Store interface {
	// Name says which store it is, such as "file:/home/ada/apps".
	Name() string
	// Installation is the id that tells the marks of this store from those of others.
	Installation() string
	// List returns the applications with their last known status, sorted by key, and the errors of documents that cannot
	// be read, by key.
	List(ctx context.Context) ([]app.Application, map[app.Key]error, error)
	Load(ctx context.Context, key app.Key) (app.Application, error)
	Create(ctx context.Context, a app.Application) error
	// Update reads, changes and writes spec and metadata; the status is not touched. It returns the new document, and an error of
	// change as it is.
	Update(ctx context.Context, key app.Key, change func(*app.Application) error) (app.Application, error)
	// Remove removes the document; it touches no cluster.
	Remove(ctx context.Context, key app.Key) error
	// UpdateStatus reads, changes and writes the status as one act among all processes, and returns the new status. A
	// change that only moves ReconciledAt may be written late.
	UpdateStatus(ctx context.Context, key app.Key, change func(*app.Status)) (app.Status, error)
	// Watch calls sink after every change of a document by anybody, one call at a time, until ctx ends.
	Watch(ctx context.Context, sink func(app.StoreEvent)) error
}

// Bindings remembers which cluster a destination's name meant when it was first used, and what an application owned.
type Bindings interface {
	// Bind returns the identity that a cluster name is bound to, binding it to id when it is not bound yet.
	Bind(ctx context.Context, cluster string, id app.ClusterIdentity) (app.ClusterIdentity, error)
	// Rebind binds a name to another identity.
	Rebind(ctx context.Context, cluster string, id app.ClusterIdentity) error
	// Unbind forgets a name; app.ErrNotFound when it was not bound.
	Unbind(ctx context.Context, cluster string) error
	// Bound returns all names with what they are bound to.
	Bound(ctx context.Context) (map[string]app.ClusterIdentity, error)
	// UpdateInventory reads what was remembered of what an application owns and where, the zero Released where nothing was, lets change
	// edit it and writes it, as one act among all processes. What comes out as it went in is not written. The list of objects is
	// shared: change replaces it.
	UpdateInventory(ctx context.Context, key app.Key, change func(*app.Released)) error
	// Inventory returns what was remembered; app.ErrNotFound when nothing was.
	Inventory(ctx context.Context, key app.Key) (app.Released, error)
	// Released returns the remembered inventories whose application is gone.
	Released(ctx context.Context) ([]app.Released, error)
	// Forget drops an inventory.
	Forget(ctx context.Context, key app.Key) error
}

// Locks keeps processes apart. A lock goes with its process, however that ends.
type Locks interface {
	// Lock takes the lock of one application for an operation, without waiting: app.ErrLocked names the holder.
	Lock(ctx context.Context, key app.Key, h app.Holder) (Lock, error)
	// LockAutomation takes the store's automation lock likewise.
	LockAutomation(ctx context.Context, h app.Holder) (Lock, error)
	// Holder returns who holds an application's lock, and false when nobody does.
	Holder(ctx context.Context, key app.Key) (app.Holder, bool, error)
	// AutomationHolder returns who holds the automation lock, and false when nobody does.
	AutomationHolder(ctx context.Context) (app.Holder, bool, error)
	// AutomationFreed returns a channel that is closed when the automation lock is next given up, however that happens, and
	// reports whether that would be told at all. It is closed with ctx as well.
	AutomationFreed(ctx context.Context) (<-chan struct{}, bool)
	// Terminate asks a holder of an application's lock, as Holder tells of it, to end what is done under it: its Lock.Check says so
	// from now on. It does not concern who takes the lock later, also where the request comes after that.
	Terminate(ctx context.Context, key app.Key, end app.EndRequest) error
	// SkipHook asks the holder likewise to go on without the end of a hook: its Lock.Skips has it from now on.
	SkipHook(ctx context.Context, key app.Key, skip app.HookSkip) error
}

// Lock is a held lock.
type Lock = app.Lock

// History keeps the records of finished operations.
type History interface {
	// Append gives the record its id and keeps it, with the manifests when there are any.
	Append(ctx context.Context, r app.Record, manifests []*unstructured.Unstructured) (app.Record, error)
	// Records returns the records of an application, newest first.
	Records(ctx context.Context, key app.Key) ([]app.Record, error)
	// Manifests returns the rendered objects of a record, without data of Secrets; app.ErrNotFound when they are gone.
	Manifests(ctx context.Context, key app.Key, id string) ([]*unstructured.Unstructured, error)
}

// Actions keeps the records of actions on live objects. They displace no record of an operation.
type Actions interface {
	// BeginAction gives a record its id and notes it as intended; it is on disk when BeginAction returns.
	BeginAction(ctx context.Context, r app.Record) (app.Record, app.OpenAction, error)
	// Actions returns the actions on objects of an application, newest first: one that has no outcome yet as it was begun, and as
	// interrupted when its process is gone.
	Actions(ctx context.Context, key app.Key) ([]app.Record, error)
}

// Journals keeps the journals of operations that have not been closed.
type Journals interface {
	// Begin opens a journal; it is on disk when Begin returns.
	Begin(ctx context.Context, head app.JournalHead) (JournalWriter, error)
	// Open returns the journals of an application that were begun and not removed, oldest first, except for the one of an
	// id, which is not read.
	Open(ctx context.Context, key app.Key, except string) ([]app.Journal, error)
	// Reopen goes on with a journal that was begun and not removed; app.ErrNotFound when there is none.
	Reopen(ctx context.Context, key app.Key, id string) (JournalWriter, error)
	// Remove drops a journal after its record was written or the user settled it.
	Remove(ctx context.Context, key app.Key, id string) error
}

// JournalWriter appends to one journal.
type JournalWriter = app.JournalWriter

// Halts keeps the clusters in which automation is paused for all applications.
type Halts interface {
	Halts(ctx context.Context) ([]app.Halt, error)
	// Halt pauses automation in a cluster; where it is paused already, that stays as it is.
	Halt(ctx context.Context, h app.Halt) error
	// Unhalt lets it go on; app.ErrNotFound when it is not paused there.
	Unhalt(ctx context.Context, cluster string) error
}

// Clock tells the time and makes timers, so that tests need not wait.
type Clock interface {
	Now() time.Time
	// After is time.After.
	After(d time.Duration) <-chan time.Time
}
