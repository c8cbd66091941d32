package app

import (
	"errors"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// The sentinels of stores and repositories, tested with errors.Is.
var (
	// ErrNotFound says that the store has no such application, record or manifest.
	ErrNotFound = errors.New("not found")
	// ErrExists says that an application of that name is already there.
	ErrExists = errors.New("already exists")
	// ErrLocked says that another operation holds the lock; the error's text names the holder.
	ErrLocked = errors.New("locked")
	// ErrTerminated says that somebody ended the operation; the error's text may name who.
	ErrTerminated = errors.New("operation terminated")
	// ErrMovedOn says that somebody else has changed a branch in the meantime; nothing was pushed.
	ErrMovedOn = errors.New("the branch has moved on")
	// ErrEmptied says that a store that held applications shows none, as behind an unmounted share: what it held is
	// unknown, not gone.
	ErrEmptied = errors.New("the store lost its applications")
)

// LeaseTime is for how long a process may stand still in the middle of an operation and then go on. What it was about to write was
// approved before that, and others may have seen to it in their way. A loaded machine, a swapping one and a slow disk stay far below
// it; who suspends a process or closes a laptop does not.
const LeaseTime = 30 * time.Second

// Lock is a held lock. It is safe for concurrent use.
type Lock interface {
	// Check returns an error when the lock is no longer held, and ErrTerminated when somebody has asked for the end of what
	// is done under it: nothing more may be written. It also shows others that the holder runs; see [Holder].
	Check() error
	// Skips returns which hooks the holder was asked to skip since it took the lock.
	Skips() ([]HookSkip, error)
	// Release gives the lock up; releasing twice is the same as once.
	Release() error
}

// JournalWriter appends to one journal, in the order of the calls. An entry is on disk when Write returns. What Note was given
// outlives the process then; it is on disk after the next Write.
type JournalWriter interface {
	Write(e JournalEntry) error
	Note(e JournalEntry) error
	Close() error
}

// StoreEvent says that an application was written, or removed, in the store by anybody.
type StoreEvent struct {
	Key     Key
	Removed bool
	// Err is set when the application's document cannot be read (YAML that does not parse): with file and line.
	Err error
}

// Released is an application whose document is gone while its objects are still in a cluster. While the document is there, it is
// what would be left: its inventory.
type Released struct {
	Key         Key             `json:"key"`
	Destination Destination     `json:"destination"`
	Cluster     ClusterIdentity `json:"cluster"`
	Objects     []object.Ref    `json:"objects"`
	// Claim is another one after each beginning of an operation that may make objects the application's.
	Claim string `json:"claim,omitempty"`
}
