package health

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

func service(u *unstructured.Unstructured) app.Health {
	if text(u, "spec", "type") == "LoadBalancer" && len(list(u, "status", "loadBalancer", "ingress")) == 0 {
		return progressing("waiting for a load balancer")
	}
	return healthy("")
}

func ingress(u *unstructured.Unstructured) app.Health {
	if len(list(u, "status", "loadBalancer", "ingress")) == 0 {
		return progressing("no address yet")
	}
	return healthy("")
}
