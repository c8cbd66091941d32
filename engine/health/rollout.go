package health

import (
	"strconv"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// rollout passes the phase of an Argo Rollout on once its controller has seen the newest spec; controllers before 1.0
// write no phase, and are judged like a Deployment.
func rollout(u *unstructured.Unstructured) app.Health {
	if !generationSeen(u) {
		return progressing(notObserved)
	}
	message := text(u, "status", "message")
	switch text(u, "status", "phase") {
	case "":
		return rolloutWithoutPhase(u)
	case "Healthy":
		return healthy(message)
	case "Degraded":
		return degraded(message)
	case "Paused":
		return suspended(message)
	}
	return progressing(message)
}

// generationSeen compares the generations that a Rollout notes, which it writes as text, with its own and that of the
// workload that it refers to. What is noted of a workload that it refers to no more does not count.
func generationSeen(u *unstructured.Unstructured) bool {
	if _, ok, _ := unstructured.NestedMap(u.Object, "status"); !ok {
		return false
	}
	seen, err := strconv.Atoi(text(u, "status", "observedGeneration"))
	if err == nil && int64(seen) < u.GetGeneration() {
		return false
	}
	annotations := u.GetAnnotations()
	if _, refers, _ := unstructured.NestedMap(u.Object, "spec", "workloadRef"); !refers || annotations == nil {
		return true
	}
	return annotations["rollout.argoproj.io/workload-generation"] == text(u, "status", "workloadObservedGeneration")
}

func rolloutWithoutPhase(u *unstructured.Unstructured) app.Health {
	if c := conditionOf(u, "InvalidSpec"); c.kind != "" {
		return degraded(c.message)
	}
	if c := conditionOf(u, "Progressing"); c.reason == "RolloutAborted" || c.reason == "ProgressDeadlineExceeded" {
		return degraded(orElse(c.message, c.reason))
	}
	if flag(u, "spec", "paused") || len(list(u, "status", "pauseConditions")) > 0 {
		return suspended("paused")
	}
	return rollingOut(count(u, "status", "replicas"), count(u, "status", "updatedReplicas"),
		count(u, "status", "availableReplicas"), wanted(u))
}
