package plan_test

import (
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// TestAPlanIsOfOneApplication changes an application after it was planned.
func TestAPlanIsOfOneApplication(t *testing.T) {
	t.Parallel()
	limit := int64(3)
	for name, c := range map[string]struct {
		change func(*app.Application)
		// sync, rollback and deletion are what a plan of that kind says.
		sync, rollback, deletion string
	}{
		"nothing":       {change: func(*app.Application) {}},
		"where it goes": {change: func(a *app.Application) { a.Spec.Destination.Namespace = "other" }, sync: "destination", rollback: "destination", deletion: "destination"},
		"where it comes from": {
			change: func(a *app.Application) { a.Spec.Source = &app.Source{RepoURL: "https://example.com/other"} }, sync: "sources",
		},
		"what counts": {change: func(a *app.Application) { a.Spec.IgnoreDifferences = []app.IgnoreDifference{{Kind: "Deployment"}} }, sync: "ignoreDifferences", rollback: "ignoreDifferences"},
		"how it is done": {
			change: func(a *app.Application) { a.Spec.SyncPolicy = &app.SyncPolicy{SyncOptions: []string{"PruneLast=true"}} }, sync: "sync options", rollback: "sync options",
		},
		"whose fields are taken over": {
			change: func(a *app.Application) {
				a.Metadata.Annotations = map[string]string{object.AnnotationMigrate: "flux"}
			},
			sync: "client-side-apply-migration-manager", rollback: "client-side-apply-migration-manager",
		},
		"what no plan depends on": {change: func(a *app.Application) {
			a.Spec.SyncPolicy, a.Spec.RevisionHistoryLimit = &app.SyncPolicy{Automated: &app.Automated{}}, &limit
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
			now := shop()
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
