package health

import (
	"encoding/json"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

func apiService(u *unstructured.Unstructured) app.Health {
	c := conditionOf(u, "Available")
	if c.status == "True" {
		return healthy("")
	}
	return progressing(orElse(c.message, "not available yet"))
}

func definition(u *unstructured.Unstructured) app.Health {
	established := false
	all := conditions(u)
	if len(all) == 0 {
		return progressing("not established yet")
	}
	for _, c := range all {
		switch {
		case c.kind == "Terminating" && c.status == "True":
			return progressing("being deleted")
		case c.kind == "NamesAccepted" && c.status == "False":
			return degraded("its names were not accepted: " + c.message)
		case c.kind == "NonStructuralSchema" && c.status == "True":
			return degraded("its schema is not structural: " + c.message)
		case c.kind == "Established" && c.status == "True":
			established = true
		case c.kind == "Established" && c.reason == "Installing":
			return progressing("being installed")
		}
	}
	if !established {
		return degraded("not established")
	}
	return healthy("")
}

func disruptionBudget(u *unstructured.Unstructured) app.Health {
	all := conditions(u)
	if len(all) == 0 {
		return progressing("not seen by its controller yet")
	}
	for _, c := range all {
		if c.status == "False" && c.reason != "InsufficientPods" {
			return degraded(orElse(c.message, c.reason))
		}
	}
	return healthy("")
}

// autoscalerFailures are the reasons that make an autoscaler Degraded, by condition.
var autoscalerFailures = map[string][]string{
	"AbleToScale": {"FailedGetScale", "FailedUpdateScale"},
	"ScalingActive": {
		"FailedGetResourceMetric", "FailedGetObjectMetric", "FailedGetPodsMetric", "FailedGetExternalMetric",
		"FailedComputeMetricsReplicas", "InvalidSelector",
	},
}

func autoscaler(u *unstructured.Unstructured) app.Health {
	all := conditions(u)
	if u.GroupVersionKind().Version == "v1" {
		var err error
		if all, err = annotated(u); err != nil {
			return unknown("its conditions cannot be read: " + err.Error())
		}
	}
	for _, c := range all {
		if slices.Contains(autoscalerFailures[c.kind], c.reason) {
			return degraded(orElse(c.message, c.reason))
		}
	}
	for _, c := range all {
		if (c.kind == "AbleToScale" || c.kind == "ScalingLimited") && c.status == "True" {
			return healthy(c.message)
		}
	}
	return progressing("waiting to autoscale")
}

// annotated reads the conditions that version v1 of an autoscaler keeps in an annotation. An empty one holds none; Argo CD
// fails to read it.
func annotated(u *unstructured.Unstructured) ([]condition, error) {
	raw := u.GetAnnotations()["autoscaling.alpha.kubernetes.io/conditions"]
	if raw == "" {
		return nil, nil
	}
	var read []struct{ Type, Status, Reason, Message string }
	if err := json.Unmarshal([]byte(raw), &read); err != nil {
		return nil, err
	}
	out := make([]condition, len(read))
	for i, c := range read {
		out[i] = condition{kind: c.Type, status: c.Status, reason: c.Reason, message: c.Message}
	}
	return out, nil
}
