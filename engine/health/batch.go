package health

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// job reads the status of every condition, which Argo CD does not: there a condition Suspended=False makes a running
// Job Healthy, and Failed=False a Degraded one.
func job(u *unstructured.Unstructured) app.Health {
	for _, rule := range []struct {
		kind   string
		health func(string) app.Health
		word   string
	}{{"Failed", degraded, "failed"}, {"Suspended", suspended, "suspended"}, {"Complete", healthy, "complete"}} {
		if c := conditionOf(u, rule.kind); c.status == "True" {
			return rule.health(orElse(c.message, rule.word))
		}
	}
	return progressing("running")
}

// cronJob calls a suspended one Suspended; Argo CD calls it Healthy (its issue 24428).
func cronJob(u *unstructured.Unstructured) app.Health {
	if flag(u, "spec", "suspend") {
		return suspended("suspended")
	}
	if _, ok, _ := unstructured.NestedMap(u.Object, "status"); !ok {
		return progressing("not seen by its controller yet")
	}
	scheduled, succeeded := text(u, "status", "lastScheduleTime"), text(u, "status", "lastSuccessfulTime")
	switch {
	case scheduled == "":
		return healthy("not been scheduled yet")
	case succeeded == "":
		return healthy("never completed yet")
	case len(list(u, "status", "active")) > 0:
		return healthy("running")
	case succeeded < scheduled:
		return degraded("its last run did not succeed")
	}
	return healthy("")
}
