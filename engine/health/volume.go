package health

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

func claim(u *unstructured.Unstructured) app.Health {
	switch text(u, "status", "phase") {
	case "Lost":
		return degraded("its volume is lost")
	case "Pending":
		return progressing("waiting for a volume")
	case "Bound":
		return healthy("")
	}
	return unknown("its phase is not known")
}
