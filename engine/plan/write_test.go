package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// outcome is what a verdict becomes in a plan.
type outcome struct {
	Verb            plan.Verb
	Reason, Refused string
	Guard           string
}

func TestEveryVerdictBecomesAStep(t *testing.T) {
	t.Parallel()
	immutable := diff.Diff{Verdict: diff.Immutable, Reason: ".spec.selector: field is immutable"}
	for name, c := range map[string]struct {
		object  *unstructured.Unstructured
		diff    diff.Diff
		missing bool
		there   bool
		options plan.Options
		policy  []string
		want    outcome
	}{
		"a missing object is created": {
			object: thing("ConfigMap/web/a"), diff: diff.Diff{Verdict: diff.Create}, missing: true,
			want: outcome{Verb: plan.Create, Reason: "missing"},
		},
		"a differing object is changed, and its fields are counted": {
			object: thing("ConfigMap/web/a"), diff: diff.Diff{Verdict: diff.Differs, Changes: []diff.Change{{Path: ".data.a"}}},
			want: outcome{Verb: plan.Change, Reason: "1 field differs"},
		},
		"what the comparison has to say comes first": {
			object: thing("ConfigMap/web/a"),
			diff:   diff.Diff{Verdict: diff.Differs, Reason: "adopted", Changes: []diff.Change{{Path: ".a"}, {Path: ".b"}}},
			want:   outcome{Verb: plan.Change, Reason: "adopted; 2 fields differ"},
		},
		"ownership alone is taken": {
			object: thing("ConfigMap/web/a"), diff: diff.Diff{Verdict: diff.OwnershipOnly},
			want: outcome{Verb: plan.Own, Reason: "no field changes; wheelhouse takes ownership"},
		},
		"a conflict names the managers that lose fields": {
			object: thing("ConfigMap/web/a"),
			diff: diff.Diff{Verdict: diff.Conflict, Changes: []diff.Change{
				held(".a", "kubectl-edit"), held(".b", "hpa"), held(".c", "hpa"), held(".d", "wheelhouse"),
			}},
			want: outcome{Verb: plan.Change, Reason: "takes fields over from hpa, kubectl-edit"},
		},
		"so does a change that is made by force": {
			object: thing("ConfigMap/web/a"),
			diff: diff.Diff{Verdict: diff.Differs, Changes: []diff.Change{
				held(".a", "kubectl-edit"), held(".b", "wheelhouse"),
				{Path: ".c", Manager: "gone", HasOld: true},
				{Path: ".d", HasNew: true},
				{Path: ".e", Manager: "webhook", HasOld: true, HasNew: true, Admission: true},
			}},
			want: outcome{Verb: plan.Change, Reason: "5 fields differ; fields are taken over from kubectl-edit"},
		},
		"an immutable change is refused": {
			object: thing("Deployment/web/a"), diff: immutable,
			want: outcome{Verb: plan.Change, Reason: immutable.Reason, Refused: immutable.Reason},
		},
		"an immutable change is replaced by force, behind a guard": {
			object: thing("Deployment/web/a"), diff: immutable, options: plan.Options{Force: true},
			want: outcome{Verb: plan.Replace, Reason: immutable.Reason, Guard: "replace:Deployment/web/a"},
		},
		"an immutable change is replaced where git says so": {
			object: thing("Job/web/a", "sync-options=Replace=true,Force=true"), diff: immutable,
			want: outcome{Verb: plan.Replace, Reason: immutable.Reason},
		},
		"Replace=true without Force=true deletes nothing": {
			object: thing("Job/web/a", "sync-options=Replace=true"), diff: immutable,
			want: outcome{Verb: plan.Change, Reason: immutable.Reason, Refused: immutable.Reason},
		},
		"a StatefulSet is guarded even where git says so": {
			object: thing("StatefulSet/web/a", "sync-options=Replace=true,Force=true"), diff: immutable,
			want: outcome{Verb: plan.Replace, Reason: immutable.Reason, Guard: "replace:StatefulSet/web/a"},
		},
		"a claim is never replaced": {
			object: thing("PersistentVolumeClaim/web/a", "sync-options=Replace=true,Force=true"), diff: immutable,
			options: plan.Options{Force: true},
			want:    outcome{Verb: plan.Change, Reason: immutable.Reason, Refused: immutable.Reason},
		},
		"a Namespace is never replaced": {
			object: thing("Namespace/a"), diff: immutable, options: plan.Options{Force: true},
			want: outcome{Verb: plan.Change, Reason: immutable.Reason, Refused: immutable.Reason},
		},
		"a refused change keeps the server's words": {
			object: thing("ConfigMap/web/a"), diff: diff.Diff{Verdict: diff.Refused, Reason: "policy says no"},
			want: outcome{Verb: plan.Change, Reason: "policy says no", Refused: "policy says no"},
		},
		"a refused creation is a creation": {
			object: thing("ConfigMap/web/a"), diff: diff.Diff{Verdict: diff.Refused, Reason: "quota"}, missing: true,
			want: outcome{Verb: plan.Create, Reason: "quota", Refused: "quota"},
		},
		"an unknown kind is refused": {
			object: thing("Widget/web/a"), diff: diff.Diff{Verdict: diff.MissingKind, Reason: "no such kind"}, missing: true,
			want: outcome{Verb: plan.Create, Reason: "no such kind", Refused: "no such kind"},
		},
		"an unknown kind may be skipped in the dry run": {
			object: thing("Widget/web/a", "sync-options=SkipDryRunOnMissingResource=true"), missing: true,
			diff: diff.Diff{Verdict: diff.MissingKind, Reason: "no such kind"},
			want: outcome{Verb: plan.Create, Reason: "missing; its kind may appear during the sync (SkipDryRunOnMissingResource=true)"},
		},
		"nor is one that is there in another version missing": {
			object: thing("Widget/web/a", "sync-options=SkipDryRunOnMissingResource=true"), there: true,
			diff: diff.Diff{Verdict: diff.MissingKind, Reason: "not this version"},
			want: outcome{Verb: plan.Create, Reason: "not this version; that may change during the sync (SkipDryRunOnMissingResource=true)"},
		},
		"an object that could not be compared is refused": {
			object: thing("ConfigMap/web/a"), diff: diff.Diff{Verdict: diff.NotCompared, Reason: "may not patch"},
			want: outcome{Verb: plan.Change, Reason: "may not patch", Refused: "not compared: may not patch"},
		},
		"one that may not even be read says so too": {
			object: thing("Secret/web/a"), diff: diff.Diff{Verdict: diff.NotCompared, Reason: "may not get", Denied: "may not get"}, missing: true,
			want: outcome{Verb: plan.Create, Reason: "may not get", Refused: "not compared: may not get"},
		},
		"fields that do not count are written too": {
			object: thing("ConfigMap/web/a"),
			diff:   diff.Diff{Verdict: diff.Differs, Changes: []diff.Change{{Path: ".data.a"}}, Ignored: []diff.Change{{Path: ".data.b"}, {Path: ".data.c"}}},
			want:   outcome{Verb: plan.Change, Reason: "1 field differs; also writes what ignoreDifferences leaves out: .data.b, .data.c"},
		},
		"many fields that do not count are counted": {
			object: thing("ConfigMap/web/a"),
			diff: diff.Diff{
				Verdict: diff.Differs, Changes: []diff.Change{{Path: ".data.x"}},
				Ignored: []diff.Change{{Path: ".a"}, {Path: ".b"}, {Path: ".c"}, {Path: ".d"}, {Path: ".e"}, {Path: ".f"}, {Path: ".g"}},
			},
			want: outcome{Verb: plan.Change, Reason: "1 field differs; also writes what ignoreDifferences leaves out: .a, .b, .c, .d, .e, and 2 more"},
		},
		"a foreign object is kept": {
			object: thing("ConfigMap/web/a"), diff: diff.Diff{Verdict: diff.Foreign, Reason: "it belongs to the application other"},
			want: outcome{Verb: plan.Keep, Reason: "it belongs to the application other; adopting takes it over (--adopt, or M on the plan)"},
		},
		"a foreign object stops the plan with FailOnSharedResource": {
			object: thing("ConfigMap/web/a"), diff: diff.Diff{Verdict: diff.Foreign, Reason: "it belongs to the application other"},
			policy: []string{"FailOnSharedResource=true"},
			want:   outcome{Verb: plan.Keep, Reason: "it belongs to the application other", Guard: "shared:ConfigMap/web/a"},
		},
		"a masked Secret is kept as it is live": {
			object: thing("Secret/web/a", "wheelhouse.dev/masked=true"), diff: diff.Diff{Verdict: diff.Differs},
			want: outcome{Verb: plan.Keep, Reason: "kept as live: its data is left out of these manifests"},
		},
		"an object without a name is refused": {
			object: thing("ConfigMap/web/"), diff: diff.Diff{Verdict: diff.Create}, missing: true,
			want: outcome{Verb: plan.Create, Refused: "it has no name: generateName is for hooks"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := situate().options(c.policy...)
			v := c.diff.Verdict
			if c.missing {
				v = diff.Create
			}
			if c.there {
				v = diff.Differs
			}
			s.want(v, c.object)
			c.diff.Ref = object.Of(c.object)
			s.in.Objects[0].Diff = c.diff
			s.in.Options = c.options
			got := only(t, s.build(t))
			if d := cmp.Diff(c.want, outcome{got.Verb, got.Reason, got.Refused, got.Guard}); d != "" {
				t.Errorf("the step (-want +got):\n%s", d)
			}
		})
	}
}

func TestObjectsInSyncAreCounted(t *testing.T) {
	t.Parallel()
	p := situate().want(diff.InSync, thing("ConfigMap/web/a"), thing("ConfigMap/web/b")).build(t)
	if len(p.Steps) != 0 || p.Unchanged != 2 || !p.Empty() {
		t.Errorf("got steps %v, %d unchanged, want none and 2", ids(p), p.Unchanged)
	}
	if len(p.Desired) != 2 {
		t.Errorf("the plan keeps %d desired objects for the record, want 2", len(p.Desired))
	}
}

func TestOwnershipIsLeftOutWhereOnlyDriftIsWanted(t *testing.T) {
	t.Parallel()
	t.Run("by self-heal", func(t *testing.T) {
		t.Parallel()
		s := situate().want(diff.OwnershipOnly, thing("ConfigMap/web/a"))
		s.in.Options.OutOfSyncOnly = true
		if p := s.build(t); p.Unchanged != 1 || len(p.Steps) != 0 {
			t.Errorf("got %v", ids(p))
		}
	})
	t.Run("by ApplyOutOfSyncOnly, unless the object objects", func(t *testing.T) {
		t.Parallel()
		s := situate().options("ApplyOutOfSyncOnly=true").
			want(diff.OwnershipOnly, thing("ConfigMap/web/a"), thing("ConfigMap/web/b", "sync-options=ApplyOutOfSyncOnly=false"))
		if got := only(t, s.build(t)); got.Ref.Name != "b" || got.Verb != plan.Own {
			t.Errorf("got %s", got.ID)
		}
	})
}

func TestAdoptionNamesTheFormerOwner(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ app, store, want string }{
		"another store":             {"legacy", "store-2", "adopted from legacy of another store"},
		"a running Argo CD":         {"shop", "", "adopted from shop of another store"},
		"another application of us": {"legacy", installation, "adopted from the application legacy"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := situate().want(diff.Foreign, thing("ConfigMap/web/a"))
			live := thing("ConfigMap/web/a")
			object.SetMark(live, c.app, c.store)
			s.in.Live[object.Of(live)] = live
			s.in.Options.Adopt = true
			if got := only(t, s.build(t)); got.Verb != plan.Change || got.Reason != c.want {
				t.Errorf("got %s %q, want change %q", got.Verb, got.Reason, c.want)
			}
		})
	}
}

func TestSharedResourceRefusesThePlan(t *testing.T) {
	t.Parallel()
	for name, adopt := range map[string]bool{"as it is": false, "that would adopt it": true} {
		s := situate().options("FailOnSharedResource=true").want(diff.Foreign, thing("ConfigMap/web/a"))
		s.in.Options.Adopt = adopt
		p := s.build(t)
		if len(p.Guards) != 1 || !p.Guards[0].Refuse || p.Guards[0].Step != p.Steps[0].ID || p.Steps[0].Verb != plan.Keep {
			t.Errorf("a plan %s: got guards %+v of %s, want one that refuses", name, p.Guards, p.Steps[0].ID)
		}
	}
}

func TestKindDefinedByTheApplicationIsNoMissingKind(t *testing.T) {
	t.Parallel()
	crd := thing("CustomResourceDefinition/widgets.example.com")
	crd.Object["spec"] = map[string]any{"group": "example.com", "names": map[string]any{"kind": "Widget"}}
	p := situate().want(diff.Create, crd).want(diff.MissingKind, thing("Widget/web/a")).build(t)
	got := p.Steps[1]
	if got.Ref.Kind != "Widget" || got.Refused != "" || got.Verb != plan.Create {
		t.Errorf("got %s refused %q, want a creation", got.ID, got.Refused)
	}
}

// TestADefinitionThatIsLeftOut has a selection mean an object and not the definition that it was judged by.
func TestADefinitionThatIsLeftOut(t *testing.T) {
	t.Parallel()
	crd := thing("CustomResourceDefinition/widgets.example.com")
	crd.Object["spec"] = map[string]any{"group": "example.com", "names": map[string]any{"kind": "Widget"}}
	widget := thing("Widget/web/a")
	for name, c := range map[string]struct {
		verdict  diff.Verdict
		how      diff.How
		selected []object.Ref
		refused  string
	}{
		"of a missing kind":           {diff.MissingKind, diff.Schema, []object.Ref{object.Of(widget)}, "CustomResourceDefinition/widgets.example.com comes first, and is not selected"},
		"that changes":                {diff.Differs, diff.Schema, []object.Ref{object.Of(widget)}, "CustomResourceDefinition/widgets.example.com comes first, and is not selected"},
		"that was not needed":         {diff.Differs, diff.Server, []object.Ref{object.Of(widget)}, ""},
		"of a kind that is not known": {diff.MissingKind, diff.Shape, []object.Ref{object.Of(widget)}, "no such kind"},
		"not at all":                  {diff.Differs, diff.Schema, []object.Ref{object.Of(widget), object.Of(crd)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := situate().want(diff.Create, crd).want(c.verdict, widget)
			s.in.Objects[1].Diff.How, s.in.Objects[1].Diff.Reason, s.in.Options.Resources = c.how, "no such kind", c.selected
			p := s.build(t)
			if got := p.Steps[len(p.Steps)-1]; got.Ref != object.Of(widget) || got.Refused != c.refused {
				t.Errorf("%s is refused: %q, want %q", got.Ref, got.Refused, c.refused)
			}
		})
	}
}

func TestUnreadableKindsAreNoted(t *testing.T) {
	t.Parallel()
	s := situate().extra(alive("ConfigMap/web/old"))
	s.in.Unreadable = map[object.Place]error{{Kind: schema.GroupKind{Group: "batch", Kind: "Job"}, Namespace: "web"}: app.ErrNotFound}
	p := s.build(t)
	if got := only(t, p); got.Verb != plan.Keep || got.Reason != "not in git; kept because not all kinds can be read" {
		t.Errorf("got %s %q", got.Verb, got.Reason)
	}
	want := []string{"Job.batch in web cannot be read, so nothing is pruned: " + app.ErrNotFound.Error()}
	if d := cmp.Diff(want, p.Notes); d != "" {
		t.Error(d)
	}
}

func TestPropagation(t *testing.T) {
	t.Parallel()
	t.Run("comes from the application's policy", func(t *testing.T) {
		t.Parallel()
		if p := situate().options("PrunePropagationPolicy=background").build(t); p.Options.Propagation != "background" {
			t.Errorf("got %q", p.Options.Propagation)
		}
	})
	t.Run("is the usual one where the policy names none that there is", func(t *testing.T) {
		t.Parallel()
		if p := situate().options("PrunePropagationPolicy=later").build(t); p.Options.Propagation != "" {
			t.Errorf("got %q", p.Options.Propagation)
		}
	})
	t.Run("is refused when who asks names none that there is", func(t *testing.T) {
		t.Parallel()
		in := situate().in
		in.Options.Propagation = "later"
		if _, err := plan.Build(in); err == nil {
			t.Error("an unknown policy was accepted")
		}
	})
}

// held is a change of a value that a manager wrote.
func held(path, manager string) diff.Change {
	return diff.Change{Path: path, Manager: manager, HasOld: true, HasNew: true}
}
