package health_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/health"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// item is a live object of this name and health; edits change it.
func item(name string, code app.HealthCode, message string, edits ...func(*health.Item)) *health.Item {
	it := &health.Item{
		Ref: object.Ref{Kind: "Deployment", Namespace: "web", Name: name}, Object: &unstructured.Unstructured{},
		Health: app.Health{Status: code, Message: message},
	}
	for _, e := range edits {
		e(it)
	}
	return it
}

func missing(it *health.Item) { it.Object = nil }
func ignored(it *health.Item) { it.Ignored = true }
func hooked(it *health.Item)  { it.Hook = true }

// of makes it an object of this group and kind.
func of(group, kind string) func(*health.Item) {
	return func(it *health.Item) { it.Ref.Group, it.Ref.Kind = group, kind }
}

// ofArgo makes it an Application, as an object of the cluster.
func ofArgo(it *health.Item) { of("argoproj.io", "Application")(it) }

func TestHealthOfAnApplication(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		items []*health.Item
		want  app.Health
	}{
		"without objects is healthy":              {nil, app.Health{Status: app.Healthy}},
		"of objects without health is healthy":    {[]*health.Item{item("a", "", "")}, app.Health{Status: app.Healthy}},
		"is the worst, which is named":            {[]*health.Item{item("a", app.Healthy, ""), item("b", app.Degraded, "no disk"), item("c", app.Progressing, "x")}, app.Health{Status: app.Degraded, Message: "Deployment/web/b: no disk"}},
		"names the first of equals":               {[]*health.Item{item("a", app.Progressing, "1"), item("b", app.Progressing, "2")}, app.Health{Status: app.Progressing, Message: "Deployment/web/a: 1"}},
		"needs no message":                        {[]*health.Item{item("a", app.HealthUnknown, "")}, app.Health{Status: app.HealthUnknown, Message: "Deployment/web/a"}},
		"leaves out what asks not to count":       {[]*health.Item{item("a", app.Degraded, "", ignored)}, app.Health{Status: app.Healthy}},
		"leaves out hooks":                        {[]*health.Item{item("a", app.Healthy, ""), item("b", app.Degraded, "", hooked)}, app.Health{Status: app.Healthy}},
		"leaves out children that are missing":    {[]*health.Item{item("a", app.Missing, "", ofArgo)}, app.Health{Status: app.Healthy}},
		"leaves out children that are unknown":    {[]*health.Item{item("a", app.HealthUnknown, "", ofArgo)}, app.Health{Status: app.Healthy}},
		"counts children that are unwell":         {[]*health.Item{item("a", app.Degraded, "", ofArgo)}, app.Health{Status: app.Degraded, Message: "Application/web/a"}},
		"counts what is unwell of another kind":   {[]*health.Item{item("a", app.Missing, "")}, app.Health{Status: app.Missing, Message: "Deployment/web/a"}},
		"counts Applications of another group":    {[]*health.Item{item("a", app.Missing, "", of("app.k8s.io", "Application"))}, app.Health{Status: app.Missing, Message: "Application/web/a"}},
		"counts other kinds of that group":        {[]*health.Item{item("a", app.HealthUnknown, "", of("argoproj.io", "Rollout"))}, app.Health{Status: app.HealthUnknown, Message: "Rollout/web/a"}},
		"counts what nothing is known of":         {[]*health.Item{item("a", app.HealthUnknown, "", missing)}, app.Health{Status: app.HealthUnknown, Message: "Deployment/web/a"}},
		"leaves out what is missing":              {[]*health.Item{item("a", app.Healthy, ""), item("b", app.Missing, "", missing)}, app.Health{Status: app.Healthy}},
		"is missing when all is missing":          {[]*health.Item{item("a", app.Missing, "", missing)}, app.Health{Status: app.Missing, Message: "none of its objects is in the cluster"}},
		"is missing when only a hook is there":    {[]*health.Item{item("a", app.Missing, "", missing), item("b", app.Healthy, "", hooked)}, app.Health{Status: app.Missing, Message: "none of its objects is in the cluster"}},
		"is healthy when only hooks are declared": {[]*health.Item{item("a", app.Missing, "", missing, hooked)}, app.Health{Status: app.Healthy}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if d := cmp.Diff(c.want, health.Application(c.items)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestCodesHaveAnOrder(t *testing.T) {
	t.Parallel()
	order := []app.HealthCode{"", app.Healthy, app.Suspended, app.Progressing, app.Missing, app.Degraded, app.HealthUnknown}
	for i, a := range order {
		for j, b := range order {
			if got := health.Worse(a, b); got != (i > j) {
				t.Errorf("Worse(%q, %q) = %v", a, b, got)
			}
			if got, want := health.Worst(a, b), order[max(i, j)]; got != want {
				t.Errorf("Worst(%q, %q) = %q, want %q", a, b, got, want)
			}
		}
	}
}

func TestObjectsMayAskNotToCount(t *testing.T) {
	t.Parallel()
	u := &unstructured.Unstructured{Object: map[string]any{}}
	if health.Ignored(nil) || health.Ignored(u) {
		t.Error("an object that says nothing is ignored")
	}
	u.SetAnnotations(map[string]string{"argocd.argoproj.io/ignore-healthcheck": "true"})
	if !health.Ignored(u) {
		t.Error("the annotation is not heeded")
	}
}
