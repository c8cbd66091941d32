package object

// kindOrder is the order in which Argo CD applies kinds within a wave
// (gitops-engine/pkg/sync/sync_tasks.go); kinds that are not listed come last.
var kindOrder = indexed(
	"Namespace", "NetworkPolicy", "ResourceQuota", "LimitRange", "PodSecurityPolicy", "PodDisruptionBudget",
	"ServiceAccount", "Secret", "SecretList", "ConfigMap", "StorageClass", "PersistentVolume", "PersistentVolumeClaim",
	"CustomResourceDefinition", "ClusterRole", "ClusterRoleList", "ClusterRoleBinding", "ClusterRoleBindingList",
	"Role", "RoleList", "RoleBinding", "RoleBindingList", "Service", "DaemonSet", "Pod", "ReplicationController",
	"ReplicaSet", "Deployment", "HorizontalPodAutoscaler", "StatefulSet", "Job", "CronJob", "IngressClass", "Ingress",
	"APIService",
)

func indexed(kinds ...string) map[string]int {
	m := make(map[string]int, len(kinds))
	for i, k := range kinds {
		m[k] = i
	}
	return m
}

// KindRank returns the place of a kind in the order of application: lower is applied earlier, and all kinds that the
// order does not list share the last place.
func KindRank(kind string) int {
	if i, ok := kindOrder[kind]; ok {
		return i
	}
	return len(kindOrder)
}

// Rank returns the place of an object in that order. A namespace has that of Namespaces, whatever its kind is called.
func Rank(ref Ref) int {
	if IsNamespace(ref) {
		return KindRank("Namespace")
	}
	return KindRank(ref.Kind)
}
