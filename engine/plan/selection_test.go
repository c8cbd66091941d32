package plan_test

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

func TestSelectionLimitsThePlan(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		selected object.Ref
		want     []string
	}{
		"to the named object": {
			object.Ref{Kind: "ConfigMap", Namespace: "web", Name: "a"}, []string{"Sync/0/change/ConfigMap/web/a"},
		},
		"to that name in every namespace when none is given": {
			object.Ref{Kind: "ConfigMap", Name: "a"}, []string{"Sync/0/change/ConfigMap/web/a", "Sync/0/create/ConfigMap/jobs/a"},
		},
		"to the named prune": {
			object.Ref{Kind: "ConfigMap", Namespace: "web", Name: "old"}, []string{"Sync/0/prune/ConfigMap/web/old"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := situate().want(diff.Differs, thing("ConfigMap/web/a"), thing("ConfigMap/web/b"), thing("Deployment/web/a")).
				want(diff.Create, thing("ConfigMap/jobs/a")).extra(alive("ConfigMap/web/old"))
			s.in.Options.Resources = []object.Ref{c.selected}
			p := s.build(t)
			got := map[string]bool{}
			for _, id := range ids(p) {
				got[id] = true
			}
			want := map[string]bool{}
			for _, id := range c.want {
				want[id] = true
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("steps (-want +got):\n%s", d)
			}
			if len(p.Desired) != 4 {
				t.Errorf("the plan keeps %d desired objects, want all 4", len(p.Desired))
			}
		})
	}
}

func TestSelectionOfNothingIsRefused(t *testing.T) {
	t.Parallel()
	s := situate().want(diff.Differs, thing("Deployment/web/nginx"))
	s.in.Options.Resources = []object.Ref{{Kind: "Deployment", Namespace: "web", Name: "nginx"}}
	_, err := plan.Build(s.in)
	if !errors.Is(err, app.ErrNotFound) || !strings.Contains(err.Error(), "select Deployment/web/nginx of application shop") {
		t.Errorf("got %v, want that it is not found: the group is missing", err)
	}
	s.in.Resumes = true
	if p := s.build(t); len(p.Steps) != 0 {
		t.Errorf("what an interrupted operation has dealt with is looked for again: %v", ids(p))
	}
}

func TestSelectors(t *testing.T) {
	t.Parallel()
	labelled := func(path, tier string) *unstructured.Unstructured {
		u := thing(path)
		u.SetLabels(map[string]string{"tier": tier})
		return u
	}
	for name, c := range map[string]struct {
		selectors []string
		labels    string
		want      []string
		refused   string
	}{
		"a name":                         {selectors: []string{"apps:Deployment:web/nginx"}, want: []string{"Deployment/web/nginx"}},
		"a name in every namespace":      {selectors: []string{":ConfigMap:a"}, want: []string{"ConfigMap/jobs/a", "ConfigMap/web/a"}},
		"all of a group":                 {selectors: []string{"apps:*:*"}, want: []string{"Deployment/web/nginx", "Deployment/web/worker"}},
		"all of a namespace":             {selectors: []string{"*:*:jobs/*"}, want: []string{"ConfigMap/jobs/a"}},
		"the beginning of a name":        {selectors: []string{"*:*:wor*"}, want: []string{"Deployment/web/worker"}},
		"several":                        {selectors: []string{":ConfigMap:web/a", "apps:Deployment:web/worker"}, want: []string{"ConfigMap/web/a", "Deployment/web/worker"}},
		"all but one":                    {selectors: []string{"!apps:Deployment:web/nginx"}, want: []string{"ConfigMap/jobs/a", "ConfigMap/web/a", "ConfigMap/web/old", "Deployment/web/worker"}},
		"one of those but another":       {selectors: []string{"apps:*:*", "!*:*:web/nginx"}, want: []string{"Deployment/web/worker"}},
		"a label":                        {labels: "tier=front", want: []string{"ConfigMap/web/old", "Deployment/web/nginx"}},
		"a label that is not":            {labels: "tier,tier!=front", want: []string{"Deployment/web/worker"}},
		"a label and a name":             {selectors: []string{":ConfigMap:*"}, labels: "tier=front", want: []string{"ConfigMap/web/old"}},
		"a name that is not there":       {selectors: []string{"apps:*:*", "apps:Deployment:web/db"}, refused: "select apps:Deployment:web/db of application shop"},
		"all but what is not there":      {selectors: []string{"apps:Deployment:*", "!:Secret:*"}, want: []string{"Deployment/web/nginx", "Deployment/web/worker"}},
		"a label that nothing has":       {labels: "tier=back-end", refused: "none is meant"},
		"a hook, which is no such thing": {selectors: []string{"batch:Job:*"}, refused: "select batch:Job:* of application shop"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gone := alive("ConfigMap/web/old")
			gone.SetLabels(map[string]string{"tier": "front"})
			s := situate().
				want(diff.Differs, labelled("Deployment/web/nginx", "front"), labelled("Deployment/web/worker", "back"), thing("ConfigMap/web/a"),
					thing("ConfigMap/jobs/a"), thing("Job/web/migrate", "hook=PreSync")).
				extra(gone)
			for _, text := range c.selectors {
				sel, err := plan.ParseSelector(text)
				if err != nil || sel.String() != text {
					t.Fatalf("%s is read as %s (%v)", text, sel, err)
				}
				s.in.Options.Select = append(s.in.Options.Select, sel)
			}
			s.in.Options.Labels = c.labels
			p, err := plan.Build(s.in)
			if c.refused != "" {
				if !errors.Is(err, app.ErrNotFound) || !strings.Contains(err.Error(), c.refused) {
					t.Errorf("got %v, want that it is not found: %s", err, c.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var steps, kept []string
			for _, step := range p.Steps {
				steps = append(steps, step.Ref.String())
			}
			for _, r := range p.Options.Resources {
				kept = append(kept, r.String())
			}
			slices.Sort(steps)
			slices.Sort(kept)
			if d := cmp.Diff(c.want, steps); d != "" {
				t.Errorf("steps (-want +got):\n%s", d)
			}
			if d := cmp.Diff(c.want, kept); d != "" {
				t.Errorf("the selection that a resume goes on with (-want +got):\n%s", d)
			}
		})
	}
}

func TestParseSelectorRefuses(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"nothing": "", "a name alone": "nginx", "a missing part": "Deployment:web/nginx", "an empty kind": "apps::web/nginx",
		"an empty name": "apps:Deployment:", "a namespace alone": "apps:Deployment:web/", "a broken pattern": "apps:Deployment:[",
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			t.Parallel()
			if got, err := plan.ParseSelector(text); err == nil || !strings.Contains(err.Error(), strconv.Quote(text)) {
				t.Errorf("%q is read as %s, or the error %v does not quote it", text, got, err)
			}
		})
	}
}
