package health

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// pod judges as Argo CD does, and looks at init containers as well, which it leaves out: a Pod that waits for ever for
// one of them is as broken as any other. A Pod that is to end is not Degraded while its image is waited for, or a hook
// would fail before it ran.
func pod(u *unstructured.Unstructured) app.Health {
	if stays(u) {
		if why := Why(u); why != "" {
			return degraded(why)
		}
	}
	switch text(u, "status", "phase") {
	case "Pending":
		return progressing(orElse(text(u, "status", "message"), orElse(Unscheduled(u), "pending")))
	case "Succeeded":
		return healthy(orElse(text(u, "status", "message"), "succeeded"))
	case "Failed":
		return degraded(failure(u))
	case "Running":
		return running(u)
	}
	return unknown("its phase is not known")
}

// stays reports whether a Pod is to run on: by its restart policy, or since it asks to be judged like one that does.
// A hook is always to end.
func stays(u *unstructured.Unstructured) bool {
	switch text(u, "spec", "restartPolicy") {
	case "", "Always":
		return true
	}
	annotations := u.GetAnnotations()
	_, hook := annotations[object.AnnotationHook]
	_, helm := annotations[object.AnnotationHelmHook]
	return annotations[object.AnnotationIgnoreRestart] == "true" && !hook && !helm
}

func running(u *unstructured.Unstructured) app.Health {
	if !stays(u) {
		return progressing("running")
	}
	if c := conditionOf(u, "Ready"); c.status == "True" {
		return healthy("")
	}
	for _, c := range containers(u) {
		if c.restarted && !c.init {
			return degraded(fmt.Sprintf("container %s is not ready and ended before: %s", c.name, orElse(c.last, "no reason given")))
		}
	}
	return progressing("not ready")
}

// Why returns the sentence that explains a Pod that cannot run, lifted from its containers, init containers among
// them: CrashLoopBackOff (restarts 7): "FATAL: …". It is "" for a Pod that has nothing to explain, and for other kinds.
func Why(u *unstructured.Unstructured) string {
	if u == nil || u.GetKind() != "Pod" || u.GroupVersionKind().Group != "" {
		return ""
	}
	var parts []string
	for _, c := range containers(u) {
		if stuck(c.waiting) {
			parts = append(parts, c.why())
		}
	}
	return strings.Join(parts, ", ")
}

// Unscheduled returns why a Pod has no node to run on; "" for one that has, and for other kinds.
func Unscheduled(u *unstructured.Unstructured) string {
	if u == nil || u.GetKind() != "Pod" || u.GroupVersionKind().Group != "" {
		return ""
	}
	c := conditionOf(u, "PodScheduled")
	if c.status != "False" {
		return ""
	}
	return strings.TrimSuffix(c.reason+": "+c.message, ": ")
}

// stuck reports whether a reason to wait is a failure.
func stuck(reason string) bool {
	return strings.HasPrefix(reason, "Err") || strings.HasSuffix(reason, "Error") || strings.HasSuffix(reason, "BackOff")
}

func failure(u *unstructured.Unstructured) string {
	if m := text(u, "status", "message"); m != "" {
		return m
	}
	for _, c := range containers(u) {
		switch {
		case c.endMessage != "":
			return c.endMessage
		case c.ended == "OOMKilled":
			return fmt.Sprintf("container %s ran out of memory (OOMKilled)", c.name)
		case c.exit != 0:
			return fmt.Sprintf("container %s failed with exit code %d", c.name, c.exit)
		}
	}
	return orElse(text(u, "status", "reason"), "failed")
}
