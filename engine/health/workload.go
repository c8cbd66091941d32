package health

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

func deployment(u *unstructured.Unstructured) app.Health {
	if flag(u, "spec", "paused") {
		return suspended("paused")
	}
	if unobserved(u) {
		return progressing(notObserved)
	}
	if c := conditionOf(u, "Progressing"); c.reason == "ProgressDeadlineExceeded" {
		return degraded("exceeded its progress deadline: " + c.message)
	}
	return rollingOut(count(u, "status", "replicas"), count(u, "status", "updatedReplicas"),
		count(u, "status", "availableReplicas"), asked(u))
}

func statefulSet(u *unstructured.Unstructured) app.Health {
	if count(u, "status", "observedGeneration") == 0 || unobserved(u) {
		return progressing(notObserved)
	}
	if ready := count(u, "status", "readyReplicas"); ready < asked(u) {
		return progressing(fmt.Sprintf("%d of %d replicas ready", ready, asked(u)))
	}
	strategy := text(u, "spec", "updateStrategy", "type")
	if strategy == "OnDelete" {
		return healthy("")
	}
	if _, ok, _ := unstructured.NestedMap(u.Object, "spec", "updateStrategy", "rollingUpdate"); ok && strategy == "RollingUpdate" {
		// No partition is 0, which the API server fills in. Argo CD calls one without it Healthy, updated or not.
		partition := count(u, "spec", "updateStrategy", "rollingUpdate", "partition")
		if updated := count(u, "status", "updatedReplicas"); updated < asked(u)-partition {
			return progressing(fmt.Sprintf("%d of %d replicas updated", updated, asked(u)-partition))
		}
		return healthy("")
	}
	if text(u, "status", "updateRevision") != text(u, "status", "currentRevision") {
		return progressing("rolling out the newest revision")
	}
	return healthy("")
}

func daemonSet(u *unstructured.Unstructured) app.Health {
	if unobserved(u) {
		return progressing(notObserved)
	}
	if text(u, "spec", "updateStrategy", "type") == "OnDelete" {
		return healthy("")
	}
	desired := count(u, "status", "desiredNumberScheduled")
	if updated := count(u, "status", "updatedNumberScheduled"); updated < desired {
		return progressing(fmt.Sprintf("%d of %d Pods updated", updated, desired))
	}
	if available := count(u, "status", "numberAvailable"); available < desired {
		return progressing(fmt.Sprintf("%d of %d Pods available", available, desired))
	}
	return healthy("")
}

func replicaSet(u *unstructured.Unstructured) app.Health {
	if unobserved(u) {
		return progressing(notObserved)
	}
	if c := conditionOf(u, "ReplicaFailure"); c.status == "True" {
		return degraded(c.message)
	}
	if available := count(u, "status", "availableReplicas"); available < asked(u) {
		return progressing(fmt.Sprintf("%d of %d replicas available", available, asked(u)))
	}
	return healthy("")
}

// rollingOut judges by how many replicas there are, are of the newest spec, and are available.
func rollingOut(replicas, updated, available, wanted int64) app.Health {
	switch {
	case updated < wanted:
		return progressing(fmt.Sprintf("%d of %d replicas updated", updated, wanted))
	case replicas > updated:
		return progressing(fmt.Sprintf("old replicas still to end: %d", replicas-updated))
	case available < updated:
		return progressing(fmt.Sprintf("%d of %d replicas available", available, updated))
	}
	return healthy("")
}
