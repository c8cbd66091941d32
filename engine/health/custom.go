package health

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// generic judges a custom resource by the conventions of its conditions: a spec that is not observed yet, then what
// says failure, then what says readiness, then what says work. One without any of these has no health.
func generic(u *unstructured.Unstructured) app.Health {
	if seen, ok := number(u, "status", "observedGeneration"); ok && seen < u.GetGeneration() {
		return progressing(notObserved)
	}
	if why := saysFailed(u); why != "" {
		return degraded(why)
	}
	for _, kind := range []string{"Ready", "Available"} {
		c := conditionOf(u, kind)
		switch {
		case c.status == "True":
			return healthy(c.message)
		case c.status == "False":
			if r := conditionOf(u, "Reconciling"); r.status == "True" {
				return progressing(orElse(r.message, "reconciling"))
			}
			return degraded(orElse(c.message, c.reason))
		case c.kind != "":
			return progressing(orElse(c.message, "not ready yet"))
		}
	}
	if c := conditionOf(u, "Reconciling"); c.status == "True" {
		return progressing(orElse(c.message, "reconciling"))
	}
	if len(conditions(u)) == 0 {
		return app.Health{}
	}
	return healthy("")
}

// saysFailed says by which condition a custom resource has failed; "" where none says so. One that is not ready may become so.
func saysFailed(u *unstructured.Unstructured) string {
	for _, kind := range []string{"Stalled", "Failed", "Degraded"} {
		if c := conditionOf(u, kind); c.status == "True" {
			return orElse(c.message, kind)
		}
	}
	return ""
}
