package health

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// elasticsearch counts nodes first, for the colour is of those that are there.
func elasticsearch(u *unstructured.Unstructured) app.Health {
	available, counted := number(u, "status", "availableNodes")
	var wanted int64
	for _, set := range list(u, "spec", "nodeSets") {
		n, _ := asNumber(set["count"])
		wanted += int64(n)
	}
	phase, colour := text(u, "status", "phase"), text(u, "status", "health")
	switch {
	case counted && available < wanted:
		return progressing(fmt.Sprintf("%d of %d nodes available", available, wanted))
	case !counted || available > wanted || colour == "":
		return unknown("its operator does not know its state")
	case phase == "ApplyingChanges" || phase == "MigratingData":
		return progressing("phase " + phase)
	case phase == "Invalid":
		return degraded("phase Invalid")
	case phase == "Ready" && colour == "green":
		return healthy("")
	case phase == "Ready" && colour == "yellow":
		return progressing("health yellow: replicas of shards are missing")
	case phase == "Ready" && colour == "red":
		return degraded("health red: shards are missing")
	}
	return unknown("its operator does not know its state")
}

// kafkaCluster judges a cluster of the Koperator by its brokers, then by itself.
func kafkaCluster(u *unstructured.Unstructured) app.Health {
	state, topic := text(u, "status", "state"), text(u, "status", "cruiseControlTopicStatus")
	brokers, _, _ := unstructured.NestedMap(u.Object, "status", "brokersState")
	if state == "ClusterRollingUpgrading" || brokers == nil {
		return progressing(orElse(state, "waiting for its brokers"))
	}
	ready := 0
	for _, b := range brokers {
		m, _ := b.(map[string]any)
		broker := &unstructured.Unstructured{Object: m}
		settled := text(broker, "gracefulActionState", "cruiseControlState")
		if text(broker, "configurationState") == "ConfigInSync" &&
			(settled == "GracefulUpscaleSucceeded" || settled == "GracefulDownscaleSucceeded") {
			ready++
		}
	}
	switch {
	case ready != len(brokers):
		return degraded(fmt.Sprintf("%d of %d brokers are configured and in balance", ready, len(brokers)))
	case topic == "CruiseControlTopicReady" && state == "ClusterRunning":
		return healthy("")
	}
	return progressing(orElse(state, "waiting for Cruise Control"))
}

// cassandra waits until every rack has all its members.
func cassandra(u *unstructured.Unstructured) app.Health {
	racks, ok, _ := unstructured.NestedMap(u.Object, "status", "racks")
	if !ok {
		return progressing("waiting for its racks")
	}
	for name, r := range racks {
		m, _ := r.(map[string]any)
		rack := &unstructured.Unstructured{Object: m}
		members, counted := number(rack, "members")
		ready, known := number(rack, "readyMembers")
		if counted && known && members != ready {
			return progressing(fmt.Sprintf("rack %s: %d of %d members ready", name, ready, members))
		}
	}
	return healthy("")
}
