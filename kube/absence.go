package kube

import (
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// everything is what an event is about that concerns all objects of a cluster.
var everything = object.Place{Kind: schema.GroupKind{Kind: everyKind}}.Any()

// absence follows, in a Watch, whether the server is there: what was heard of a cluster that cannot be reached does not hold any more,
// though none of its objects is told to have changed.
type absence struct {
	contact *contact
	// due is when the server will have been away for patience; nil while it is there, or is known to be away.
	due  <-chan time.Time
	told bool
}

// turned takes note that the server answers no longer, or does again. It reports whether there is something to tell: that one is back
// which was told to be away.
func (a *absence) turned() bool {
	if a.contact.failure() == nil {
		back := a.told
		a.told, a.due = false, nil
		return back
	}
	if !a.told && a.due == nil {
		a.due = time.After(patience)
	}
	return false
}

// lasts takes note that due has come. It reports whether there is something to tell: that the server is away.
func (a *absence) lasts() bool {
	a.due = nil
	a.told = a.contact.failure() != nil
	return a.told
}
