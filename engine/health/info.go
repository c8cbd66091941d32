package health

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// infos puts the kinds that have more to say than their health into words.
var infos = map[schema.GroupKind]func(*unstructured.Unstructured) string{
	{Group: "apps", Kind: "Deployment"}:           replicaInfo,
	{Group: "apps", Kind: "StatefulSet"}:          replicaInfo,
	{Group: "apps", Kind: "ReplicaSet"}:           replicaInfo,
	{Group: "apps", Kind: "DaemonSet"}:            daemonInfo,
	{Group: "argoproj.io", Kind: "Rollout"}:       replicaInfo,
	{Group: "batch", Kind: "Job"}:                 jobInfo,
	{Group: "batch", Kind: "CronJob"}:             cronJobInfo,
	{Kind: "Pod"}:                                 podInfo,
	{Kind: "Service"}:                             serviceInfo,
	{Kind: "PersistentVolumeClaim"}:               claimInfo,
	{Group: "networking.k8s.io", Kind: "Ingress"}: ingressInfo,
}

// Info returns a few words about an object for a list: "2/3 ready", "1/1 ready, 7 restarts", "ClusterIP 10.96.0.1:80",
// "1/1 complete", "Bound 1Gi". It is "" for nil and for kinds that have nothing to say.
func Info(u *unstructured.Unstructured) string {
	if u == nil {
		return ""
	}
	if info, ok := infos[u.GroupVersionKind().GroupKind()]; ok {
		return info(u)
	}
	return ""
}

func replicaInfo(u *unstructured.Unstructured) string {
	return fmt.Sprintf("%d/%d ready", count(u, "status", "readyReplicas"), wanted(u))
}

func daemonInfo(u *unstructured.Unstructured) string {
	return fmt.Sprintf("%d/%d ready", count(u, "status", "numberReady"), count(u, "status", "desiredNumberScheduled"))
}

func jobInfo(u *unstructured.Unstructured) string {
	completions, ok := number(u, "spec", "completions")
	if !ok {
		completions = 1
	}
	return fmt.Sprintf("%d/%d complete", count(u, "status", "succeeded"), completions)
}

func cronJobInfo(u *unstructured.Unstructured) string {
	s := text(u, "spec", "schedule")
	if n := len(list(u, "status", "active")); n > 0 {
		s += fmt.Sprintf(", %d running", n)
	}
	return s
}

// podInfo counts the containers that are to stay: an init container counts only while it runs beside the others.
func podInfo(u *unstructured.Unstructured) string {
	switch text(u, "status", "phase") {
	case "Succeeded":
		return "completed"
	case "Failed":
		return "failed"
	}
	ready, total, restarts := 0, 0, int64(0)
	for _, c := range containers(u) {
		restarts += c.restarts
		if c.init && (!c.ready || c.ended != "") {
			continue
		}
		total++
		if c.ready {
			ready++
		}
	}
	s := fmt.Sprintf("%d/%d ready", ready, total)
	switch restarts {
	case 0:
	case 1:
		s += ", 1 restart"
	default:
		s += fmt.Sprintf(", %d restarts", restarts)
	}
	return s
}

// serviceInfo writes type, address and ports; a node's port follows the Service's.
func serviceInfo(u *unstructured.Unstructured) string {
	var ports []string
	for _, p := range list(u, "spec", "ports") {
		port := &unstructured.Unstructured{Object: p}
		s := fmt.Sprint(count(port, "port"))
		if n := count(port, "nodePort"); n != 0 {
			s += fmt.Sprintf(":%d", n)
		}
		ports = append(ports, s)
	}
	address := text(u, "spec", "clusterIP")
	if outside := addresses(u); len(outside) > 0 {
		address = outside[0]
	}
	if name := text(u, "spec", "externalName"); name != "" {
		address = name
	}
	if address != "" && len(ports) > 0 {
		address += ":"
	}
	return strings.TrimSpace(orElse(text(u, "spec", "type"), "ClusterIP") + " " + address + strings.Join(ports, ","))
}

func ingressInfo(u *unstructured.Unstructured) string {
	var hosts []string
	for _, r := range list(u, "spec", "rules") {
		if h := str(r["host"]); h != "" {
			hosts = append(hosts, h)
		}
	}
	return strings.Join(hosts, ", ")
}

func claimInfo(u *unstructured.Unstructured) string {
	size := orElse(text(u, "status", "capacity", "storage"), text(u, "spec", "resources", "requests", "storage"))
	return strings.TrimSpace(text(u, "status", "phase") + " " + size)
}

// addresses returns what a load balancer gave an object.
func addresses(u *unstructured.Unstructured) []string {
	var out []string
	for _, i := range list(u, "status", "loadBalancer", "ingress") {
		if a := orElse(str(i["ip"]), str(i["hostname"])); a != "" {
			out = append(out, a)
		}
	}
	return out
}
