package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// DeletionInput is what the plan of a deletion is made of.
type DeletionInput struct {
	App          app.Application
	Cluster      app.ClusterIdentity
	Installation string
	// Live are the live objects that the application may own.
	Live map[object.Ref]*unstructured.Unstructured
	// Manifests are those that git asks for, or that the last record has; the hooks among them run before and after. Of live objects that
	// others own only those are deleted that are among them.
	Manifests []*unstructured.Unstructured
	// Ran names the PreDelete hooks that are not run again, each with the record of the deletion in which it succeeded.
	Ran     map[object.Ref]string
	Options Options
}

// finalizerBackground asks, in Argo CD's words, for objects to be deleted without waiting for what they own.
const finalizerBackground = app.FinalizerCascade + "/background"

// Deletion makes the plan of an application's end: its objects in the reverse of their order of creation. Only what
// carries its mark is deleted; what holds data or other objects needs a confirmation, and CustomResourceDefinitions
// stay.
func Deletion(in DeletionInput) (Plan, error) {
	if in.Options.Propagation == "" && slices.Contains(in.App.Metadata.Finalizers, finalizerBackground) {
		in.Options.Propagation = "background"
	}
	p := Plan{
		App: in.App.Key(), Kind: app.KindDelete, Destination: in.App.Spec.Destination, Cluster: in.Cluster, Options: in.Options,
	}
	if err := checkPropagation(in.Options.Propagation); err != nil {
		return p, err
	}
	if in.Options.Orphan {
		p.Notes = append(p.Notes, "the objects stay in the cluster")
		return p, name(&p)
	}
	var err error
	if p.Basis, err = basisOf(&in.App, p.Kind, in.Options); err != nil {
		return p, err
	}
	d := deleter{in: in, plan: &p, asked: map[object.Ref]bool{}}
	for _, u := range in.Manifests {
		ref := object.Of(u)
		d.asked[ref] = true
		ref.Namespace = cmp.Or(ref.Namespace, in.App.Spec.Destination.Namespace)
		d.asked[ref] = true
	}
	for ref, live := range in.Live {
		switch {
		case live == nil:
		case in.Options.HandBack:
			d.handBack(ref, live)
		default:
			d.object(ref, live)
		}
	}
	if !in.Options.HandBack {
		d.hooks()
	}
	keepFull(p.Steps)
	mirrorPrunes(p.Steps)
	settleContainers(p.Steps)
	sortSteps(p.Steps)
	for i := range p.Steps {
		if s := &p.Steps[i]; s.Guard != "" {
			p.Guards = append(p.Guards, Guard{Name: s.Guard, Message: guardMessage(s, p.Options.Propagation)})
		}
	}
	slices.Sort(p.Notes)
	return p, name(&p)
}

// deleter collects the steps of one deletion.
type deleter struct {
	in   DeletionInput
	plan *Plan
	// asked names what the manifests ask for.
	asked map[object.Ref]bool
}

// object adds the step of one live object. What another object owns and the manifests do not ask for has none: the garbage
// collector decides about it.
func (d *deleter) object(ref object.Ref, live *unstructured.Unstructured) {
	if Dependent(live) && !d.asked[ref] || !d.owns(ref, live) || runsAtEnd(live) {
		return
	}
	s := Step{
		Ref: ref, Verb: Delete, Phase: Sync, Wave: object.Wave(live), Live: live, Reason: "owned by the application",
		Diff: diff.Extra(live),
	}
	s.Diff.Reason = ""
	switch spec := &d.in.App.Spec; {
	case syncOption(spec, live, "Delete=false"):
		s.Verb, s.Reason = Keep, "kept by Delete=false"
	case keptByHelm(live):
		s.Verb, s.Reason = Keep, "kept by helm.sh/resource-policy"
	case ref.Kind == "CustomResourceDefinition":
		s.Verb, s.Reason = Keep, "kept: deleting it would delete every object of its kind, in every namespace"
	case s.Dying():
		s.Reason = "it is being deleted already, and its end is awaited"
	case approved(&d.in.App, live, "Delete=confirm", d.guarded(live)):
		s.Reason += "; its deletion was approved"
	case syncOption(spec, live, "Delete=confirm") || d.guarded(live):
		s.Guard = "prune:" + ref.String()
	}
	d.plan.Steps = append(d.plan.Steps, s)
}

// handBack adds the step that takes the mark off one live object. Nothing is lost by it, so nothing is asked or kept.
func (d *deleter) handBack(ref object.Ref, live *unstructured.Unstructured) {
	if Dependent(live) && !object.Owned(live, d.plan.App.Tracking(), d.in.Installation) {
		return
	}
	if !d.owns(ref, live) {
		return
	}
	unmarked := live.DeepCopy()
	unstructured.RemoveNestedField(unmarked.Object, "metadata", "annotations", object.AnnotationTracking)
	unstructured.RemoveNestedField(unmarked.Object, "metadata", "annotations", object.AnnotationInstallation)
	s := Step{Ref: ref, Verb: HandBack, Phase: Sync, Live: live, Reason: "stays as it is, without this store's mark"}
	for _, change := range diff.ChangedSince([]*unstructured.Unstructured{live}, []*unstructured.Unstructured{unmarked}) {
		s.Diff = change
	}
	s.Diff.How = diff.Proof
	d.plan.Steps = append(d.plan.Steps, s)
}

// guarded reports whether a live object holds what cannot be made again from git. A StatefulSet does when its claims are
// deleted with it; else they stay, as they do when all that it owns is orphaned.
func (d *deleter) guarded(live *unstructured.Unstructured) bool {
	if live.GetKind() == "StatefulSet" {
		return dropsClaims(live) && d.in.Options.Propagation != "orphan"
	}
	return guardedKind(object.Of(live))
}

// owns reports whether a live object is the application's to delete, and notes why not.
func (d *deleter) owns(ref object.Ref, live *unstructured.Unstructured) bool {
	tracking := d.plan.App.Tracking()
	if object.Owned(live, tracking, d.in.Installation) || ownHook(live, tracking, d.in.Installation) {
		return true
	}
	why := "it carries no mark of this application"
	if mark, foreign := object.Foreign(live, tracking, d.in.Installation); foreign {
		why = "it belongs to the application " + mark.App
		if mark.Installation != d.in.Installation {
			why += " of another store"
		}
	}
	d.plan.Notes = append(d.plan.Notes, fmt.Sprintf("%s is left alone: %s", ref, why))
	return false
}

// ownHook recognises a hook whose name was made when it ran: its mark was written before it had one.
func ownHook(live *unstructured.Unstructured, tracking, installation string) bool {
	a := live.GetAnnotations()
	mark := object.Mark{App: tracking, Ref: object.Of(live), Installation: installation}
	mark.Ref.Name = ""
	return IsHook(live) && a[object.AnnotationOperation] != "" && a[object.AnnotationTracking] == mark.String() &&
		a[object.AnnotationInstallation] == installation
}

// runsAtEnd reports whether an object is a hook of the deletion itself, left from an earlier try. Its step deletes it
// before it runs again.
func runsAtEnd(live *unstructured.Unstructured) bool {
	return IsHook(live) && slices.ContainsFunc(hooksOf(live), atEnd)
}

func atEnd(h Hook) bool { return h.Phase == PreDelete || h.Phase == PostDelete }

// hooks adds the hooks that run before and after the deletion.
func (d *deleter) hooks() {
	for _, u := range d.in.Manifests {
		_, masked := u.GetAnnotations()[object.AnnotationMasked]
		ran := false
		for _, h := range hooksOf(u) {
			switch {
			case !atEnd(h):
			case h.Phase == PreDelete && d.ran(u) != "":
				d.plan.Notes = append(d.plan.Notes, fmt.Sprintf("hook %s%s is not run again: it succeeded in %s, which deleted objects and did not come to its end",
					object.Of(u), u.GetGenerateName(), d.ran(u)))
			case masked:
				d.plan.Notes = append(d.plan.Notes, fmt.Sprintf("hook %s is not run: records hold no data of Secrets", object.Of(u)))
			default:
				s := hookStep(&d.in.App.Spec, u, h, shown(u))
				earlier := d.in.Live[s.Ref]
				if h.Phase == PreDelete {
					s.Refused = Namesake(earlier, d.plan.App.Tracking(), d.in.Installation)
				}
				guardHook(&s, earlier, ran)
				ran = true
				d.plan.Steps = append(d.plan.Steps, s)
			}
		}
	}
}

// ran returns the record of the deletion in which a PreDelete hook has succeeded; "" when it is to run.
func (d *deleter) ran(u *unstructured.Unstructured) string {
	ref := object.Of(u)
	if ref.Name != "" {
		return d.in.Ran[ref]
	}
	for made, record := range d.in.Ran {
		if made.Place() == ref.Place() && madeFrom(made.Name, u.GetGenerateName()) {
			return record
		}
	}
	return ""
}

// shown returns a hook of a record as it may be shown: a Secret not at all.
func shown(u *unstructured.Unstructured) *unstructured.Unstructured {
	if strings.EqualFold(u.GetKind(), "Secret") {
		return nil
	}
	return u
}
