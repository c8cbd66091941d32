package app_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

const unknownEverywhere = `{
	"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "future": {"a": [1, 12345678901234567890]},
	"metadata": {"name": "web", "managedFields": [{"manager": "kubectl"}]},
	"spec": {
		"project": "default", "sourceHydrator": {"drySource": {}},
		"destination": {"name": "c", "zone": "z"},
		"sources": [{"repoURL": "u", "path": "a", "x": 1}, {"repoURL": "u", "path": "b", "x": 2, "helm": {"y": 3}}],
		"syncPolicy": {"automated": {"z": true}}
	},
	"status": {"controllerNamespace": "argocd", "summary": {"isAppOfApps": true}}
}`

func parse(t *testing.T, text string) app.Application {
	t.Helper()
	var a app.Application
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		t.Fatal(err)
	}
	return a
}

func document(t *testing.T, a app.Application) map[string]any {
	t.Helper()
	b, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// at walks into a document by field names and list indices.
func at(v any, path ...any) any {
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[p]
		case int:
			l, _ := v.([]any)
			if p >= len(l) {
				return nil
			}
			v = l[p]
		}
	}
	return v
}

func TestUnknownFieldsAreKept(t *testing.T) {
	t.Parallel()
	var want map[string]any
	if err := json.Unmarshal([]byte(unknownEverywhere), &want); err != nil {
		t.Fatal(err)
	}
	t.Run("at every depth", func(t *testing.T) {
		t.Parallel()
		if diff := cmp.Diff(want, document(t, parse(t, unknownEverywhere))); diff != "" {
			t.Errorf("changed on the way (-in +out):\n%s", diff)
		}
	})
	t.Run("in a copy", func(t *testing.T) {
		t.Parallel()
		if diff := cmp.Diff(want, document(t, parse(t, unknownEverywhere).Clone())); diff != "" {
			t.Errorf("changed on the way (-in +out):\n%s", diff)
		}
	})
	t.Run("with every digit of a number", func(t *testing.T) {
		t.Parallel()
		b, err := json.Marshal(parse(t, unknownEverywhere))
		if err != nil {
			t.Fatal(err)
		}
		var m struct{ Future struct{ A []json.Number } }
		if err := json.Unmarshal(b, &m); err != nil {
			t.Fatal(err)
		}
		if got := m.Future.A[1]; got != "12345678901234567890" {
			t.Errorf("the number became %s", got)
		}
	})
}

func TestUnknownFieldsFollowTheirListElement(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func([]app.Source) []app.Source
		want   []any
	}{
		"when an element before it is removed": {
			func(s []app.Source) []app.Source { return s[1:] }, []any{2.0},
		},
		"when the order changes": {
			func(s []app.Source) []app.Source { return []app.Source{s[1], s[0]} }, []any{2.0, 1.0},
		},
		"when another field of it changes": {
			func(s []app.Source) []app.Source { s[0].TargetRevision = "v2"; return s }, []any{1.0, 2.0},
		},
		"when it changes and the one before it is removed": {
			func(s []app.Source) []app.Source { s[1].TargetRevision = "v2"; return s[1:] }, []any{2.0},
		},
		"when what names it changes": {
			func(s []app.Source) []app.Source { s[0].Path = "c"; return s }, []any{1.0, 2.0},
		},
		"and a new element has none": {
			func(s []app.Source) []app.Source { return append([]app.Source{{RepoURL: "n"}}, s...) }, []any{nil, 1.0, 2.0},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := parse(t, unknownEverywhere)
			a.Spec.Sources = tt.change(a.Spec.Sources)
			doc := document(t, a)
			var got []any
			for i := range a.Spec.Sources {
				got = append(got, at(doc, "spec", "sources", i, "x"))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRemovedFieldsStayRemoved(t *testing.T) {
	t.Parallel()
	a := parse(t, unknownEverywhere)
	a.Spec.SyncPolicy.Automated = nil
	a.Spec.Sources = nil
	doc := document(t, a)
	if got := at(doc, "spec", "syncPolicy", "automated"); got != nil {
		t.Errorf("automated came back: %v", got)
	}
	if got := at(doc, "spec", "sources"); got != nil {
		t.Errorf("sources came back: %v", got)
	}
}

func TestWithoutStatus(t *testing.T) {
	t.Parallel()
	a := parse(t, unknownEverywhere)
	if got := at(document(t, a.WithoutStatus()), "status"); got != nil {
		t.Errorf("status is left: %v", got)
	}
	if got := at(document(t, a), "status", "controllerNamespace"); got != "argocd" {
		t.Errorf("the original lost its status: %v", got)
	}
}

func TestUnmarshalMatchesNamesExactly(t *testing.T) {
	t.Parallel()
	a := parse(t, `{"spec": {"source": {"repourl": "u"}}}`)
	if a.Spec.Source.RepoURL != "" {
		t.Error("repourl was taken for repoURL")
	}
	if got := at(document(t, a), "spec", "source", "repourl"); got != "u" {
		t.Errorf("repourl was not kept: %v", got)
	}
}

func TestUnmarshalKeepsWholeNumbers(t *testing.T) {
	t.Parallel()
	a := parse(t, `{"spec": {"source": {"repoURL": "u", "helm": {"valuesObject": {"n": 1000000}}}}}`)
	if got := a.Spec.Source.Helm.ValuesObject["n"]; got != int64(1000000) {
		t.Errorf("n is %T %v", got, got)
	}
}

func TestCloneSharesNothing(t *testing.T) {
	t.Parallel()
	a := parse(t, `{"metadata": {"name": "web", "labels": {"a": "1"}}, "spec": {"source": {"repoURL": "u", "helm":
		{"valuesObject": {"m": {"k": [1]}}}}, "syncPolicy": {"syncOptions": ["A=b"]}}}`)
	b := a.Clone()
	b.Metadata.Labels["a"] = "2"
	b.Spec.Source.RepoURL = "v"
	b.Spec.SyncPolicy.SyncOptions[0] = "C=d"
	b.Spec.Source.Helm.ValuesObject["m"].(map[string]any)["k"].([]any)[0] = 2
	got := []any{
		a.Metadata.Labels["a"], a.Spec.Source.RepoURL, a.Spec.SyncPolicy.SyncOptions[0],
		at(a.Spec.Source.Helm.ValuesObject["m"], "k", 0),
	}
	if diff := cmp.Diff([]any{"1", "u", "A=b", int64(1)}, got); diff != "" {
		t.Errorf("changing the copy changed the original:\n%s", diff)
	}
}
