package app

// SyncPolicy says how an application is synced, by hand and by itself.
type SyncPolicy struct {
	Automated                *Automated         `json:"automated,omitempty"`
	SyncOptions              []string           `json:"syncOptions,omitempty"`
	Retry                    *Retry             `json:"retry,omitempty"`
	ManagedNamespaceMetadata *NamespaceMetadata `json:"managedNamespaceMetadata,omitempty"`
}

// Automated turns automatic syncs on.
type Automated struct {
	// Enabled is nil or true when automation is on; false switches it off and keeps the other settings.
	Enabled    *bool `json:"enabled,omitempty"`
	Prune      bool  `json:"prune,omitempty"`
	SelfHeal   bool  `json:"selfHeal,omitempty"`
	AllowEmpty bool  `json:"allowEmpty,omitempty"`
}

// Retry says how often and after which pauses a failed operation is tried again. Limit -1 is without end.
type Retry struct {
	Limit   int64    `json:"limit,omitempty"`
	Backoff *Backoff `json:"backoff,omitempty"`
	Refresh bool     `json:"refresh,omitempty"`
}

// Backoff holds pauses as Go durations ("5s"); a bare number is seconds.
type Backoff struct {
	Duration    string `json:"duration,omitempty"`
	Factor      *int64 `json:"factor,omitempty"`
	MaxDuration string `json:"maxDuration,omitempty"`
}

// NamespaceMetadata is written onto a namespace that CreateNamespace=true makes.
type NamespaceMetadata struct {
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// AutomatedOn returns the automation settings when automation is on, and false when it is off.
func (s *Spec) AutomatedOn() (Automated, bool) {
	if s.SyncPolicy == nil || s.SyncPolicy.Automated == nil {
		return Automated{}, false
	}
	a := *s.SyncPolicy.Automated
	return a, a.Enabled == nil || *a.Enabled
}
