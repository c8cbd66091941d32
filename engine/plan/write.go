package plan

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// ordinary adds the step of a desired object that is no hook, by the verdict of its comparison.
func (b *builder) ordinary(o *Object) {
	s := Step{
		Ref: o.Diff.Ref, Phase: Sync, Wave: object.Wave(o.Desired), Diff: o.Diff, Desired: o.Desired,
		Live: b.in.Live[o.Diff.Ref], Reason: o.Diff.Reason, Lenient: Lenient(&b.in.App.Spec, o.Desired),
	}
	if b.unwritable(&s) {
		b.add(s)
		return
	}
	if !b.decide(o, &s) {
		b.plan.Unchanged++
		b.rest(o.Desired, s.Ref)
		return
	}
	if o.Diff.Denied != "" && s.Verb != Keep && o.Diff.Verdict != diff.NotCompared {
		s.Refused = o.Diff.Denied
	}
	b.needsDefinition(&s)
	if s.Verb == Change && !s.Fails() && scaling(&s) != "" {
		s.Guard = scaleGuard(s.Ref)
	}
	if s.Verb == Keep {
		b.rest(o.Desired, s.Ref)
	}
	b.add(s)
}

// decide gives the step its verb by the verdict of the comparison, and reports whether there is anything to do or to tell.
func (b *builder) decide(o *Object, s *Step) bool {
	switch o.Diff.Verdict {
	case diff.InSync:
		return false
	case diff.OwnershipOnly:
		if b.in.Options.OutOfSyncOnly || b.option(o.Desired, "ApplyOutOfSyncOnly=true") {
			return false
		}
		s.Verb, s.Reason = Own, "no field changes; wheelhouse takes ownership"+from(o.Diff)
	case diff.Create:
		s.Verb, s.Reason = Create, "missing"
	case diff.Differs:
		s.Verb, s.Reason = Change, differs(o.Diff)
		if b.option(o.Desired, "Replace=true") && !forced(&b.in.App.Spec, o.Desired) {
			s.Reason += "; applied, not replaced (Replace=true without Force=true): what others own stays"
		}
	case diff.Conflict:
		s.Verb, s.Reason = Change, takesOver(o.Diff)
	case diff.Immutable:
		b.immutable(s)
	case diff.Refused:
		s.Verb, s.Refused = writeVerb(s.Live), o.Diff.Reason
	case diff.MissingKind:
		b.missingKind(s)
	case diff.Foreign:
		b.foreign(s)
	case diff.NotCompared, diff.Prune:
		s.Verb, s.Refused = writeVerb(s.Live), "not compared: "+o.Diff.Reason
	}
	return true
}

// unwritable finds objects that no verdict makes fit to be applied: a Secret of which only the masked form is left, and
// one whose name the server would make, so that every sync would add another.
func (b *builder) unwritable(s *Step) bool {
	if _, masked := s.Desired.GetAnnotations()[object.AnnotationMasked]; masked {
		s.Verb, s.Reason = Keep, "kept as live: its data is left out of these manifests"
		return true
	}
	if s.Desired.GetName() == "" {
		s.Verb, s.Refused = Create, "it has no name: generateName is for hooks"
		return true
	}
	return false
}

// neverReplaced hold data or other objects, which a deletion would take along.
var neverReplaced = []string{"PersistentVolumeClaim", "PersistentVolume", "Namespace", "CustomResourceDefinition"}

// Replaceable reports whether an object may be deleted to be made anew where somebody says so.
func Replaceable(ref object.Ref) bool {
	return !slices.Contains(neverReplaced, ref.Kind) && !object.IsNamespace(ref)
}

// immutable decides what happens to an object that the server would not change in place: it is replaced only where
// somebody said so, and never where it holds data or other objects. What git does not allow is guarded.
func (b *builder) immutable(s *Step) {
	inGit := forced(&b.in.App.Spec, s.Desired)
	if !inGit && !b.in.Options.Force || !Replaceable(s.Ref) {
		s.Verb, s.Refused = Change, s.Reason
		return
	}
	s.Verb = Replace
	if !inGit || s.Ref.Kind == "StatefulSet" {
		s.Guard = "replace:" + s.Ref.String()
	}
}

func (b *builder) missingKind(s *Step) {
	s.Verb = Create
	switch {
	case b.defining(s.Ref):
		s.Reason = "missing; its kind is defined by this application"
	case b.option(s.Desired, "SkipDryRunOnMissingResource=true") && s.Live != nil:
		s.Reason += "; that may change during the sync (SkipDryRunOnMissingResource=true)"
	case b.option(s.Desired, "SkipDryRunOnMissingResource=true"):
		s.Reason = "missing; its kind may appear during the sync (SkipDryRunOnMissingResource=true)"
	default:
		s.Refused = s.Reason
	}
}

// defining reports whether the plan is of the definition of an object's kind, too.
func (b *builder) defining(ref object.Ref) bool {
	by, ok := b.defines[ref.GroupKind()]
	return ok && b.selected(by)
}

// needsDefinition refuses a step that was judged by a definition which the same plan was to write, and does not.
func (b *builder) needsDefinition(s *Step) {
	by, defined := b.defines[s.Ref.GroupKind()]
	if defined && s.Diff.How == diff.Schema && s.Verb != Keep && !b.selected(by) {
		s.Refused = fmt.Sprintf("%s comes first, and is not selected", by)
	}
}

// foreign leaves an object with another owner's mark alone, or takes it over where that was asked for. With
// FailOnSharedResource=true such an object stops the whole plan, whatever was asked for.
func (b *builder) foreign(s *Step) {
	switch {
	case b.in.App.Spec.SyncOption("FailOnSharedResource=true"):
		s.Verb, s.Guard = Keep, "shared:"+s.Ref.String()
	case b.in.Options.Adopt:
		s.Verb, s.Reason = Change, b.adopted(s)
	default:
		s.Verb, s.Reason = Keep, s.Reason+"; adopting takes it over (--adopt, or M on the plan)"
	}
}

func (b *builder) adopted(s *Step) string {
	if s.Live == nil {
		return "adopted: " + s.Reason
	}
	mark := object.MarkOf(s.Live)
	if mark.Installation == b.in.Installation {
		return "adopted from the application " + mark.App + alsoTakes(s.Diff)
	}
	return fmt.Sprintf("adopted from %s of another store", mark.App) + alsoTakes(s.Diff)
}

func writeVerb(live *unstructured.Unstructured) Verb {
	if live == nil {
		return Create
	}
	return Change
}

// differs counts the changes, after what the comparison has to say.
func differs(d diff.Diff) string {
	count := fmt.Sprintf("%d fields differ", len(d.Changes))
	if len(d.Changes) == 1 {
		count = "1 field differs"
	}
	if managers := losers(d); len(managers) > 0 {
		count += "; fields are taken over from " + strings.Join(managers, ", ")
	}
	count += alsoWrites(d)
	if d.Reason == "" {
		return count
	}
	return d.Reason + "; " + count
}

// alsoNamed is how many fields that do not count a step names; the rest it counts.
const alsoNamed = 5

// alsoWrites names the fields that an apply writes although the comparison leaves them out.
func alsoWrites(d diff.Diff) string {
	if len(d.Ignored) == 0 {
		return ""
	}
	paths := make([]string, 0, alsoNamed+1)
	for i, c := range d.Ignored {
		if i == alsoNamed {
			paths = append(paths, fmt.Sprintf("and %d more", len(d.Ignored)-i))
			break
		}
		paths = append(paths, c.Path)
	}
	return "; also writes what ignoreDifferences leaves out: " + strings.Join(paths, ", ")
}

// from names the managers whose fields are taken over, if there are any.
func from(d diff.Diff) string {
	if len(d.Takes) == 0 {
		return ""
	}
	return " from " + strings.Join(d.Takes, ", ")
}

// alsoTakes says of whom fields are taken over before the apply, which removes what git does not name of them.
func alsoTakes(d diff.Diff) string {
	if len(d.Takes) == 0 {
		return ""
	}
	return "; fields are taken over from " + strings.Join(d.Takes, ", ")
}

// losers names the field managers that lose fields: those whose values are written over, and those whose fields are taken over
// first.
func losers(d diff.Diff) []string {
	managers := slices.Clone(d.Takes)
	for _, c := range d.Changes {
		if c.Manager != "" && c.Manager != object.FieldManager && c.HasOld && c.HasNew && !c.Admission {
			managers = append(managers, c.Manager)
		}
	}
	slices.Sort(managers)
	return slices.Compact(managers)
}

// takesOver names the field managers that the server would not take fields from without force.
func takesOver(d diff.Diff) string {
	if managers := losers(d); len(managers) > 0 {
		return "takes fields over from " + strings.Join(managers, ", ")
	}
	return "takes fields over: " + d.Reason
}

func (b *builder) option(u *unstructured.Unstructured, entry string) bool {
	return syncOption(&b.in.App.Spec, u, entry)
}
