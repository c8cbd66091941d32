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
	all := conditions(u)
	for _, kind := range []string{"Stalled", "Failed", "Degraded"} {
		if c, ok := conditionOf(u, kind); ok && c.status == "True" {
			return degraded(orElse(c.message, kind))
		}
	}
	for _, kind := range []string{"Ready", "Available"} {
		c, ok := conditionOf(u, kind)
		switch {
		case ok && c.status == "True":
			return healthy(c.message)
		case ok && c.status == "False":
			if r, busy := conditionOf(u, "Reconciling"); busy && r.status == "True" {
				return progressing(orElse(r.message, "reconciling"))
			}
			return degraded(orElse(c.message, c.reason))
		case ok:
			return progressing(orElse(c.message, "not ready yet"))
		}
	}
	if c, ok := conditionOf(u, "Reconciling"); ok && c.status == "True" {
		return progressing(orElse(c.message, "reconciling"))
	}
	if len(all) == 0 {
		return app.Health{}
	}
	return healthy("")
}
