package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// settling is an application that asks for its namespace.
func settling(metadata *app.NamespaceMetadata) *situation {
	s := situate().options("CreateNamespace=true")
	s.in.App.Spec.SyncPolicy.ManagedNamespaceMetadata = metadata
	return s
}

func TestDestinationNamespaceIsCreatedBeforeEverything(t *testing.T) {
	t.Parallel()
	s := settling(&app.NamespaceMetadata{Labels: map[string]string{"team": "a"}}).
		want(diff.Create, thing("Job/web/migrate", "hook=PreSync", "sync-wave=-3"), thing("ConfigMap/web/a"))
	s.in.NamespaceMissing = true
	p := s.build(t)
	want := []string{"PreSync/-3/create/Namespace/web", "PreSync/-3/hook/Job/web/migrate", "Sync/0/create/ConfigMap/web/a"}
	if d := cmp.Diff(want, ids(p)); d != "" {
		t.Fatalf("the order (-want +got):\n%s", d)
	}
	ns := p.Steps[0].Desired
	if d := cmp.Diff(map[string]string{"team": "a"}, ns.GetLabels()); d != "" {
		t.Errorf("labels: %s", d)
	}
	if m := object.MarkOf(ns); m.App != "" {
		t.Errorf("the namespace carries the mark %s: it would be deleted with the application", m)
	}
}

func TestNamespaceIsNotCreated(t *testing.T) {
	t.Parallel()
	t.Run("when nobody asked", func(t *testing.T) {
		t.Parallel()
		s := situate()
		s.in.NamespaceMissing = true
		if p := s.build(t); len(p.Steps) != 0 {
			t.Errorf("got %v", ids(p))
		}
	})
	t.Run("when git brings it", func(t *testing.T) {
		t.Parallel()
		s := settling(nil).want(diff.Create, thing("Namespace/web"))
		s.in.NamespaceMissing = true
		if got := only(t, s.build(t)); got.ID != "Sync/0/create/Namespace/web" {
			t.Errorf("got %s", got.ID)
		}
	})
	t.Run("when it is there", func(t *testing.T) {
		t.Parallel()
		if p := settling(nil).build(t); len(p.Steps) != 0 {
			t.Errorf("got %v", ids(p))
		}
	})
}

func TestSelectedObjectsGetTheirNamespace(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		selected object.Ref
		want     []string
	}{
		"when they are in it":     {object.Ref{Kind: "ConfigMap", Name: "a"}, []string{"PreSync/0/create/Namespace/web", "Sync/0/create/ConfigMap/web/a"}},
		"and not when it is idle": {object.Ref{Kind: "ConfigMap", Name: "b"}, []string{"Sync/0/create/ConfigMap/elsewhere/b"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := settling(nil).want(diff.Create, thing("ConfigMap/web/a"), thing("ConfigMap/elsewhere/b"))
			s.in.NamespaceMissing, s.in.Options.Resources = true, []object.Ref{c.selected}
			if d := cmp.Diff(c.want, ids(s.build(t))); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestNamespaceIsChecked(t *testing.T) {
	t.Parallel()
	ref := object.Ref{Kind: "Namespace", Name: "web"}
	live := thing("Namespace/web")
	live.SetLabels(map[string]string{"team": "b"})
	for name, c := range map[string]struct {
		live    *unstructured.Unstructured
		server  diff.Diff
		verdict diff.Verdict
		refused string
	}{
		"and would be created":              {nil, diff.Diff{Verdict: diff.Create, How: diff.Server}, diff.Create, ""},
		"and refused by a policy":           {nil, diff.Diff{Verdict: diff.Refused, How: diff.Server, Reason: "denied"}, diff.Refused, "denied"},
		"and forbidden":                     {nil, diff.Diff{Verdict: diff.Create, How: diff.Proof, Denied: "cannot patch"}, diff.Create, "cannot patch"},
		"and would be changed":              {live, diff.Diff{Verdict: diff.Differs, How: diff.Server}, diff.Differs, ""},
		"and its rules ignore the labels":   {live, diff.Diff{Verdict: diff.InSync, How: diff.Server}, diff.Differs, ""},
		"and its change refused":            {live, diff.Diff{Verdict: diff.Immutable, How: diff.Server, Reason: "denied"}, diff.Refused, "denied"},
		"and its change cannot be compared": {live, diff.Diff{How: diff.Server, Reason: "modified"}, diff.NotCompared, "not compared: modified"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := settling(&app.NamespaceMetadata{Labels: map[string]string{"team": "a"}}).want(diff.Create, thing("ConfigMap/web/a"))
			if s.in.NamespaceMissing = c.live == nil; c.live != nil {
				s.in.Live[ref] = c.live
			}
			got := s.build(t).Steps[0]
			changes := len(got.Diff.Changes)
			got.Checked(c.server)
			if got.Ref != ref || got.Diff.Verdict != c.verdict || got.Diff.How != c.server.How || got.Refused != c.refused || len(got.Diff.Changes) != changes {
				t.Errorf("%s is %s by %s with %d changes, refused %q", got.Ref, got.Diff.Verdict, got.Diff.How, len(got.Diff.Changes), got.Refused)
			}
		})
	}
}

func TestNamespaceMetadata(t *testing.T) {
	t.Parallel()
	metadata := &app.NamespaceMetadata{Labels: map[string]string{"team": "a", "example.com/tier": "1"}}
	at := func(live *unstructured.Unstructured) *situation {
		s := settling(metadata)
		s.in.Live[object.Of(live)] = live
		return s
	}
	t.Run("is written where it differs", func(t *testing.T) {
		t.Parallel()
		live := thing("Namespace/web")
		live.SetLabels(map[string]string{"team": "b", "others": "stay"})
		got := only(t, at(live).build(t))
		want := []diff.Change{
			{Path: `.metadata.labels["example.com/tier"]`, New: "1", HasNew: true},
			{Path: ".metadata.labels.team", Old: "b", New: "a", HasOld: true, HasNew: true},
		}
		if d := cmp.Diff(want, got.Diff.Changes); d != "" || got.Verb != plan.Change {
			t.Errorf("%s changes (-want +got):\n%s", got.Verb, d)
		}
	})
	t.Run("is left alone where it is the same", func(t *testing.T) {
		t.Parallel()
		live := thing("Namespace/web")
		live.SetLabels(map[string]string{"team": "a", "example.com/tier": "1", "others": "stay"})
		if p := at(live).build(t); len(p.Steps) != 0 {
			t.Errorf("got %v", ids(p))
		}
	})
	t.Run("goes where an earlier apply wrote it and the application names it no more", func(t *testing.T) {
		t.Parallel()
		live := thing("Namespace/web", "example.com/note=old", "example.com/by-hand=stays")
		live.SetLabels(map[string]string{"team": "a", "example.com/tier": "1", "gone": "1", "shared": "1", "others": "stay"})
		live.SetManagedFields([]metav1.ManagedFieldsEntry{
			fields(object.FieldManager, metav1.ManagedFieldsOperationApply,
				`{"f:metadata":{"f:annotations":{"f:example.com/note":{}},"f:labels":{"f:team":{},"f:example.com/tier":{},"f:gone":{},"f:shared":{}}}}`),
			fields("kubectl", metav1.ManagedFieldsOperationUpdate,
				`{"f:metadata":{"f:annotations":{"f:example.com/by-hand":{}},"f:labels":{"f:others":{},"f:shared":{}}}}`),
		})
		got := only(t, at(live).build(t))
		want := []diff.Change{
			{Path: `.metadata.annotations["example.com/note"]`, Old: "old", HasOld: true},
			{Path: ".metadata.labels.gone", Old: "1", HasOld: true},
		}
		if d := cmp.Diff(want, got.Diff.Changes); d != "" || got.Verb != plan.Change {
			t.Errorf("%s changes (-want +got):\n%s", got.Verb, d)
		}
		if d := cmp.Diff(map[string]string{"team": "a", "example.com/tier": "1", "shared": "1", "others": "stay"}, got.Diff.Predicted.GetLabels()); d != "" {
			t.Errorf("predicted labels (-want +got):\n%s", d)
		}
		s := at(live)
		s.in.App.Spec.SyncPolicy.ManagedNamespaceMetadata = nil
		if p := s.build(t); len(p.Steps) != 0 {
			t.Errorf("without any metadata to manage: %v", ids(p))
		}
	})
	t.Run("is not written onto another application's namespace", func(t *testing.T) {
		t.Parallel()
		live := thing("Namespace/web")
		object.SetMark(live, "platform", installation)
		p := at(live).build(t)
		want := []string{"managedNamespaceMetadata is not written: Namespace/web belongs to the application platform"}
		if d := cmp.Diff(want, p.Notes); d != "" || len(p.Steps) != 0 {
			t.Errorf("steps %v, notes: %s", ids(p), d)
		}
	})
}

// fields is what a manager owns of an object.
func fields(manager string, by metav1.ManagedFieldsOperationType, owned string) metav1.ManagedFieldsEntry {
	return metav1.ManagedFieldsEntry{
		Manager: manager, Operation: by, APIVersion: "v1", FieldsType: "FieldsV1", FieldsV1: metav1.NewFieldsV1(owned),
	}
}
