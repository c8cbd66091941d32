package app

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// OperationKind says what an operation does.
type OperationKind string

// The kinds of operation.
const (
	KindSync     OperationKind = "sync"
	KindRollback OperationKind = "rollback"
	KindUndo     OperationKind = "undo"
	KindDelete   OperationKind = "delete"
)

// Record is a finished operation with what it made of the cluster. Records are kept per application, 200 deep, and of
// their manifests the newest 20 that differ. Their ids are r1, r2, … per application, in order of their end. An action on one
// live object leaves a record too, see [KindAction].
type Record struct {
	ID string `json:"id"`
	// Operation is the id that the operation's journal and its hooks had.
	Operation string `json:"operation,omitempty"`
	// Retries is the Operation of the first attempt, where this is a later one of the same sync.
	Retries    string         `json:"retries,omitempty"`
	Kind       OperationKind  `json:"kind"`
	App        Key            `json:"app"`
	StartedAt  time.Time      `json:"startedAt"`
	FinishedAt time.Time      `json:"finishedAt,omitzero"`
	Phase      OperationPhase `json:"phase"`
	Message    string         `json:"message,omitempty"`
	By         Initiator      `json:"by"`
	// Why says what started the operation: a person's key, a commit, drift, a rollback to a record.
	Why     string   `json:"why,omitempty"`
	Commits []Commit `json:"commits,omitempty"`
	Sources []Source `json:"sources,omitempty"`
	// Action is set in the record of an action on one live object only.
	Action *ActionTaken `json:"action,omitempty"`
	// Partial is true when only some objects were selected.
	Partial bool             `json:"partial,omitempty"`
	Results []ResourceResult `json:"results,omitempty"`
	// Objects names what the application consisted of after the operation, with the cluster it was in.
	Objects []object.Ref    `json:"objects,omitempty"`
	Cluster ClusterIdentity `json:"cluster,omitzero"`
	// Kept names those that git did not ask for and that were there all the same: prune was off, or something kept them.
	Kept []object.Ref `json:"kept,omitempty"`
	// Created names those that were not there before the operation.
	Created []object.Ref `json:"created,omitempty"`
	// Pinned is the pin of before the operation, the zero Pin when there was none.
	Pinned Pin `json:"pinned,omitzero"`
	// Pushed are the commits that were made in git with a rollback, among them one during whose push the process died: it may have been.
	Pushed []Commit `json:"pushed,omitempty"`
	// Manifests is true when the store can give back the rendered objects that the application consisted of after the
	// operation. Data of Secrets is left out of them.
	Manifests bool `json:"manifests,omitempty"`
	// ManifestsHash is the hash of these objects: records with the same one are the same state.
	ManifestsHash string `json:"manifestsHash,omitempty"`
}

// First names the operation of a record by the id of its first attempt; empty in a record that knows no operation.
func (r *Record) First() string {
	if r.Retries != "" {
		return r.Retries
	}
	return r.Operation
}

// Commit is what a revision resolved to.
type Commit struct {
	// Revision is what was asked for: a branch, tag, range or id; empty for HEAD.
	Revision string    `json:"revision,omitempty"`
	ID       string    `json:"id"`
	Author   string    `json:"author,omitempty"`
	Date     time.Time `json:"date,omitzero"`
	// Message is the first line of the commit message.
	Message string `json:"message,omitempty"`
	// AsOf is when the repository said that the revision stands for this commit; zero where that is no matter of time.
	AsOf time.Time `json:"-"`
}

// Short returns the first seven characters of a commit id or of a digest, or the whole of anything shorter, such as a chart
// version.
func (c Commit) Short() string {
	if sum, ok := strings.CutPrefix(c.ID, "sha256:"); ok && len(sum) > 7 {
		return "sha256:" + sum[:7]
	}
	if len(c.ID) == 40 {
		return c.ID[:7]
	}
	return c.ID
}

// ClusterIdentity tells clusters apart whatever they are called: the UID of the kube-system namespace, or, where that
// cannot be read, server URL and CA.
type ClusterIdentity string

// serverIdentity begins the identities that are made of server URL and CA.
const serverIdentity = "server-"

// ServerIdentity is the identity of a cluster by the way that leads to it: its server's URL and CA.
func ServerIdentity(url string, ca []byte) ClusterIdentity {
	sum := sha256.Sum256(append([]byte(url+"\n"), ca...))
	return ClusterIdentity(serverIdentity + hex.EncodeToString(sum[:8]))
}

// ByServer reports whether an identity is that of the way to a cluster and not the cluster's own.
func (id ClusterIdentity) ByServer() bool { return strings.HasPrefix(string(id), serverIdentity) }
