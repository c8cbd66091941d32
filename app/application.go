// Package app holds the values that applications are made of: the Application itself in Argo CD's form, what is known
// about its state, who may act on it, and what a finished act leaves behind.
//
// The types are plain Go with the JSON names of argoproj.io/v1alpha1, so users bring the files they have and can go
// back. A field that this package does not know is kept when an Application is read and written again (see
// [Application.MarshalJSON]). The values of every port between the engine and the world live here or in kube/object;
// nothing in this package talks to anything.
//
// [Decode], [Encode] and [Edit] are the way from a file's text to an Application and back: Decode says file, line and
// column of what is wrong, Edit changes the lines that differ and leaves its author's comments alone.
// [Application.Validate] tells all that is wrong with the content.
package app

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The group, version and kind of an Application, and the name of Argo CD's cascade finalizer.
const (
	Group            = "argoproj.io"
	APIVersion       = Group + "/v1alpha1"
	KindApplication  = "Application"
	FinalizerCascade = "resources-finalizer.argocd.argoproj.io"
	// AnnotationDeletionApproved is the time, in RFC 3339, at which somebody approved the deletions that Prune=confirm and
	// Delete=confirm ask about.
	AnnotationDeletionApproved = "argocd.argoproj.io/deletion-approved"
	// AnnotationPin holds the id of the record that a rollback pinned the application at: automation leaves a pinned
	// application alone.
	AnnotationPin = "wheelhouse.dev/pin"
	// AnnotationPinReason says in words why and by whom an application is pinned.
	AnnotationPinReason = "wheelhouse.dev/pin-reason"
	// AnnotationPinUntil is the time, in RFC 3339, from which on the pin holds no more; without it, it holds until somebody
	// removes it.
	AnnotationPinUntil = "wheelhouse.dev/pin-until"
	// AnnotationSkipReconcile, when it is "true", keeps automation from the application, in Argo CD's words.
	AnnotationSkipReconcile = "argocd.argoproj.io/skip-reconcile"
	// AnnotationPauseUntil is the time, in RFC 3339, until which automation leaves the application alone, and
	// AnnotationPauseReason says why.
	AnnotationPauseUntil  = "wheelhouse.dev/automation-paused-until"
	AnnotationPauseReason = "wheelhouse.dev/automation-pause-reason"
	// AnnotationGeneratePaths names the paths of a repository that its application is rendered anew for, in Argo CD's words.
	AnnotationGeneratePaths = "argocd.argoproj.io/manifest-generate-paths"
)

// Key names an application in a store. Namespace is empty in a file store.
type Key struct {
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
}

// String writes the Key as NAME or NAMESPACE/NAME.
func (k Key) String() string {
	if k.Namespace == "" {
		return k.Name
	}
	return k.Namespace + "/" + k.Name
}

// ParseKey reads what [Key.String] writes: NAME or NAMESPACE/NAME.
func ParseKey(s string) (Key, error) {
	namespace, name, ok := strings.Cut(s, "/")
	if !ok {
		namespace, name = "", s
	}
	if name == "" || ok && namespace == "" || strings.Contains(name, "/") {
		return Key{}, fmt.Errorf("parse application name %q: want NAME or NAMESPACE/NAME", s)
	}
	return Key{Namespace: namespace, Name: name}, nil
}

// Tracking returns the name that marks on live objects use for this application: NAME, or NAMESPACE_NAME.
func (k Key) Tracking() string {
	if k.Namespace == "" {
		return k.Name
	}
	return k.Namespace + "_" + k.Name
}

// Application says which sources are to be deployed to which destination, and holds what is known about that.
type Application struct {
	APIVersion string     `json:"apiVersion"`
	Kind       string     `json:"kind"`
	Metadata   Metadata   `json:"metadata"`
	Spec       Spec       `json:"spec"`
	Operation  *Operation `json:"operation,omitempty"`
	Status     Status     `json:"status,omitzero"`

	// unknown holds the fields of the document that this package does not model, for writing them back.
	unknown map[string]any
}

// Key returns the application's name in its store.
func (a *Application) Key() Key { return Key{Namespace: a.Metadata.Namespace, Name: a.Metadata.Name} }

// Metadata is the part of Kubernetes' object metadata that applications use.
type Metadata struct {
	Name              string            `json:"name"`
	Namespace         string            `json:"namespace,omitempty"`
	Labels            map[string]string `json:"labels,omitempty"`
	Annotations       map[string]string `json:"annotations,omitempty"`
	Finalizers        []string          `json:"finalizers,omitempty"`
	UID               string            `json:"uid,omitempty"`
	ResourceVersion   string            `json:"resourceVersion,omitempty"`
	Generation        int64             `json:"generation,omitempty"`
	CreationTimestamp *time.Time        `json:"creationTimestamp,omitempty"`
	DeletionTimestamp *time.Time        `json:"deletionTimestamp,omitempty"`
}

// Spec is what the user asks for.
type Spec struct {
	Project              string             `json:"project,omitempty"`
	Destination          Destination        `json:"destination"`
	Source               *Source            `json:"source,omitempty"`
	Sources              []Source           `json:"sources,omitempty"`
	SyncPolicy           *SyncPolicy        `json:"syncPolicy,omitempty"`
	IgnoreDifferences    []IgnoreDifference `json:"ignoreDifferences,omitempty"`
	Info                 []Info             `json:"info,omitempty"`
	RevisionHistoryLimit *int64             `json:"revisionHistoryLimit,omitempty"`
}

// AllSources returns the sources to render: sources where there are any, else the single source.
func (s *Spec) AllSources() []Source {
	if len(s.Sources) > 0 {
		return s.Sources
	}
	if s.Source != nil {
		return []Source{*s.Source}
	}
	return nil
}

// FirstRendered returns the index of the first source of which something is rendered, and 0 where there is none.
func (s *Spec) FirstRendered() int {
	return max(0, slices.IndexFunc(s.AllSources(), func(src Source) bool { return !src.OnlyRef() }))
}

// Destination names a cluster, by a context of the kubeconfig or by its URL (one of both), and the namespace for
// objects that name none.
type Destination struct {
	Server    string `json:"server,omitempty"`
	Name      string `json:"name,omitempty"`
	Namespace string `json:"namespace,omitempty"`
}

// Cluster returns what the destination calls its cluster: a name, or the URL of its server.
func (d Destination) Cluster() string { return cmp.Or(d.Name, d.Server) }

// String names the destination for people: CLUSTER/NAMESPACE.
func (d Destination) String() string {
	cluster := d.Cluster()
	if d.Namespace == "" {
		return cluster
	}
	return cluster + "/" + d.Namespace
}

// Info is a line of information that the user wants shown with the application.
type Info struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// IgnoreDifference names fields that do not count in a comparison.
type IgnoreDifference struct {
	Group                 string   `json:"group,omitempty"`
	Kind                  string   `json:"kind"`
	Name                  string   `json:"name,omitempty"`
	Namespace             string   `json:"namespace,omitempty"`
	JSONPointers          []string `json:"jsonPointers,omitempty"`
	JQPathExpressions     []string `json:"jqPathExpressions,omitempty"`
	ManagedFieldsManagers []string `json:"managedFieldsManagers,omitempty"`
}
