package diff

import (
	"errors"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

var deployments = schema.GroupResource{Group: "apps", Resource: "deployments"}

func invalid(detail string) error {
	kind := schema.GroupKind{Group: "apps", Kind: "Deployment"}
	return apierrors.NewInvalid(kind, "web", field.ErrorList{field.Invalid(field.NewPath("spec", "selector"), "x", detail)})
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	desired := marked(of(t, web))
	owners := func(fields string) func(*unstructured.Unstructured) {
		return func(u *unstructured.Unstructured) {
			u.SetManagedFields([]metav1.ManagedFieldsEntry{{
				Manager: object.FieldManager, Operation: "Apply", FieldsV1: metav1.NewFieldsV1(fields),
			}})
		}
	}
	foreign := of(t, web)
	object.SetMark(foreign, "other", "here")
	elsewhere := of(t, web)
	object.SetMark(elsewhere, "shop", "another-store")
	for name, c := range map[string]struct {
		in     Input
		want   Verdict
		how    How
		reason string
	}{
		"nothing to change is in sync":       {Input{Live: desired, Asked: true, Predicted: desired}, InSync, Server, ""},
		"a changed field differs":            {Input{Live: with(desired, replicas(5)), Asked: true, Predicted: desired}, Differs, Server, ""},
		"only who owns fields":               {Input{Live: with(desired, owners(`{}`)), Asked: true, Predicted: with(desired, owners(`{"f:spec":{}}`))}, OwnershipOnly, Server, ""},
		"what is not there is created":       {Input{}, Create, NotChecked, ""},
		"a create that the server checked":   {Input{Asked: true, Predicted: desired}, Create, Server, ""},
		"its namespace is yet to be made":    {Input{Asked: true, Err: apierrors.NewNotFound(deployments, "shop")}, Create, Shape, "form only"},
		"without asking nothing is known":    {Input{Live: desired}, NotCompared, NotChecked, "the server was not asked"},
		"an unmarked object is adopted":      {Input{Live: of(t, web), Asked: true, Predicted: desired}, Differs, Server, "adopted"},
		"another application's is left":      {Input{Live: foreign, Asked: true, Predicted: desired}, Foreign, Server, "the application other"},
		"another store's is left":            {Input{Live: elsewhere, Asked: true, Predicted: desired}, Foreign, Server, "another store (another-store)"},
		"a conflict":                         {Input{Live: desired, Asked: true, Err: apierrors.NewApplyConflict([]metav1.StatusCause{{Type: metav1.CauseTypeFieldManagerConflict}}, "held by helm")}, Conflict, Server, "held by helm"},
		"an object that moved":               {Input{Live: desired, Asked: true, Err: apierrors.NewConflict(deployments, "web", errors.New("modified"))}, NotCompared, Server, "modified"},
		"an immutable field":                 {Input{Live: desired, Asked: true, Err: invalid("field is immutable"), Creatable: true}, Immutable, Server, "field is immutable"},
		"another invalid field":              {Input{Live: desired, Asked: true, Err: invalid("must be a name")}, Refused, Server, "must be a name"},
		"a forbidden apply":                  {Input{Live: desired, Asked: true, Err: apierrors.NewForbidden(deployments, "web", errors.New("no"))}, Refused, Server, "forbidden"},
		"a kind that the cluster lacks":      {Input{Asked: true, Err: object.ErrNoKind}, MissingKind, Shape, ""},
		"what a definition to come takes":    {Input{Defined: true, Predicted: desired}, Create, Schema, ""},
		"of a kind that is to come":          {Input{Defined: true, Predicted: desired, Err: object.ErrNoKind}, MissingKind, Schema, ""},
		"in a namespace that is to come":     {Input{Defined: true, Predicted: desired, Err: apierrors.NewNotFound(deployments, "shop")}, Create, Schema, "checked by the definition"},
		"what a definition to come changes":  {Input{Live: with(desired, replicas(5)), Defined: true, Predicted: desired}, Differs, Schema, ""},
		"what a definition to come refuses":  {Input{Live: desired, Defined: true, Err: invalid("must be a name")}, Refused, Schema, "must be a name"},
		"a line that broke compares nothing": {Input{Live: desired, Asked: true, Err: errors.New("connection reset")}, NotCompared, Server, "connection reset"},
		"what cannot be merged here":         {Input{Live: desired, Unasked: errors.New("no right"), Err: invalid("no schema")}, NotCompared, Proof, "no schema"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := c.in
			in.Desired, in.App, in.Installation = desired, "shop", "here"
			got := Compare(t.Context(), in)
			if got.Verdict != c.want || got.How != c.how || !strings.Contains(got.Reason, c.reason) {
				t.Errorf("got %s by %s because %q, want %s by %s because %q", got.Verdict, got.How, got.Reason, c.want, c.how, c.reason)
			}
			if c.want == Differs && len(got.Changes) == 0 {
				t.Error("what differs is not said")
			}
		})
	}
}

func TestStatusAndBookkeepingAreNoDifference(t *testing.T) {
	t.Parallel()
	desired := marked(of(t, web))
	live := with(desired, func(u *unstructured.Unstructured) {
		u.Object["status"] = map[string]any{"replicas": int64(3)}
		u.SetResourceVersion("7")
		u.SetUID("u")
		u.SetGeneration(4)
	})
	got := Compare(t.Context(), Input{Desired: desired, Live: live, Asked: true, Predicted: desired, App: "shop", Installation: "here"})
	if got.Verdict != InSync {
		t.Errorf("got %s: %+v", got.Verdict, got.Changes)
	}
}

func TestWhatIsExtraIsPruned(t *testing.T) {
	t.Parallel()
	d := Extra(marked(of(t, web)))
	if d.Verdict != Prune || !d.OutOfSync() || d.Live == nil || d.Predicted != nil || d.Reason != "not in git" {
		t.Errorf("got %+v", d)
	}
}

func TestTwoRecordsAreCompared(t *testing.T) {
	t.Parallel()
	config := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %, namespace: shop}\n"
	named := func(name string) *unstructured.Unstructured { return of(t, strings.ReplaceAll(config, "%", name)) }
	got := ChangedSince(
		[]*unstructured.Unstructured{of(t, web), named("same"), named("gone")},
		[]*unstructured.Unstructured{with(of(t, web), replicas(5)), named("same"), named("new")})
	want := map[string]Verdict{"Deployment/shop/web": Differs, "ConfigMap/shop/new": Create, "ConfigMap/shop/gone": Prune}
	if len(got) != len(want) {
		t.Errorf("got %d differences, want %d", len(got), len(want))
	}
	for _, d := range got {
		if want[d.Ref.String()] != d.Verdict {
			t.Errorf("%s is %s, want %s", d.Ref, d.Verdict, want[d.Ref.String()])
		}
	}
}

func TestOnlySomeVerdictsAreOutOfSync(t *testing.T) {
	t.Parallel()
	out := map[Verdict]bool{Differs: true, Create: true, Prune: true, Conflict: true, Immutable: true, Refused: true, MissingKind: true, Foreign: true}
	for v := NotCompared; v <= Foreign; v++ {
		if (Diff{Verdict: v}).OutOfSync() != out[v] {
			t.Errorf("%s: OutOfSync is %v", v, !out[v])
		}
		if text, err := v.MarshalText(); err != nil || string(text) != v.String() {
			t.Errorf("%s is written %q", v, text)
		}
	}
	if Verdict(99).String() != "Verdict(99)" || How(9).String() != "How(9)" {
		t.Error("unknown codes are not written as such")
	}
}

func TestIgnoredFieldsAreNoDifference(t *testing.T) {
	t.Parallel()
	desired := marked(of(t, web))
	live := with(desired, func(u *unstructured.Unstructured) {
		replicas(9)(u)
		u.SetManagedFields([]metav1.ManagedFieldsEntry{{
			Manager: "autoscaler", Operation: "Update", FieldsV1: metav1.NewFieldsV1(`{"f:spec":{"f:replicas":{}}}`),
		}})
	})
	deployment := app.IgnoreDifference{Group: "apps", Kind: "Deployment"}
	for name, c := range map[string]struct {
		rule func(*app.IgnoreDifference)
		want Verdict
	}{
		"by pointer":              {func(r *app.IgnoreDifference) { r.JSONPointers = []string{"/spec/replicas"} }, InSync},
		"by another pointer":      {func(r *app.IgnoreDifference) { r.JSONPointers = []string{"/spec/paused", "/spec/template/x/0"} }, Differs},
		"by jq":                   {func(r *app.IgnoreDifference) { r.JQPathExpressions = []string{".spec.replicas"} }, InSync},
		"by the manager":          {func(r *app.IgnoreDifference) { r.ManagedFieldsManagers = []string{"autoscaler"} }, InSync},
		"by another manager":      {func(r *app.IgnoreDifference) { r.ManagedFieldsManagers = []string{"helm"} }, Differs},
		"for another kind":        {func(r *app.IgnoreDifference) { r.Kind, r.JSONPointers = "StatefulSet", []string{"/spec/replicas"} }, Differs},
		"for all kinds by a glob": {func(r *app.IgnoreDifference) { r.Group, r.Kind, r.JSONPointers = "*", "*", []string{"/spec/replicas"} }, InSync},
		"for another name":        {func(r *app.IgnoreDifference) { r.Name, r.JSONPointers = "db", []string{"/spec/replicas"} }, Differs},
		"for another namespace":   {func(r *app.IgnoreDifference) { r.Namespace, r.JSONPointers = "x", []string{"/spec/replicas"} }, Differs},
		"for some groups and kinds": {func(r *app.IgnoreDifference) {
			r.Group, r.Kind, r.JSONPointers = "{apps,batch}", "*Set,Dep*", []string{"/spec/replicas"}
		}, Differs},
		"for kinds of a list": {func(r *app.IgnoreDifference) {
			r.Group, r.Kind, r.JSONPointers = "app?", "{StatefulSet,Deployment}", []string{"/spec/replicas"}
		}, InSync},
		"a jq program that fails":      {func(r *app.IgnoreDifference) { r.JQPathExpressions = []string{`.spec.replicas.x`} }, Differs},
		"a jq program that never ends": {func(r *app.IgnoreDifference) { r.JQPathExpressions = []string{`(def f: f; f)`} }, Differs},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rule := deployment
			c.rule(&rule)
			rules, err := NewRules([]app.IgnoreDifference{rule})
			if err != nil {
				t.Fatal(err)
			}
			got := Compare(t.Context(), Input{
				Desired: desired, Live: live, Asked: true, Predicted: desired, Rules: rules, App: "shop", Installation: "here",
			})
			if got.Verdict != c.want {
				t.Errorf("got %s with %+v, want %s", got.Verdict, got.Changes, c.want)
			}
		})
	}
}

// TestAnExpressionThatFailsOnOneSide has jq read one side and not the other, whose numbers must not differ for that.
func TestAnExpressionThatFailsOnOneSide(t *testing.T) {
	t.Parallel()
	desired := marked(of(t, web))
	replicas(int64(3))(desired)
	live := with(desired, func(u *unstructured.Unstructured) {
		u.Object["spec"].(map[string]any)["hosts"] = []any{map[string]any{"ip": "10.0.0.1"}}
	})
	rules, err := NewRules([]app.IgnoreDifference{{Group: "apps", Kind: "Deployment", JQPathExpressions: []string{".spec.hosts[].ip"}}})
	if err != nil {
		t.Fatal(err)
	}
	got := Compare(t.Context(), Input{Desired: desired, Live: live, Asked: true, Predicted: desired, Rules: rules, App: "shop", Installation: "here"})
	if len(got.Changes) != 1 || got.Changes[0].Path != ".spec.hosts" {
		t.Errorf("the changes are %+v", got.Changes)
	}
	if _, whole := got.Predicted.Object["spec"].(map[string]any)["replicas"].(int64); !whole {
		t.Errorf("replicas are a %T", got.Predicted.Object["spec"].(map[string]any)["replicas"])
	}
}

func TestPointersAreUnescaped(t *testing.T) {
	t.Parallel()
	annotations := func(more ...string) *unstructured.Unstructured {
		u := marked(of(t, web))
		a := u.GetAnnotations()
		for _, name := range more {
			a[name] = "x"
		}
		u.SetAnnotations(a)
		return u
	}
	rules, err := NewRules([]app.IgnoreDifference{{Group: "apps", Kind: "Deployment", JSONPointers: []string{
		"/metadata/annotations/example.com~1slash", "/metadata/annotations/til~0de", "/spec/template/spec/containers/1x/image",
	}}})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		live *unstructured.Unstructured
		want Verdict
	}{
		"~1 is a slash":             {annotations("example.com/slash"), InSync},
		"~0 is a tilde":             {annotations("til~de"), InSync},
		"others are not meant":      {annotations("example.com~1slash"), Differs},
		"1x is no place in a list":  {with(annotations(), otherImage(1)), Differs},
		"and neither is any before": {with(annotations(), otherImage(0)), Differs},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := Compare(t.Context(), Input{
				Desired: annotations(), Live: c.live, Asked: true, Predicted: annotations(), Rules: rules, App: "shop", Installation: "here",
			})
			if got.Verdict != c.want {
				t.Errorf("got %s with %+v, want %s", got.Verdict, got.Changes, c.want)
			}
		})
	}
}

func otherImage(container int) func(*unstructured.Unstructured) {
	return func(u *unstructured.Unstructured) {
		spec := u.Object["spec"].(map[string]any)["template"].(map[string]any)["spec"].(map[string]any)
		spec["containers"].([]any)[container].(map[string]any)["image"] = "other"
	}
}

func TestRulesThatCannotBeReadAreNamed(t *testing.T) {
	t.Parallel()
	for _, rule := range []app.IgnoreDifference{
		{Kind: "X", JSONPointers: []string{"spec/replicas"}},
		{Group: "[a", Kind: "X"},
		{Kind: "X", JQPathExpressions: []string{".spec["}},
		{Kind: "X", JQPathExpressions: []string{"nofunction"}},
	} {
		if _, err := NewRules([]app.IgnoreDifference{rule}); err == nil || !strings.Contains(err.Error(), "ignoreDifferences") {
			t.Errorf("%+v: the error is %v", rule, err)
		}
	}
}
