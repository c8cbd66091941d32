package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// guardedKinds hold data, or other objects: deleting one needs a confirmation of its own.
var guardedKinds = []string{"Namespace", "PersistentVolume", "PersistentVolumeClaim", "CustomResourceDefinition", "StatefulSet"}

func guardedKind(ref object.Ref) bool {
	return slices.Contains(guardedKinds, ref.Kind) || object.IsNamespace(ref)
}

// dropsClaims reports whether a live object is a StatefulSet whose claims are deleted with it.
func dropsClaims(live *unstructured.Unstructured) bool {
	if live.GetKind() != "StatefulSet" {
		return false
	}
	policy, _, _ := unstructured.NestedString(live.Object, "spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted")
	claims, _, _ := unstructured.NestedFieldNoCopy(live.Object, "spec", "volumeClaimTemplates")
	list, _ := claims.([]any)
	return policy == "Delete" && len(list) > 0
}

// shrinkLeast is the number of deletions below which nobody is asked whether the application was to shrink so much.
const shrinkLeast = 4

// guards adds the guards of the steps, and those of the plan as a whole: a desired set that is empty or has shrunk a lot
// is more often a mistake, or an outage of something, than a wish. A selection of some few objects is a wish.
func (b *builder) guards() {
	p := b.plan
	for i := range p.Steps {
		if s := &p.Steps[i]; s.Guard != "" {
			p.Guards = append(p.Guards, Guard{Name: s.Guard, Message: guardMessage(s, p.Options.Propagation), Refuse: s.Verb == Keep})
		}
	}
	before, lost := b.shrunk()
	switch {
	case b.pruned == 0 || b.in.Kind == app.KindUndo:
	case b.desired == 0 && !b.allowsEmpty() && (!b.selective() || b.pruned >= lost):
		p.Guards = append(p.Guards, Guard{
			Name:    "empty:" + p.App.String(),
			Message: fmt.Sprintf("git asks for nothing: this would remove everything, %d objects", b.pruned),
		})
	case b.desired > 0 && b.pruned >= shrinkLeast && 2*lost > before:
		p.Guards = append(p.Guards, Guard{
			Name:    "shrink:" + p.App.String(),
			Message: fmt.Sprintf("%d of %d objects are no more in git", lost, before),
		})
	}
}

// GuardMove asks whether what an application owns in the cluster where it was before may stay there: from then on nobody knows of it.
func (p *Plan) GuardMove(former *app.Released) {
	p.Guards = append(p.Guards, LeftBehind(former))
}

// LeftBehind is the guard of whatever is done first with an application that was moved; it says what is left in the cluster where it was
// before.
func LeftBehind(former *app.Released) Guard {
	cluster := former.Destination.Cluster()
	return Guard{
		Name: "moved:" + cluster,
		Message: fmt.Sprintf("%d objects stay in the cluster %s, where it was before: once it is synced or deleted here, nothing looks after them",
			len(former.Objects), cluster),
	}
}

// guardMessage says what a guarded step would lose.
func guardMessage(s *Step, propagation string) string {
	switch s.Verb {
	case Replace:
		if s.Ref.Kind == "StatefulSet" {
			message := "deletes " + s.Ref.String() + " without its Pods and claims and creates it anew around them: " + s.Reason
			if claims := scaling(s); claims != "" {
				message += "; then it " + scaleMessage(s.Ref, claims)
			}
			return message
		}
		return "deletes " + s.Ref.String() + " and creates it anew: " + s.Reason
	case Delete:
		return "deletes " + s.Ref.String() + lossOf(s.Live, s.Ref, propagation)
	case Keep:
		return s.Ref.String() + ": " + s.Reason + "; FailOnSharedResource=true forbids the sync"
	case RunHook:
		if strings.HasPrefix(s.Guard, "prune:") {
			return "deletes " + s.Ref.String() + lossOf(s.Live, s.Ref, "background") + ", " + cmp.Or(deletion(s.Hook, s.Live != nil), deletion(s.Hook, true))
		}
		return s.Reason + "; confirm to run it again, or leave it out"
	case Change:
		if claims := scaling(s); claims != "" {
			return scaleMessage(s.Ref, claims)
		}
	case Create, Own, HandBack:
	}
	return s.Verb.String() + " " + s.Ref.String()
}

// shrunk counts the objects that the application had before, and those of them that git has no more. Before is what the
// last record lists, or, without one, what carries the application's mark; what another object owns is in it if git asks for it.
func (b *builder) shrunk() (before, lost int) {
	had := map[object.Ref]bool{}
	for _, r := range b.in.Previous {
		had[r] = true
	}
	if len(had) == 0 {
		for ref, live := range b.in.Live {
			if live != nil && !IsHook(live) && object.Owned(live, b.plan.App.Tracking(), b.in.Installation) {
				had[ref] = true
			}
		}
	}
	for _, u := range b.plan.Desired {
		if ref := object.Of(u); had[ref] {
			had[ref] = false
		}
	}
	for ref, gone := range had {
		if live := b.in.Live[ref]; gone && live != nil && Dependent(live) {
			delete(had, ref)
		}
	}
	for _, gone := range had {
		if gone {
			lost++
		}
	}
	return len(had), lost
}

func (b *builder) allowsEmpty() bool {
	auto, _ := b.in.App.Spec.AutomatedOn()
	return auto.AllowEmpty
}

// GuardsOfDeletion are those of deleting one live object by hand: what it takes along, and that it is another's. App is the tracking
// name of the application in whose tree it was found.
func GuardsOfDeletion(live *unstructured.Unstructured, app, installation, propagation string) []Guard {
	ref := object.Of(live)
	var guards []Guard
	if guardedKind(ref) {
		guards = append(guards, Guard{Name: "prune:" + ref.String(), Message: "deletes " + ref.String() + lossOf(live, ref, propagation)})
	}
	if mark, foreign := object.Foreign(live, app, installation); foreign {
		owner := "the application " + mark.App
		if mark.Installation != installation {
			owner = mark.App + " of another store"
		}
		guards = append(guards, Guard{Name: "foreign:" + ref.String(), Message: "deletes " + ref.String() + ", which belongs to " + owner})
	}
	return guards
}

// lossOf says in words what goes with an object of a guarded kind when it is deleted; "" is nothing that is known of.
func lossOf(live *unstructured.Unstructured, ref object.Ref, propagation string) string {
	if object.IsNamespace(ref) {
		return " with everything in it"
	}
	switch ref.Kind {
	case "PersistentVolume", "PersistentVolumeClaim":
		return " and perhaps the data on it"
	case "CustomResourceDefinition":
		return " with all objects of its kind, in every namespace"
	case "StatefulSet":
		switch {
		case propagation == "orphan":
			return " without its Pods and claims"
		case live != nil && dropsClaims(live):
			return ", its Pods and its claims, and perhaps the data on them"
		}
		return " and its Pods"
	}
	return ""
}
