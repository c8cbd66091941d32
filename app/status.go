package app

import (
	"slices"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// SyncCode says how live objects compare with the desired ones. The zero value is "not compared yet".
type SyncCode string

// The sync codes, with Argo CD's spelling.
const (
	SyncUnknown SyncCode = "Unknown"
	Synced      SyncCode = "Synced"
	OutOfSync   SyncCode = "OutOfSync"
)

// HealthCode says how an object or application is doing. The zero value means that its kind has no health.
type HealthCode string

// The health codes from best to worst, with Argo CD's spelling.
const (
	Healthy       HealthCode = "Healthy"
	Suspended     HealthCode = "Suspended"
	Progressing   HealthCode = "Progressing"
	Missing       HealthCode = "Missing"
	Degraded      HealthCode = "Degraded"
	HealthUnknown HealthCode = "Unknown"
)

// Health is a code with the reason for it.
type Health struct {
	Status             HealthCode `json:"status,omitempty"`
	Message            string     `json:"message,omitempty"`
	LastTransitionTime *time.Time `json:"lastTransitionTime,omitempty"`
}

// Status is what is known about an application. Its JSON is Argo CD's, so scripts written for that keep working.
type Status struct {
	Sync   SyncStatus `json:"sync,omitzero"`
	Health Health     `json:"health,omitzero"`
	// Resources is replaced as a whole and never changed: copies of a Status share it.
	Resources      []ResourceStatus `json:"resources,omitempty"`
	Conditions     []Condition      `json:"conditions,omitempty"`
	OperationState *OperationState  `json:"operationState,omitempty"`
	// Attempted is kept beside the operation state of selected objects: the newest operation of all objects, without what it did to
	// each, where that was a try at the same commits. See [Status.Attempt].
	Attempted *OperationState  `json:"attempted,omitempty"`
	History   []RevisionRecord `json:"history,omitempty"`
	// ReconciledAt is when desired and live were last compared: the age of all that is known. A comparison that failed moves it not.
	ReconciledAt *time.Time `json:"reconciledAt,omitempty"`
	SourceType   string     `json:"sourceType,omitempty"`
	SourceTypes  []string   `json:"sourceTypes,omitempty"`
	Summary      Summary    `json:"summary,omitzero"`
}

// Attempt returns the newest operation of all objects; nil where none is known. A heal of which nothing else is kept stands for the
// sync that it came after.
func (s *Status) Attempt() *OperationState {
	last := s.OperationState
	switch {
	case last == nil || !last.Operation.Partial():
		return last
	case s.Attempted == nil && last.Operation.InitiatedBy.Automated:
		return last
	}
	return s.Attempted
}

// FailedWhole reports whether the newest operation of all objects that is known did not succeed, or has not yet.
func (s *Status) FailedWhole() bool {
	full := s.Attempt()
	return full != nil && full.Phase != OperationSucceeded
}

// Owed reports whether a sync of all objects says something new even where it has nothing to do: that an application is as it is meant
// to be, after a sync of all failed, or a deletion.
func (s *Status) Owed() bool { return s.FailedWhole() || s.HalfDeleted() }

// HalfDeleted reports whether a deletion of the application failed or was interrupted, and nobody has said since what is to become of it.
func (s *Status) HalfDeleted() bool {
	return slices.ContainsFunc(s.Conditions, func(c Condition) bool { return c.Type == ConditionDeletionError })
}

// SyncStatus is the outcome of the last comparison.
type SyncStatus struct {
	Status     SyncCode   `json:"status"`
	ComparedTo ComparedTo `json:"comparedTo,omitzero"`
	Revision   string     `json:"revision,omitempty"`
	Revisions  []string   `json:"revisions,omitempty"`
	// Rendered is kept for applications that name the paths that count: what they were rendered from may be older than what
	// they follow.
	Rendered *RenderedFrom `json:"rendered,omitempty"`
}

// RenderedFrom says what desired objects were rendered from. It is replaced as a whole and never changed: copies share it.
type RenderedFrom struct {
	// Revisions are the commits, one for each source.
	Revisions []string `json:"revisions"`
	// Of identifies what the application said then.
	Of string `json:"of"`
}

// ComparedTo repeats the parts of the spec that a comparison was made with.
type ComparedTo struct {
	Source            *Source            `json:"source,omitempty"`
	Sources           []Source           `json:"sources,omitempty"`
	Destination       Destination        `json:"destination"`
	IgnoreDifferences []IgnoreDifference `json:"ignoreDifferences,omitempty"`
}

// ResourceStatus is the state of one directly managed object.
type ResourceStatus struct {
	Group           string   `json:"group,omitempty"`
	Version         string   `json:"version,omitempty"`
	Kind            string   `json:"kind"`
	Namespace       string   `json:"namespace,omitempty"`
	Name            string   `json:"name"`
	Status          SyncCode `json:"status,omitempty"`
	Health          *Health  `json:"health,omitempty"`
	Hook            bool     `json:"hook,omitempty"`
	RequiresPruning bool     `json:"requiresPruning,omitempty"`
	SyncWave        int64    `json:"syncWave,omitempty"`
}

// Ref names the object that the status is about.
func (r ResourceStatus) Ref() object.Ref {
	return object.Ref{Group: r.Group, Kind: r.Kind, Namespace: r.Namespace, Name: r.Name}
}

// Condition tells the user that something about the application needs attention.
type Condition struct {
	Type               ConditionType `json:"type"`
	Message            string        `json:"message"`
	LastTransitionTime *time.Time    `json:"lastTransitionTime,omitempty"`
}

// ConditionType names a Condition; those that end in Error set the sync status to Unknown.
type ConditionType string

// The condition types: Argo CD's, then ours.
const (
	ConditionComparisonError  ConditionType = "ComparisonError"
	ConditionInvalidSpec      ConditionType = "InvalidSpecError"
	ConditionSyncError        ConditionType = "SyncError"
	ConditionDeletionError    ConditionType = "DeletionError"
	ConditionSharedResource   ConditionType = "SharedResourceWarning"
	ConditionRepeatedResource ConditionType = "RepeatedResourceWarning"
	ConditionExcludedResource ConditionType = "ExcludedResourceWarning"
	// ConditionClusterChanged says that another cluster answers under the destination's name than the one that the
	// store was bound to; nothing is written there.
	ConditionClusterChanged ConditionType = "ClusterChanged"
	// ConditionReleased says that the application's file is gone while its objects are still in the cluster.
	ConditionReleased ConditionType = "Released"
	// ConditionUnsupported names a field of the spec that would change the result and is not supported.
	ConditionUnsupported ConditionType = "UnsupportedField"
	// ConditionUnknownHook says that an object names a hook that there is not.
	ConditionUnknownHook ConditionType = "UnknownHookWarning"
	// ConditionRenderWarning is a remark of the tool that rendered.
	ConditionRenderWarning ConditionType = "RenderWarning"
	// ConditionPassed says that something changed that the application is not rendered anew for, since it lies outside of the
	// paths that it names; ConditionPaths that such a path means nothing.
	ConditionPassed ConditionType = "ChangeOutsidePaths"
	ConditionPaths  ConditionType = "GeneratePathsWarning"
	// ConditionInterrupted says that a process died in the middle of an operation.
	ConditionInterrupted ConditionType = "OperationInterrupted"
	// ConditionForeign says that another store marked an object that this application wants.
	ConditionForeign ConditionType = "ForeignResourceWarning"
	// ConditionMoved says that objects of the application stay in the cluster where it was before.
	ConditionMoved ConditionType = "MovedWarning"
	// ConditionFight says that somebody else keeps changing a field back.
	ConditionFight ConditionType = "SelfHealFight"
	// ConditionPaused says that automation does nothing for the application now, until when, and why.
	ConditionPaused ConditionType = "AutomationPaused"
)

// Summary holds facts for lists.
type Summary struct {
	ExternalURLs []string `json:"externalURLs,omitempty"`
	Images       []string `json:"images,omitempty"`
}

// RevisionRecord is one entry of Argo CD's history: a successful, full, real sync.
type RevisionRecord struct {
	ID              int64      `json:"id"`
	Revision        string     `json:"revision,omitempty"`
	Revisions       []string   `json:"revisions,omitempty"`
	DeployStartedAt *time.Time `json:"deployStartedAt,omitempty"`
	DeployedAt      *time.Time `json:"deployedAt,omitempty"`
	Source          *Source    `json:"source,omitempty"`
	Sources         []Source   `json:"sources,omitempty"`
	InitiatedBy     Initiator  `json:"initiatedBy,omitzero"`
}

// Initiator says who started an operation.
type Initiator struct {
	Username  string `json:"username,omitempty"`
	Automated bool   `json:"automated,omitempty"`
}
