package object

import (
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// The annotations that say which application of which store owns a live object. The first has Argo CD's format and
// is its default tracking method since version 3.0; the second tells two stores apart.
const (
	AnnotationTracking     = "argocd.argoproj.io/tracking-id"
	AnnotationInstallation = "argocd.argoproj.io/installation-id"
)

// Mark is what a live object says about its owner. The zero Mark is an object without one.
type Mark struct {
	// App is the owning application's tracking name: NAME, or NAMESPACE_NAME outside the store's own namespace.
	App string
	// Ref is the object that the mark was written for. It differs from the object that carries it when somebody
	// copied the annotations.
	Ref Ref
	// Installation identifies the store; empty in marks that Argo CD wrote without an installation id.
	Installation string
}

// MarkOf reads the mark of an object. A tracking annotation that cannot be parsed counts as none.
func MarkOf(u *unstructured.Unstructured) Mark {
	m, ok := ParseMark(annotation(u, AnnotationTracking))
	if !ok {
		return Mark{}
	}
	m.Installation = annotation(u, AnnotationInstallation)
	return m
}

// ParseMark reads the value of a tracking annotation: APP:GROUP/KIND:NAMESPACE/NAME.
func ParseMark(s string) (Mark, bool) {
	app, rest, _ := strings.Cut(s, ":")
	groupKind, place, _ := strings.Cut(rest, ":")
	group, kind, ok1 := strings.Cut(groupKind, "/")
	ns, name, ok2 := strings.Cut(place, "/")
	if !ok1 || !ok2 || app == "" || kind == "" || name == "" {
		return Mark{}, false
	}
	return Mark{App: app, Ref: Ref{Group: group, Kind: kind, Namespace: ns, Name: name}}, true
}

// String writes the value of the tracking annotation.
func (m Mark) String() string {
	return m.App + ":" + m.Ref.Group + "/" + m.Ref.Kind + ":" + m.Ref.Namespace + "/" + m.Ref.Name
}

// SetMark writes the mark of application app in store installation onto u, which must have its final name and namespace.
// A cluster-scoped object carries the application's destination namespace in Argo CD's marks; we write none, and
// [Owned] accepts both.
func SetMark(u *unstructured.Unstructured, app, installation string) {
	a := u.GetAnnotations()
	if a == nil {
		a = map[string]string{}
	}
	a[AnnotationTracking] = Mark{App: app, Ref: Of(u)}.String()
	a[AnnotationInstallation] = installation
	u.SetAnnotations(a)
}

// CopyMark writes the mark that from carries, whosever it is, onto an object that may have lost it.
func CopyMark(u, from *unstructured.Unstructured) {
	marked, a := from.GetAnnotations(), u.GetAnnotations()
	if a == nil {
		a = map[string]string{}
	}
	changed := false
	for _, key := range []string{AnnotationTracking, AnnotationInstallation} {
		if value, ok := marked[key]; ok && a[key] != value {
			a[key], changed = value, true
		}
	}
	if changed {
		u.SetAnnotations(a)
	}
}

// Owned reports whether the live object u belongs to application app of the store with this installation id: only
// then may it be pruned or overwritten without an adopt step. A mark that was written for another object does not count.
func Owned(u *unstructured.Unstructured, app, installation string) bool {
	m := MarkOf(u)
	return m.App == app && m.App != "" && m.Installation == installation && m.refersTo(Of(u))
}

// Foreign reports whether u carries the mark of another application or store, and returns that mark.
func Foreign(u *unstructured.Unstructured, app, installation string) (Mark, bool) {
	m := MarkOf(u)
	if m.App == "" || !m.refersTo(Of(u)) {
		return Mark{}, false
	}
	return m, m.App != app || m.Installation != installation
}

func (m Mark) refersTo(r Ref) bool {
	if r.Namespace == "" {
		return m.Ref.Group == r.Group && m.Ref.Kind == r.Kind && m.Ref.Name == r.Name
	}
	return m.Ref == r
}
