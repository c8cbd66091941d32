package engine

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// configMaps are ConfigMaps by their names.
func configMaps(names ...string) []object.Ref {
	var refs []object.Ref
	for _, name := range names {
		refs = append(refs, object.Ref{Kind: "ConfigMap", Namespace: "shop", Name: name})
	}
	return refs
}

// TestAnExaminationTakesNothingFromAnOperation has examinations that found a and c write down what they did, over an inventory
// that has other objects by then.
func TestAnExaminationTakesNothingFromAnOperation(t *testing.T) {
	t.Parallel()
	here := app.Destination{Name: "here", Namespace: "shop"}
	known := func(claim string, names ...string) app.Released {
		return app.Released{Key: app.Key{Name: "shop"}, Destination: here, Cluster: "uid", Objects: configMaps(names...), Claim: claim}
	}
	elsewhere := func(destination, cluster, claim string) app.Released {
		r := known(claim, "b")
		r.Destination.Name, r.Cluster = destination, app.ClusterIdentity(cluster)
		return r
	}
	for name, c := range map[string]struct {
		// open is true when an operation had begun when the examination began to look.
		open  bool
		found []object.Ref
		now   app.Released
		want  app.Released
	}{
		"nothing has happened since":                  {found: configMaps("a", "c"), now: known("", "a", "b", "c"), want: known("", "a", "c")},
		"what is as it was":                           {found: configMaps("a", "c"), now: known("", "a", "c"), want: known("", "a", "c")},
		"an operation was under way":                  {open: true, found: configMaps("a", "c"), now: known("", "a", "b"), want: known("", "a", "b", "c")},
		"an operation was under way and had all":      {open: true, found: configMaps("a", "c"), now: known("", "a", "b", "c"), want: known("", "a", "b", "c")},
		"an operation has begun since":                {found: configMaps("a", "c"), now: known("2", "b"), want: known("2", "a", "b", "c")},
		"an operation has begun, and nothing is left": {now: known("2", "b"), want: known("2", "b")},
		"nothing was known":                           {found: configMaps("a", "c"), want: known("", "a", "c")},
		"nothing was known and nothing is":            {},
		"the cluster was made anew":                   {open: true, found: configMaps("a", "c"), now: elsewhere("here", "old", ""), want: known("", "a", "c")},
		"it was moved": {
			found: configMaps("a", "c"), now: elsewhere("there", "other", ""), want: elsewhere("there", "other", ""),
		},
		"an operation in another cluster has begun since": {
			found: configMaps("a", "c"), now: elsewhere("here", "other", "2"), want: elsewhere("here", "other", "2"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := &examination{id: "uid", open: c.open}
			x.app.Metadata.Name, x.app.Spec.Destination = "shop", here
			x.owned = c.found
			before := slices.Clone(c.now.Objects)
			if diff := cmp.Diff(c.want, x.inventory(c.now)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(before, c.now.Objects); diff != "" {
				t.Errorf("the list that others have as well is another:\n%s", diff)
			}
		})
	}
	t.Run("a claimed inventory was dropped with its application", func(t *testing.T) {
		t.Parallel()
		x := &examination{id: "uid", claim: "1"}
		x.owned = configMaps("a")
		if got := x.inventory(app.Released{}); got.Key.Name != "" || len(got.Objects) > 0 {
			t.Errorf("it is written again: %v", got)
		}
	})
}

// TestWhatDidNotComeToBeIsNotKeptForEver has refreshes in which nothing has changed look at the inventory once it may be cleared.
func TestWhatDidNotComeToBeIsNotKeptForEver(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		same, open, surplus bool
		settled             bool
	}{
		"something has changed":                     {settled: false},
		"nothing has changed":                       {same: true, settled: true},
		"the operation runs on":                     {same: true, open: true, surplus: true, settled: true},
		"the operation has ended and left a record": {same: true, surplus: true, settled: false},
	} {
		x := &examination{same: c.same, open: c.open}
		if got := x.settled(&examination{surplus: c.surplus}); got != c.settled {
			t.Errorf("%s: it is settled: %t", name, got)
		}
	}
}

// TestWhatIsClaimed begins plans over an inventory of a and b.
func TestWhatIsClaimed(t *testing.T) {
	t.Parallel()
	mine := deployment("web", 1, 1)
	ours, nobodys := mine.DeepCopy(), mine.DeepCopy()
	ours.SetAnnotations(map[string]string{
		object.AnnotationTracking: "shop:apps/Deployment:" + mine.GetNamespace() + "/web", object.AnnotationInstallation: "wh-1",
	})
	nobodys.SetAnnotations(nil)
	step := func(verb plan.Verb, name string, live *unstructured.Unstructured) plan.Step {
		return plan.Step{Verb: verb, Ref: configMaps(name)[0], Live: live}
	}
	left := step(plan.Create, "d", nil)
	left.Left = true
	for name, c := range map[string]struct {
		step    plan.Step
		cluster app.ClusterIdentity
		want    []object.Ref
		renewed bool
	}{
		"a new object":                   {step: step(plan.Create, "d", nil), want: configMaps("a", "b", "d"), renewed: true},
		"one that is known and gone":     {step: step(plan.Create, "b", nil), want: configMaps("a", "b"), renewed: true},
		"one that has lost its mark":     {step: step(plan.Change, "b", nobodys), want: configMaps("a", "b"), renewed: true},
		"one that is replaced":           {step: step(plan.Replace, "b", ours), want: configMaps("a", "b"), renewed: true},
		"one that is changed":            {step: step(plan.Change, "b", ours), want: configMaps("a", "b")},
		"one that is pruned":             {step: step(plan.Delete, "b", ours), want: configMaps("a", "b")},
		"a hook":                         {step: step(plan.RunHook, "d", nil), want: configMaps("a", "b")},
		"one that is left out":           {step: left, want: configMaps("a", "b")},
		"one in another cluster than it": {step: step(plan.Create, "d", nil), cluster: "other", want: configMaps("d"), renewed: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := app.Released{Key: app.Key{Name: "shop"}, Cluster: "uid", Objects: configMaps("a", "b"), Claim: "1"}
			pl := &plan.Plan{App: now.Key, Cluster: now.Cluster, Steps: []plan.Step{c.step}}
			if c.cluster != "" {
				pl.Cluster = c.cluster
			}
			got := claimed(now, pl, "wh-1")
			if diff := cmp.Diff(c.want, got.Objects); diff != "" || got.Cluster != pl.Cluster || (got.Claim != "1") != c.renewed || got.Claim == "" {
				t.Errorf("claimed in %s as %q:\n%s", got.Cluster, got.Claim, diff)
			}
		})
	}
}
