package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// namespace adds the step that creates the destination's namespace, or gives it the metadata that the application asks
// for, where CreateNamespace=true says so and git does not bring it. The namespace carries no mark: it is not deleted
// with the application. The step comes before every hook.
func (b *builder) namespace() {
	ref := object.Ref{Kind: "Namespace", Name: b.in.App.Spec.Destination.Namespace}
	if ref.Name == "" || !b.in.App.Spec.SyncOption("CreateNamespace=true") || b.brings(ref) {
		return
	}
	want := namespaceOf(ref.Name, b.in.App.Spec.SyncPolicy)
	s := Step{Ref: ref, Phase: PreSync, Wave: b.firstWave(), Desired: want, Live: b.in.Live[ref]}
	switch {
	case b.in.NamespaceMissing:
		if b.selective() && !b.writesInto(ref.Name) {
			return
		}
		s.Verb, s.Reason = Create, "the destination's namespace is missing (CreateNamespace=true)"
		s.Diff = diff.Diff{Ref: ref, Verdict: diff.Create, Predicted: want}
	case s.Live == nil || b.selective() || b.in.App.Spec.SyncPolicy.ManagedNamespaceMetadata == nil:
		return
	default:
		s.Verb, s.Reason = Change, "managedNamespaceMetadata differs, which does not count as out of sync"
		s.Diff = metadataDiff(ref, s.Live, want)
		if len(s.Diff.Changes) == 0 {
			return
		}
		if mark, foreign := object.Foreign(s.Live, b.plan.App.Tracking(), b.in.Installation); foreign {
			b.note("managedNamespaceMetadata is not written: %s belongs to the application %s", ref, mark.App)
			return
		}
	}
	b.add(s)
}

// Checked takes over what the server says of the step of the destination's namespace, which was planned without it. Of one that is
// there, the metadata that is written stays all that is shown.
func (s *Step) Checked(d diff.Diff) {
	if s.Live != nil {
		d.Changes, d.Live, d.Predicted = s.Diff.Changes, s.Diff.Live, s.Diff.Predicted
	}
	switch d.Verdict {
	case diff.Create:
		s.Refused = d.Denied
	case diff.Differs, diff.OwnershipOnly, diff.InSync:
		d.Verdict, s.Refused = s.Diff.Verdict, d.Denied
	case diff.NotCompared:
		s.Refused = "not compared: " + d.Reason
	case diff.Refused, diff.Immutable, diff.Conflict, diff.MissingKind, diff.Foreign, diff.Prune:
		d.Verdict, s.Refused = diff.Refused, d.Reason
	}
	s.Diff = d
}

// brings reports whether git has the object itself.
func (b *builder) brings(ref object.Ref) bool {
	return slices.ContainsFunc(b.plan.Desired, func(u *unstructured.Unstructured) bool { return object.Of(u) == ref })
}

func (b *builder) writesInto(namespace string) bool {
	return slices.ContainsFunc(b.plan.Steps, func(s Step) bool {
		return s.Ref.Namespace == namespace && s.Verb != Keep && s.Verb != Delete
	})
}

// firstWave is the first wave of the PreSync phase.
func (b *builder) firstWave() int {
	wave := 0
	for i := range b.plan.Steps {
		if s := &b.plan.Steps[i]; s.Phase == PreSync {
			wave = min(wave, s.Wave)
		}
	}
	return wave
}

func namespaceOf(name string, policy *app.SyncPolicy) *unstructured.Unstructured {
	u := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": name},
	}}
	if policy == nil || policy.ManagedNamespaceMetadata == nil {
		return u
	}
	if m := policy.ManagedNamespaceMetadata; len(m.Labels) > 0 {
		u.SetLabels(m.Labels)
	}
	if m := policy.ManagedNamespaceMetadata; len(m.Annotations) > 0 {
		u.SetAnnotations(m.Annotations)
	}
	return u
}

// metadataDiff compares the labels and annotations of a live namespace with those that an apply of want leaves: what an
// earlier one wrote and want does not name goes, unless others own it too; what others wrote does not count.
func metadataDiff(ref object.Ref, live, want *unstructured.Unstructured) diff.Diff {
	d := diff.Diff{Ref: ref, Verdict: diff.Differs, How: diff.Proof}
	before := app.NamespaceMetadata{Labels: live.GetLabels(), Annotations: live.GetAnnotations()}
	after := app.NamespaceMetadata{
		Labels:      applied(live, "labels", before.Labels, want.GetLabels()),
		Annotations: applied(live, "annotations", before.Annotations, want.GetAnnotations()),
	}
	d.Live = namespaceOf(ref.Name, &app.SyncPolicy{ManagedNamespaceMetadata: &before})
	d.Predicted = namespaceOf(ref.Name, &app.SyncPolicy{ManagedNamespaceMetadata: &after})
	d.Changes = append(mapChanges(".metadata.annotations", before.Annotations, after.Annotations),
		mapChanges(".metadata.labels", before.Labels, after.Labels)...)
	return d
}

// applied is what an apply of some entries of the namespace's metadata leaves there. Marks are none of them.
func applied(live *unstructured.Unstructured, field string, before, want map[string]string) map[string]string {
	out := map[string]string{}
	for k, v := range before {
		if isMark(k) || !diff.OnlyOurs(live, "metadata", field, k) {
			out[k] = v
		}
	}
	maps.Copy(out, want)
	return out
}

func isMark(annotation string) bool {
	return annotation == object.AnnotationTracking || annotation == object.AnnotationInstallation
}

// mapChanges lists the entries that differ between two maps, by their keys.
func mapChanges(path string, before, after map[string]string) []diff.Change {
	keys := slices.AppendSeq(slices.Collect(maps.Keys(before)), maps.Keys(after))
	slices.Sort(keys)
	var out []diff.Change
	for _, k := range slices.Compact(keys) {
		old, had := before[k]
		text, has := after[k]
		if had == has && old == text {
			continue
		}
		c := diff.Change{Path: path + "." + k, HasOld: had, HasNew: has}
		if strings.ContainsAny(k, "./[]\" ") {
			c.Path = fmt.Sprintf("%s[%q]", path, k)
		}
		if had {
			c.Old = old
		}
		if has {
			c.New = text
		}
		out = append(out, c)
	}
	return out
}
