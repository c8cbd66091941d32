package app

import (
	"strconv"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// JournalHead opens the journal of an operation, written before its first write to a cluster.
type JournalHead struct {
	// ID is the operation's id, unique in the store; hooks carry it.
	ID        string          `json:"id"`
	App       Key             `json:"app"`
	Kind      OperationKind   `json:"kind"`
	By        Initiator       `json:"by"`
	Why       string          `json:"why,omitempty"`
	StartedAt time.Time       `json:"startedAt"`
	Cluster   ClusterIdentity `json:"cluster"`
	Commits   []Commit        `json:"commits,omitempty"`
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
}

// JournalMark is the kind of a JournalEntry.
type JournalMark string

// The marks. An operation whose journal has no end was interrupted; a step with an intention and no outcome may or may
// not have reached the server.
const (
	JournalIntended JournalMark = "intended"
	JournalDone     JournalMark = "done"
	JournalFailed   JournalMark = "failed"
	JournalEnd      JournalMark = "end"
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

// Unknown returns the steps that were intended and whose outcome was not written.
func (j Journal) Unknown() []JournalEntry {
	open := map[string]JournalEntry{}
	var order []string
	for _, e := range j.Entries {
		switch e.Mark {
		case JournalIntended:
			open[e.Step] = e
			order = append(order, e.Step)
		case JournalDone, JournalFailed:
			delete(open, e.Step)
		case JournalEnd:
		}
	}
	var out []JournalEntry
	for _, s := range order {
		if e, ok := open[s]; ok {
			out = append(out, e)
			delete(open, s)
		}
	}
	return out
}

// Holder says who holds a lock.
type Holder struct {
	// Name is the principal, PID and Host its process, Front what it is: "console", "app sync", "controller".
	Name  string    `json:"name"`
	PID   int       `json:"pid"`
	Host  string    `json:"host"`
	Front string    `json:"front"`
	Since time.Time `json:"since"`
}

// String describes the holder for a message: ada (console, pid 4711 on bastion).
func (h Holder) String() string {
	if h == (Holder{}) {
		return "nobody"
	}
	return h.Name + " (" + h.Front + ", pid " + strconv.Itoa(h.PID) + " on " + h.Host + ")"
}
