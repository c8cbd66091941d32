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
		s.Diff = diff.Diff{Ref: ref, Verdict: diff.Create, How: diff.Shape, Predicted: want}
	case s.Live == nil || b.selective():
		return
	default:
		s.Verb, s.Reason = Change, "managedNamespaceMetadata differs"
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

// metadataDiff compares the labels and annotations of want with the live ones; others that are live do not count.
func metadataDiff(ref object.Ref, live, want *unstructured.Unstructured) diff.Diff {
	d := diff.Diff{Ref: ref, Verdict: diff.Differs, How: diff.Proof}
	before := namespaceOf(ref.Name, &app.SyncPolicy{ManagedNamespaceMetadata: &app.NamespaceMetadata{
		Labels: live.GetLabels(), Annotations: live.GetAnnotations(),
	}})
	after := namespaceOf(ref.Name, &app.SyncPolicy{ManagedNamespaceMetadata: &app.NamespaceMetadata{
		Labels: merged(live.GetLabels(), want.GetLabels()), Annotations: merged(live.GetAnnotations(), want.GetAnnotations()),
	}})
	d.Live, d.Predicted = before, after
	d.Changes = append(mapChanges(".metadata.annotations", live.GetAnnotations(), want.GetAnnotations()),
		mapChanges(".metadata.labels", live.GetLabels(), want.GetLabels())...)
	return d
}

func merged(a, b map[string]string) map[string]string {
	out := maps.Clone(a)
	if out == nil {
		out = map[string]string{}
	}
	maps.Copy(out, b)
	return out
}

func mapChanges(path string, live, want map[string]string) []diff.Change {
	var out []diff.Change
	for _, k := range slices.Sorted(maps.Keys(want)) {
		old, had := live[k]
		if had && old == want[k] {
			continue
		}
		c := diff.Change{Path: path + "." + k, New: want[k], HasNew: true, HasOld: had}
		if strings.ContainsAny(k, "./[]\" ") {
			c.Path = fmt.Sprintf("%s[%q]", path, k)
		}
		if had {
			c.Old = old
		}
		out = append(out, c)
	}
	return out
}
