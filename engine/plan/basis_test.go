package plan_test

import (
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

// TestAPlanIsOfOneSpecification changes an application after it was planned.
func TestAPlanIsOfOneSpecification(t *testing.T) {
	t.Parallel()
	limit := int64(3)
	for name, c := range map[string]struct {
		change func(*app.Spec)
		// sync, rollback and deletion are what a plan of that kind says.
		sync, rollback, deletion string
	}{
		"nothing":       {change: func(*app.Spec) {}},
		"where it goes": {change: func(s *app.Spec) { s.Destination.Namespace = "other" }, sync: "destination", rollback: "destination", deletion: "destination"},
		"where it comes from": {
			change: func(s *app.Spec) { s.Source = &app.Source{RepoURL: "https://example.com/other"} }, sync: "sources",
		},
		"what counts": {change: func(s *app.Spec) { s.IgnoreDifferences = []app.IgnoreDifference{{Kind: "Deployment"}} }, sync: "ignoreDifferences", rollback: "ignoreDifferences"},
		"how it is done": {
			change: func(s *app.Spec) { s.SyncPolicy = &app.SyncPolicy{SyncOptions: []string{"PruneLast=true"}} }, sync: "sync options", rollback: "sync options",
		},
		"what no plan depends on": {change: func(s *app.Spec) {
			s.SyncPolicy, s.RevisionHistoryLimit = &app.SyncPolicy{Automated: &app.Automated{}}, &limit
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, back := situate().want(diff.Create, thing("ConfigMap/web/a")), situate()
			back.in.Kind = app.KindRollback
			deletion, err := plan.Deletion(plan.DeletionInput{App: shop()})
			if err != nil {
				t.Fatal(err)
			}
			now := shop().Spec
			c.change(&now)
			for _, p := range []struct {
				plan plan.Plan
				want string
			}{{s.build(t), c.sync}, {back.build(t), c.rollback}, {deletion, c.deletion}} {
				if got, err := p.plan.Changed(&now); err != nil || got != p.want {
					t.Errorf("to the %s it is %q (%v), want %q", p.plan.Kind, got, err, p.want)
				}
			}
		})
	}
}
