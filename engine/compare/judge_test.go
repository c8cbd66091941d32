package compare_test

import (
	"errors"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/engine/compare"
	"github.com/wheelhouse-gitops/wheelhouse/engine/definition"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// defines is a definition of Widget whose spec has integers of these names. Its objects are converted by a strategy, without one by None.
func defines(t *testing.T, strategy string, names ...string) *definition.Definition {
	t.Helper()
	if strategy == "" {
		strategy = "None"
	}
	fields := map[string]any{}
	for _, n := range names {
		fields[n] = map[string]any{"type": "integer", "maximum": int64(9)}
	}
	schema := map[string]any{"type": "object", "properties": map[string]any{"spec": map[string]any{"type": "object", "properties": fields}}}
	var versions []any
	for _, v := range []string{"v1", "v2"} {
		versions = append(versions, map[string]any{"name": v, "served": true, "schema": map[string]any{"openAPIV3Schema": schema}})
	}
	d, err := definition.Read(&unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{
		"group": "example.com", "scope": "Namespaced", "names": map[string]any{"kind": "Widget", "plural": "widgets"},
		"versions": versions, "conversion": map[string]any{"strategy": strategy},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func widget(version, field string, value any) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "example.com/" + version, "kind": "Widget", "spec": map[string]any{field: value},
		"metadata": map[string]any{"name": "one", "namespace": "shop"},
	}}
}

var widgets = schema.GroupKind{Group: "example.com", Kind: "Widget"}

// TestObjectsOfDefinitionsToCome compares objects whose definition a sync writes before them.
func TestObjectsOfDefinitionsToCome(t *testing.T) {
	t.Parallel()
	live := func() *unstructured.Unstructured {
		u := widget("v1", "size", int64(1))
		u.SetResourceVersion("1")
		u.SetUID("uid")
		return u
	}
	webhook := apierrors.NewForbidden(schema.GroupResource{Resource: "widgets"}, "one", errors.New("denied by a policy"))
	unknown := apierrors.NewGenericServerResponse(500, "patch", schema.GroupResource{}, "one", "field not declared", 0, true)
	for name, c := range map[string]struct {
		strategy string
		// now is false where the server does not have the kind yet.
		now        bool
		want, live *unstructured.Unstructured
		server     error
		verdict    diff.Verdict
		how        diff.How
		reason     string
	}{
		"a kind that is missing":             {want: widget("v1", "size", int64(1)), server: object.ErrNoKind, verdict: diff.MissingKind, how: diff.Schema},
		"a namespace that is missing too":    {want: widget("v1", "size", int64(1)), server: apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "shop"), verdict: diff.Create, how: diff.Schema, reason: "not found"},
		"what is wrong with a missing kind":  {want: widget("v1", "wait", int64(1)), server: object.ErrNoKind, verdict: diff.Refused, how: diff.Schema, reason: ".spec.wait: field not declared in schema"},
		"a field that is new":                {now: true, want: widget("v1", "weight", int64(1)), server: unknown, verdict: diff.Create, how: diff.Schema},
		"a field that is new, in a change":   {now: true, want: widget("v1", "weight", int64(1)), live: live(), server: unknown, verdict: diff.Differs, how: diff.Schema},
		"what both refuse":                   {now: true, want: widget("v1", "wait", int64(1)), live: live(), server: unknown, verdict: diff.Refused, how: diff.Schema, reason: ".spec.wait: field not declared in schema"},
		"what both take":                     {now: true, want: widget("v1", "size", int64(2)), live: live(), verdict: diff.Differs, how: diff.Server},
		"what only the new one refuses":      {now: true, want: widget("v1", "most", int64(2)), live: live(), verdict: diff.Refused, how: diff.Schema, reason: ".spec.most: field not declared in schema"},
		"what a policy refuses":              {now: true, want: widget("v1", "size", int64(2)), live: live(), server: webhook, verdict: diff.Refused, how: diff.Server, reason: "denied by a policy"},
		"a version that is new":              {now: true, want: widget("v2", "size", int64(1)), live: live(), server: object.ErrNoKind, verdict: diff.OwnershipOnly, how: diff.Schema},
		"a version that is new, in a change": {now: true, want: widget("v2", "size", int64(2)), live: live(), server: object.ErrNoKind, verdict: diff.Differs, how: diff.Schema},
		"a version that a webhook makes":     {strategy: "Webhook", now: true, want: widget("v2", "size", int64(1)), live: live(), server: object.ErrNoKind, verdict: diff.MissingKind, how: diff.Shape},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := &cluster{others: func(*unstructured.Unstructured) error { return c.server }}
			if c.server == nil {
				server = &cluster{answer: c.want.DeepCopy()}
				server.answer.SetResourceVersion("1")
			}
			by := comparer(server, compare.NewMemo(), noon)
			by.Plan = true
			p := compare.Pending{Next: defines(t, c.strategy, "size", "weight")}
			if c.now {
				p.Now = defines(t, "", "size", "most")
			}
			by.Pending = map[schema.GroupKind]compare.Pending{widgets: p}
			d, _ := verdict(t, by, server, c.want, c.live)
			if d.Verdict != c.verdict || d.How != c.how || !strings.Contains(d.Reason, c.reason) {
				t.Errorf("it is %s by %s because %q, want %s by %s because %q", d.Verdict, d.How, d.Reason, c.verdict, c.how, c.reason)
			}
			if shown := d.Predicted; d.How == diff.Schema && c.verdict != diff.Refused && (shown == nil || shown.GetAPIVersion() != c.want.GetAPIVersion()) {
				t.Errorf("it would be %v", shown)
			}
		})
	}
}

// TestWhatADefinitionSaidIsForgottenWithIt changes the definition that a verdict was reached by.
func TestWhatADefinitionSaidIsForgottenWithIt(t *testing.T) {
	t.Parallel()
	live := widget("v1", "size", int64(1))
	live.SetResourceVersion("1")
	live.SetManagedFields([]metav1.ManagedFieldsEntry{})
	unknown := apierrors.NewGenericServerResponse(500, "patch", schema.GroupResource{}, "one", "field not declared", 0, true)
	server := &cluster{others: func(*unstructured.Unstructured) error { return unknown }}
	memo := compare.NewMemo()
	for _, c := range []struct {
		next    []string
		asked   int
		verdict diff.Verdict
	}{{[]string{"size"}, 1, diff.Refused}, {[]string{"size"}, 0, diff.Refused}, {[]string{"size", "weight"}, 1, diff.Differs}, {nil, 1, diff.Refused}} {
		by := comparer(server, memo, noon)
		if c.next != nil {
			by.Pending = map[schema.GroupKind]compare.Pending{widgets: {Next: defines(t, "", c.next...), Now: defines(t, "", "size")}}
		}
		if d, asked := verdict(t, by, server, widget("v1", "weight", int64(1)), live); asked != c.asked || d.Verdict != c.verdict {
			t.Errorf("with %v it is %s after %d questions, want %s after %d", c.next, d.Verdict, asked, c.verdict, c.asked)
		}
	}
}
