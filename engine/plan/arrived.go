package plan

import (
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// What the server was asked for just before the process died it may have done, and nobody wrote that down. The plan of the rest shows
// it: what is as the operation wanted it has no step there. Such a step counts as done, so that the record has its object as it is.

// Begun names the objects that [Resume] is to be told of: those of hooks that an interrupted operation has begun, and those of its other
// steps without an outcome that the plan of the rest, made anew, was not compared by. What it was compared by has a step where it is not
// as it was to be.
func Begun(p *Plan, j app.Journal) (hooks, others []object.Ref) {
	wanted := wantedBy(p)
	for _, e := range j.Last() {
		switch {
		case e.Verb == RunHook.String():
			hooks = append(hooks, e.Ref)
		case e.Open() && !wanted[e.Ref]:
			others = append(others, e.Ref)
		}
	}
	return hooks, others
}

// wantedBy names the objects that a plan was compared by.
func wantedBy(p *Plan) map[object.Ref]bool {
	wanted := map[object.Ref]bool{}
	for _, u := range p.Desired {
		if !IsHook(u) {
			wanted[object.Of(u)] = true
		}
	}
	return wanted
}

// arrived returns the steps of an interrupted operation that have an intention and no outcome, and of which its plan, made anew, or the
// live object shows that they were done. Found has the objects that were looked for, nil for one that is not there: what is not in it
// is not known to be gone.
func arrived(p *Plan, j app.Journal, found map[object.Ref]*unstructured.Unstructured) []app.JournalEntry {
	open := slices.DeleteFunc(j.Last(), func(e app.JournalEntry) bool { return !e.Open() || e.Verb == RunHook.String() })
	if len(open) == 0 {
		return nil
	}
	wanted, planned, kept := wantedBy(p), map[object.Ref]bool{}, map[object.Ref]bool{}
	for i := range p.Steps {
		s := &p.Steps[i]
		planned[s.Ref] = planned[s.Ref] || s.Verb != Keep
		kept[s.Ref] = kept[s.Ref] || s.Verb == Keep
	}
	return slices.DeleteFunc(open, func(e app.JournalEntry) bool {
		live, looked := found[e.Ref]
		there := live != nil && live.GetDeletionTimestamp() == nil
		switch e.Verb {
		case Create.String(), Change.String(), Own.String(), Replace.String():
			// One that is kept was refused, or is another's by now. The destination's namespace is in no comparison.
			made := e.Verb == Create.String() && there && e.Ref == object.Ref{Kind: "Namespace", Name: p.Destination.Namespace}
			return planned[e.Ref] || kept[e.Ref] || !wanted[e.Ref] && !made
		case Delete.String():
			// What is being deleted is kept by a plan: there is nothing left to ask for.
			return planned[e.Ref] || wanted[e.Ref] || !looked || there
		case HandBack.String():
			return planned[e.Ref] || !looked || live != nil && live.GetAnnotations()[object.AnnotationTracking] != ""
		}
		return true
	})
}
