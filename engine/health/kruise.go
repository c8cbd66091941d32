package health

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// The workloads of OpenKruise stop where their partition says, and wait there for a person: they are Suspended.

func cloneSet(u *unstructured.Unstructured) app.Health {
	available, counted := number(u, "status", "updatedAvailableReplicas")
	switch {
	case unseen(u):
		return progressing(notObserved)
	case flag(u, "spec", "updateStrategy", "paused") || !counted:
		return suspended("paused")
	case partitioned(u, "spec", "updateStrategy", "partition"):
		if count(u, "status", "updatedReplicas") >= count(u, "status", "expectedUpdatedReplicas") {
			return suspended("stopped at its partition: the rest is updated by hand")
		}
		return progressing("updating up to its partition")
	}
	return allAvailable(available, count(u, "status", "replicas"))
}

func advancedStatefulSet(u *unstructured.Unstructured) app.Health {
	available, counted := number(u, "status", "updatedAvailableReplicas")
	replicas := count(u, "status", "replicas")
	switch {
	case unseen(u):
		return progressing(notObserved)
	case flag(u, "spec", "updateStrategy", "rollingUpdate", "paused") || !counted:
		return suspended("paused")
	case partitioned(u, "spec", "updateStrategy", "rollingUpdate", "partition"):
		if count(u, "status", "updatedReplicas") > replicas-count(u, "spec", "updateStrategy", "rollingUpdate", "partition") {
			return suspended("stopped at its partition: the rest is updated by hand")
		}
		return progressing("updating up to its partition")
	}
	return allAvailable(available, replicas)
}

func advancedDaemonSet(u *unstructured.Unstructured) app.Health {
	updated, counted := number(u, "status", "updatedNumberScheduled")
	desired := count(u, "status", "desiredNumberScheduled")
	partition := count(u, "spec", "updateStrategy", "rollingUpdate", "partition")
	switch {
	case unseen(u):
		return progressing(notObserved)
	case flag(u, "spec", "updateStrategy", "rollingUpdate", "paused") || !counted:
		return suspended("paused")
	case partition != 0 && u.GetGeneration() > 1:
		if updated > desired-partition {
			return suspended("stopped at its partition: the rest is updated by hand")
		}
		return progressing("updating up to its partition")
	case updated != desired:
		return progressing(fmt.Sprintf("%d of %d Pods updated", updated, desired))
	case count(u, "status", "numberAvailable") == desired:
		return healthy("")
	case count(u, "status", "numberUnavailable") == desired:
		return degraded("none of its Pods is available")
	}
	return progressing(fmt.Sprintf("%d of %d Pods available", count(u, "status", "numberAvailable"), desired))
}

func gameServerSet(u *unstructured.Unstructured) app.Health {
	replicas, ready := count(u, "status", "replicas"), count(u, "status", "updatedReadyReplicas")
	partition := count(u, "spec", "updateStrategy", "rollingUpdate", "partition")
	switch {
	case unseen(u):
		return progressing(notObserved)
	case flag(u, "spec", "updateStrategy", "rollingUpdate", "paused"):
		return suspended("paused")
	case partition != 0 && count(u, "status", "updatedReplicas") >= replicas-partition:
		return suspended("stopped at its partition: the rest is updated by hand")
	case ready == replicas:
		return healthy("")
	}
	return progressing(fmt.Sprintf("%d of %d game servers updated and ready", ready, replicas))
}

// unseen reports whether the status is not of the newest spec, or there is none.
func unseen(u *unstructured.Unstructured) bool {
	seen, ok := number(u, "status", "observedGeneration")
	return !ok || seen != u.GetGeneration()
}

// partitioned reports whether an update stops at a partition; the first spec is rolled out whole. A partition that is
// not set counts as one, since its default is the controller's to write.
func partitioned(u *unstructured.Unstructured, field ...string) bool {
	partition, ok := number(u, field...)
	return (!ok || partition != 0) && u.GetGeneration() > 1
}

func allAvailable(available, replicas int64) app.Health {
	if available == replicas {
		return healthy("")
	}
	return degraded(fmt.Sprintf("%d of %d replicas updated and available", available, replicas))
}
