package app

import (
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Operation is a wish for a sync, in the form in which Argo CD keeps it in the resource.
type Operation struct {
	Sync        *SyncOperation `json:"sync,omitempty"`
	InitiatedBy Initiator      `json:"initiatedBy,omitzero"`
	Info        []Info         `json:"info,omitempty"`
	Retry       *Retry         `json:"retry,omitempty"`
}

// infoKind names the line of an operation's info that says what it does; Argo CD, which knows syncs only, keeps it.
const infoKind = "wheelhouse.dev/kind"

// Kind says what the operation does: a sync, unless SetKind said otherwise.
func (o *Operation) Kind() OperationKind {
	for _, i := range o.Info {
		if i.Name == infoKind {
			return OperationKind(i.Value)
		}
	}
	return KindSync
}

// SetKind notes what a new operation does.
func (o *Operation) SetKind(k OperationKind) {
	if k != KindSync {
		o.Info = append(o.Info, Info{Name: infoKind, Value: string(k)})
	}
}

// Partial reports whether the operation is of selected objects only.
func (o *Operation) Partial() bool { return o.Sync != nil && len(o.Sync.Resources) > 0 }

// infoBrought names the line that says which content from elsewhere the operation was of, and infoRead the one that says which
// content of the paths that count.
const (
	infoBrought = "wheelhouse.dev/brought"
	infoRead    = "wheelhouse.dev/read"
)

// Brought identifies what the operation's commits named elsewhere when it was made, see [Rendered]; empty is nothing.
func (o *Operation) Brought() string { return o.info(infoBrought) }

// SetBrought notes it for a new operation.
func (o *Operation) SetBrought(id string) { o.setInfo(infoBrought, id) }

// Read identifies what the operation's objects were rendered from, see [Rendered]; empty for an application that names no paths.
func (o *Operation) Read() string { return o.info(infoRead) }

// SetRead notes it for a new operation.
func (o *Operation) SetRead(id string) { o.setInfo(infoRead, id) }

func (o *Operation) info(name string) string {
	for _, i := range o.Info {
		if i.Name == name {
			return i.Value
		}
	}
	return ""
}

func (o *Operation) setInfo(name, value string) {
	if value != "" {
		o.Info = append(o.Info, Info{Name: name, Value: value})
	}
}

// SyncOperation holds the options of one sync.
type SyncOperation struct {
	Revision     string       `json:"revision,omitempty"`
	Revisions    []string     `json:"revisions,omitempty"`
	Prune        bool         `json:"prune,omitempty"`
	DryRun       bool         `json:"dryRun,omitempty"`
	Resources    []object.Ref `json:"resources,omitempty"`
	Source       *Source      `json:"source,omitempty"`
	Sources      []Source     `json:"sources,omitempty"`
	SyncOptions  []string     `json:"syncOptions,omitempty"`
	HealAttempts int64        `json:"autoHealAttemptsCount,omitempty"`
}

// OperationPhase is where an operation stands.
type OperationPhase string

// The phases of an operation, with Argo CD's spelling.
const (
	OperationRunning     OperationPhase = "Running"
	OperationTerminating OperationPhase = "Terminating"
	OperationSucceeded   OperationPhase = "Succeeded"
	OperationFailed      OperationPhase = "Failed"
	OperationError       OperationPhase = "Error"
)

// Done reports whether the phase is final.
func (p OperationPhase) Done() bool {
	return p == OperationSucceeded || p == OperationFailed || p == OperationError
}

// OperationState is the running or last operation of an application.
type OperationState struct {
	Operation Operation      `json:"operation"`
	Phase     OperationPhase `json:"phase"`
	Message   string         `json:"message,omitempty"`
	StartedAt time.Time      `json:"startedAt"`
	// FinishedAt is when all was applied, and SettledAt when the application was first seen healthy after that: two times, for
	// the last wave is not waited for.
	FinishedAt *time.Time `json:"finishedAt,omitempty"`
	SettledAt  *time.Time `json:"settledAt,omitempty"`
	RetryCount int64      `json:"retryCount,omitempty"`
	// Retrying is set while the operation runs and does nothing but wait for its next attempt.
	Retrying   *Retrying   `json:"retrying,omitempty"`
	SyncResult *SyncResult `json:"syncResult,omitempty"`
}

// Outline returns the state without what the operation did to each object.
func (s *OperationState) Outline() *OperationState {
	out := *s
	if s.SyncResult != nil {
		result := *s.SyncResult
		result.Resources = nil
		out.SyncResult = &result
	}
	return &out
}

// Unsettled reports whether an operation was carried out and what it left was not seen healthy yet.
func (s *OperationState) Unsettled() bool {
	dry := s.Operation.Sync != nil && s.Operation.Sync.DryRun
	return s.Phase == OperationSucceeded && s.FinishedAt != nil && s.SettledAt == nil && !dry
}

// SyncResult lists what a sync did.
type SyncResult struct {
	// Resources is replaced as a whole and never changed: copies share it.
	Resources []ResourceResult `json:"resources,omitempty"`
	Revision  string           `json:"revision,omitempty"`
	Revisions []string         `json:"revisions,omitempty"`
	Source    *Source          `json:"source,omitempty"`
	Sources   []Source         `json:"sources,omitempty"`
}

// ResourceResult is the outcome of one step of a sync.
type ResourceResult struct {
	Group     string `json:"group,omitempty"`
	Version   string `json:"version,omitempty"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	// Status is Synced, SyncFailed, Pruned or PruneSkipped.
	Status    string `json:"status,omitempty"`
	Message   string `json:"message,omitempty"`
	HookType  string `json:"hookType,omitempty"`
	HookPhase string `json:"hookPhase,omitempty"`
	SyncPhase string `json:"syncPhase,omitempty"`
	// StartedAt and FinishedAt are when the step began and ended. They are zero for one that was left out, and in what was
	// written before they were kept.
	StartedAt  time.Time `json:"startedAt,omitzero"`
	FinishedAt time.Time `json:"finishedAt,omitzero"`
}

// Took returns how long the step took, and false where that is not known.
func (r *ResourceResult) Took() (time.Duration, bool) {
	if r.StartedAt.IsZero() || r.FinishedAt.IsZero() {
		return 0, false
	}
	return r.FinishedAt.Sub(r.StartedAt), true
}

// Ref returns the name of the step's object.
func (r *ResourceResult) Ref() object.Ref {
	return object.Ref{Group: r.Group, Kind: r.Kind, Namespace: r.Namespace, Name: r.Name}
}
