package app

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// JournalHead opens the journal of an operation, written before its first write to a cluster.
type JournalHead struct {
	// ID is the operation's id, unique in the store; hooks carry it.
	ID string `json:"id"`
	// Retries is the ID of the first attempt, where this is a later one of the same sync.
	Retries   string          `json:"retries,omitempty"`
	App       Key             `json:"app"`
	Kind      OperationKind   `json:"kind"`
	By        Initiator       `json:"by"`
	Why       string          `json:"why,omitempty"`
	StartedAt time.Time       `json:"startedAt"`
	Cluster   ClusterIdentity `json:"cluster"`
	// Destination, Commits, Sources and Record say what the operation was to bring where; Record is what a rollback or an
	// undo goes back to.
	Destination Destination `json:"destination,omitzero"`
	Commits     []Commit    `json:"commits,omitempty"`
	Sources     []Source    `json:"sources,omitempty"`
	Record      string      `json:"record,omitempty"`
	// Pinned is the pin of before, the zero Pin when there was none.
	Pinned Pin `json:"pinned,omitzero"`
	// Pin is the one that it is to leave, and Only, where it is not nil, names the only objects that it may delete.
	Pin  Pin          `json:"pin,omitzero"`
	Only []object.Ref `json:"only,omitzero"`
	// Left names the steps that were left out when it was approved.
	Left []string `json:"left,omitempty"`
	// Options are the wishes that the plan was made with, as package plan writes them.
	Options json.RawMessage `json:"options,omitempty"`
	// Steps is how many steps there were to do.
	Steps int `json:"steps,omitempty"`
	// Objects is the superset of what the application owned before and what it is to own: whatever happens, nothing is
	// left in the cluster that nobody knows of.
	Objects []object.Ref `json:"objects"`
}

// JournalEntry is one line of a journal: an intention before a write, or its outcome after it.
type JournalEntry struct {
	Time time.Time   `json:"time"`
	Mark JournalMark `json:"mark"`
	Step string      `json:"step,omitempty"`
	Ref  object.Ref  `json:"ref,omitzero"`
	Verb string      `json:"verb,omitempty"`
	// Message is the outcome in words, and the reason of an end.
	Message string         `json:"message,omitempty"`
	Phase   OperationPhase `json:"phase,omitempty"`
	// Pushed is the commit that is pushed, in an entry that is of no step but of a push, whose Step says where to.
	Pushed Commit `json:"pushed,omitzero"`
	// Begun is the time of the first entry of the step, where [Journal.Last] says so.
	Begun time.Time `json:"-"`
}

// JournalMark is the kind of a JournalEntry.
type JournalMark string

// The marks. An operation whose journal has no end was interrupted; a step with an intention and no outcome may or may
// not have reached the server.
const (
	JournalIntended JournalMark = "intended"
	// JournalStarted says that a hook was created, and in its message as which object; how it ended comes as done or failed.
	JournalStarted JournalMark = "started"
	JournalDone    JournalMark = "done"
	JournalFailed  JournalMark = "failed"
	// JournalSkipped says that a hook that was created is not waited for, and in its message who said so and why.
	JournalSkipped JournalMark = "skipped"
	JournalEnd     JournalMark = "end"
)

// Journal is what was read back of an operation's journal.
type Journal struct {
	Head    JournalHead
	Entries []JournalEntry
}

// Ended reports whether the operation wrote its end.
func (j Journal) Ended() bool {
	return len(j.Entries) > 0 && j.Entries[len(j.Entries)-1].Mark == JournalEnd
}

// Last returns the last entry of every step that was begun, in the order in which they were first begun: with the mark
// done, failed or skipped its outcome is known, with any other it is not.
func (j Journal) Last() []JournalEntry {
	return j.last(func(e JournalEntry) bool { return e.Mark != JournalEnd && e.Pushed.ID == "" })
}

// Pushes returns the last entry of every push that was begun, likewise: one that is open may have reached the git server.
func (j Journal) Pushes() []JournalEntry {
	return j.last(func(e JournalEntry) bool { return e.Pushed.ID != "" })
}

func (j Journal) last(counts func(JournalEntry) bool) []JournalEntry {
	at := map[string]int{}
	var out []JournalEntry
	for _, e := range j.Entries {
		if !counts(e) {
			continue
		}
		e.Begun = e.Time
		if i, ok := at[e.Step]; ok {
			e.Begun = out[i].Begun
			out[i] = e
			continue
		}
		at[e.Step] = len(out)
		out = append(out, e)
	}
	return out
}

// Open reports whether the outcome of an entry's step or push is not known by it.
func (e JournalEntry) Open() bool { return e.Mark == JournalIntended || e.Mark == JournalStarted }

// Holder says who holds a lock.
type Holder struct {
	// Name is the principal, PID and Host its process, Front what it is: "console", "app sync", "controller".
	Name  string    `json:"name"`
	PID   int       `json:"pid"`
	Host  string    `json:"host"`
	Front string    `json:"front"`
	Since time.Time `json:"since"`
	// Still is since when the process that holds an application's lock has not been heard of, for longer than [LeaseTime]; zero for
	// one that runs.
	Still time.Time `json:"-"`
}

// Is reports whether two descriptions are of one hold of a lock: of one process, which took it at one time.
func (h Holder) Is(other Holder) bool {
	return h.PID == other.PID && h.Host == other.Host && h.Since.Equal(other.Since)
}

// EndRequest asks the holder of an application's lock to end what is done under it.
type EndRequest struct {
	// Of is the holder that is meant: who takes the lock next has nothing to do with it.
	Of Holder `json:"of"`
	By string `json:"by"`
}

// String describes the holder for a message: ada (console, pid 4711 on bastion).
func (h Holder) String() string {
	if h == (Holder{}) {
		return "nobody"
	}
	where := h.Name + " (" + h.Front + ", pid " + strconv.Itoa(h.PID) + " on " + h.Host + ")"
	if !h.Still.IsZero() {
		where += ", which stands still since " + h.Still.UTC().Format(time.RFC3339)
	}
	return where
}

// Remedy says what to do about a holder, which depends on whether it stands still.
func (h Holder) Remedy() string {
	if h.Still.IsZero() {
		return "wait for its end"
	}
	pid := strconv.Itoa(h.PID)
	return "on " + h.Host + " let it go on, upon which it ends as interrupted, with `kill -CONT " + pid + "`, or end it with `kill -KILL " + pid + "`"
}
