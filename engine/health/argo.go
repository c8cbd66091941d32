package health

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// workflow judges an Argo Workflow by its phase.
func workflow(u *unstructured.Unstructured) app.Health {
	message := text(u, "status", "message")
	switch text(u, "status", "phase") {
	case "", "Pending", "Running":
		return progressing(orElse(message, "running"))
	case "Succeeded":
		return healthy(message)
	case "Failed", "Error":
		return degraded(orElse(message, "failed"))
	}
	return unknown(message)
}

// applicationSet judges by the first condition that says something, failures first.
func applicationSet(u *unstructured.Unstructured) app.Health {
	for _, rule := range []struct {
		kind, status string
		health       func(string) app.Health
	}{
		{"ErrorOccurred", "True", degraded},
		{"ResourcesUpToDate", "False", degraded},
		{"RolloutProgressing", "True", progressing},
		{"ResourcesUpToDate", "True", healthy},
	} {
		if c := conditionOf(u, rule.kind); c.status == rule.status {
			return rule.health(c.message)
		}
	}
	return progressing("not seen by its controller yet")
}
