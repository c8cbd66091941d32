package health

import (
	"fmt"
	"math"
	"strconv"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// sparkApplication judges by its state; a running one is healthy with as many executors as it asks for.
func sparkApplication(u *unstructured.Unstructured) app.Health {
	message := text(u, "status", "applicationState", "errorMessage")
	switch state := text(u, "status", "applicationState", "state"); state {
	case "RUNNING":
		return sparkRunning(u)
	case "COMPLETED":
		return healthy("completed")
	case "FAILED", "SUBMISSION_FAILED", "FAILING":
		return degraded(orElse(message, "state "+state))
	case "INVALIDATING":
		return app.Health{Status: app.Missing, Message: "it is being submitted anew"}
	case "":
		return progressing("waiting to be submitted")
	default:
		return progressing("state " + state)
	}
}

func sparkRunning(u *unstructured.Unstructured) app.Health {
	states, _, _ := unstructured.NestedStringMap(u.Object, "status", "executorState")
	var running int64
	for _, s := range states {
		if s == "RUNNING" {
			running++
		}
	}
	least, most := sparkExecutors(u)
	// What is asked for by number is enough, also where allocation is dynamic.
	asked, byNumber := number(u, "spec", "executor", "instances")
	if states == nil || (!byNumber || running != asked) && (running < least || running > most) {
		return progressing(fmt.Sprintf("%d executors running, at least %d are asked for", running, least))
	}
	return healthy("running")
}

// sparkExecutors returns how many executors an application may have: what dynamic allocation allows, in the spec or in
// Spark's own properties, or as many as it says; else any number from one.
func sparkExecutors(u *unstructured.Unstructured) (least, most int64) {
	if flag(u, "spec", "dynamicAllocation", "enabled") {
		return count(u, "spec", "dynamicAllocation", "minExecutors"), limit(u, "spec", "dynamicAllocation", "maxExecutors")
	}
	properties, _, _ := unstructured.NestedStringMap(u.Object, "spec", "sparkConf")
	for _, prefix := range []string{"spark.streaming.dynamicAllocation.", "spark.dynamicAllocation."} {
		if properties[prefix+"enabled"] == "true" {
			return property(properties[prefix+"minExecutors"], 0), property(properties[prefix+"maxExecutors"], math.MaxInt64)
		}
	}
	if n, ok := number(u, "spec", "executor", "instances"); ok {
		return n, n
	}
	return 1, math.MaxInt64
}

func limit(u *unstructured.Unstructured, path ...string) int64 {
	if n, ok := number(u, path...); ok {
		return n
	}
	return math.MaxInt64
}

func property(s string, other int64) int64 {
	if n, err := strconv.Atoi(s); err == nil {
		return int64(n)
	}
	return other
}
