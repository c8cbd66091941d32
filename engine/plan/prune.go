package plan

import (
	"cmp"
	"reflect"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Extra reports whether a live object that is not desired is one that git has no more: it carries the application's mark, which a
// controller may have copied with all other annotations to an object of its own. What has an owner is such a one, and no extra.
func Extra(live *unstructured.Unstructured, app, installation string) bool {
	return object.Owned(live, app, installation) && !IsHook(live) && !Dependent(live)
}

// Dependent reports whether another object owns a live one. Its owner made it, and the garbage collector deletes it with its owner.
func Dependent(live *unstructured.Unstructured) bool { return len(live.GetOwnerReferences()) > 0 }

// extra adds the step of a live object that is desired no more: it is deleted, or kept with the reason for it.
func (b *builder) extra(o *Object) {
	live := b.in.Live[o.Diff.Ref]
	if live == nil || IsHook(live) || Dependent(live) || !b.selected(o.Diff.Ref) {
		return
	}
	s := Step{Ref: o.Diff.Ref, Phase: Sync, Wave: object.Wave(live), Diff: o.Diff, Live: live, Verb: Delete, Reason: "not in git"}
	if why := b.spared(s.Ref, live); why != "" {
		s.Verb, s.Reason = Keep, "not in git; "+why
		b.add(s)
		return
	}
	b.pruned++
	switch {
	case approved(&b.in.App, live, "Prune=confirm", guardedKind(s.Ref)):
		s.Reason += "; its deletion was approved"
	case b.option(live, "Prune=confirm") || guardedKind(s.Ref):
		s.Guard = "prune:" + s.Ref.String()
	}
	b.add(s)
}

// spared says why an object that git has no more is not deleted; "" when it is.
func (b *builder) spared(ref object.Ref, live *unstructured.Unstructured) string {
	preserved := b.preserved(live)
	switch {
	case !object.Owned(live, b.plan.App.Tracking(), b.in.Installation):
		return "left alone: it does not carry this application's mark"
	case live.GetDeletionTimestamp() != nil:
		return "it is being deleted already"
	case b.in.Only != nil && !slices.Contains(b.in.Only, ref):
		return "kept: the operation that is undone did not create it"
	case slices.Contains(b.in.Kept, ref):
		return "kept: it was there at " + b.in.Record
	case preserved != "":
		return preserved
	case b.unserved[nowhere(ref)]:
		return "kept: git declares one of its kind and name in a version that the cluster does not serve"
	case !b.in.Options.Prune:
		return "prune is off"
	case len(b.in.Unreadable) > 0:
		return "kept because not all kinds can be read"
	}
	return cmp.Or(b.occupied(ref, live), b.holds.keeps(ref, live))
}

// preserved says what keeps an object that git has no more, by an option or its own annotation; "" when nothing does.
func (b *builder) preserved(live *unstructured.Unstructured) string {
	switch {
	case b.option(live, "Prune=false"):
		return "kept by Prune=false"
	case keptByHelm(live):
		return "kept by helm.sh/resource-policy"
	}
	return ""
}

// prunesBefore says which objects are created after something is deleted although it is not known whether their kind will be served.
// The order is Argo CD's, in which a wave deletes before it writes.
func (b *builder) prunesBefore() {
	steps := b.plan.Steps
	first := slices.IndexFunc(steps, func(s Step) bool { return s.Verb == Delete })
	if first < 0 {
		return
	}
	var late []string
	for i := range steps[first:] {
		s := &steps[first+i]
		if s.Diff.Verdict == diff.MissingKind && !b.defining(s.Ref) && b.option(s.Desired, "SkipDryRunOnMissingResource=true") {
			late = append(late, s.Ref.String())
		}
	}
	if len(late) > 0 {
		b.note("what git has no more is deleted before %s, of which the kind is not served yet; PruneLast=true has it deleted last", Listed(late))
	}
}

// nowhere is the ref of an object without its namespace.
func nowhere(ref object.Ref) object.Ref {
	ref.Namespace = ""
	return ref
}

// Dying reports whether the step deletes what is being deleted already: nothing is left to ask for, and its end is awaited.
func (s *Step) Dying() bool {
	return s.Verb == Delete && s.Live != nil && s.Live.GetDeletionTimestamp() != nil
}

// SameGrounds reports whether two readings of one object agree in all that its deletion was decided upon: whose it is, who
// owns it, what keeps it and whether claims go with it. What else changed is no reason to keep it: an autoscaler makes no other
// object of it.
func SameGrounds(a, b *unstructured.Unstructured) bool {
	grounds := func(u *unstructured.Unstructured) any {
		owners := []types.UID{}
		for _, owner := range u.GetOwnerReferences() {
			owners = append(owners, owner.UID)
		}
		annotations := u.GetAnnotations()
		return []any{
			u.GetUID(), object.MarkOf(u), owners, annotations[object.AnnotationSyncOptions], annotations[object.AnnotationHelmPolicy],
			dropsClaims(u),
		}
	}
	return reflect.DeepEqual(grounds(a), grounds(b))
}
