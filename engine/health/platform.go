package health

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// collector reads the "ready/total" that the OpenTelemetry operator writes.
func collector(u *unstructured.Unstructured) app.Health {
	if _, ok, _ := unstructured.NestedMap(u.Object, "status"); !ok {
		return progressing("waiting for its controller")
	}
	scale := text(u, "status", "scale", "statusReplicas")
	mode := text(u, "spec", "mode")
	if scale == "" && mode == "sidecar" {
		return healthy("runs beside the Pods that ask for it")
	}
	var ready, total int
	if _, err := fmt.Sscanf(scale, "%d/%d", &ready, &total); err != nil {
		return progressing("its replicas are not counted yet")
	}
	switch {
	case ready == 0 && total == 0 && mode == "daemonset":
		return healthy("no node asks for it")
	case ready == 0:
		return degraded(scale + " replicas ready")
	case ready == total:
		return healthy("")
	}
	return progressing(scale + " replicas ready")
}

// promotionStrategy is done when every environment runs the commit that is proposed for all of them.
func promotionStrategy(u *unstructured.Unstructured) app.Health {
	ready := conditionOf(u, "Ready")
	switch {
	case ready.kind == "":
		return progressing("not ready yet")
	case ready.generation != 0 && u.GetGeneration() != 0 && ready.generation != u.GetGeneration():
		return progressing(notObserved)
	case ready.status == "False":
		return degraded(orElse(ready.message, ready.reason))
	}
	environments := list(u, "status", "environments")
	if len(environments) == 0 {
		return degraded("it has no environments")
	}
	var newest string
	for i, m := range environments {
		e := &unstructured.Unstructured{Object: m}
		proposed := orElse(text(e, "proposed", "note", "drySha"), text(e, "proposed", "dry", "sha"))
		if i == 0 {
			newest = proposed
		}
		branch := text(e, "branch")
		switch active := text(e, "active", "dry", "sha"); {
		case active == "" || proposed == "":
			return progressing(branch + " has no commit yet")
		case proposed != newest:
			return progressing(branch + " is not proposed the newest commit yet")
		case active != text(e, "proposed", "dry", "sha"):
			return progressing(branch + " is being promoted")
		}
	}
	return healthy("")
}

// inferenceService waits for model and conditions. What says False is being worked on, unless the model failed.
func inferenceService(u *unstructured.Unstructured) app.Health {
	if c := conditionOf(u, "Stopped"); c.status == "True" {
		return suspended("stopped")
	}
	var open []string
	blocked := false
	if model := text(u, "status", "modelStatus", "transitionStatus"); model != "" && model != "UpToDate" {
		open = append(open, "model "+model)
		blocked = model != "InProgress"
	}
	for _, c := range conditions(u) {
		if c.kind != "Stopped" && c.status != "True" {
			open = append(open, strings.TrimSpace(c.kind+" "+orElse(c.message, c.reason)))
		}
	}
	switch {
	case len(conditions(u)) == 0:
		return progressing("waiting for its controller")
	case blocked:
		return degraded(strings.Join(open, ", "))
	case len(open) > 0:
		return progressing(strings.Join(open, ", "))
	}
	return healthy("")
}

// resourceBinding is as healthy as the objects that it placed in its clusters.
func resourceBinding(u *unstructured.Unstructured) app.Health {
	clusters, set, _ := unstructured.NestedSlice(u.Object, "spec", "clusters")
	placed := list(u, "status", "aggregatedStatus")
	counts := set || u.GetKind() == "ClusterResourceBinding"
	if len(placed) == 0 || counts && len(clusters) != len(placed) {
		return progressing(fmt.Sprintf("placed in %d of %d clusters", len(placed), len(clusters)))
	}
	for _, p := range placed {
		applied, _ := p["applied"].(bool)
		if h := str(p["health"]); h == "Unhealthy" || h == "Unknown" && !applied {
			return degraded(fmt.Sprintf("%s in cluster %s", strings.ToLower(h), str(p["clusterName"])))
		}
	}
	return healthy("")
}
