package health

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// rule judges an object of one kind.
type rule struct {
	assess func(*unstructured.Unstructured) app.Health
	// versions are those whose form the rule knows; empty is all.
	versions []string
}

// rules is the table of built-in kinds.
var rules = map[schema.GroupKind]rule{
	{Group: "apps", Kind: "Deployment"}:                               {deployment, []string{"v1"}},
	{Group: "apps", Kind: "StatefulSet"}:                              {statefulSet, []string{"v1"}},
	{Group: "apps", Kind: "DaemonSet"}:                                {daemonSet, []string{"v1"}},
	{Group: "apps", Kind: "ReplicaSet"}:                               {replicaSet, []string{"v1"}},
	{Kind: "Pod"}:                                                     {pod, []string{"v1"}},
	{Kind: "Service"}:                                                 {service, []string{"v1"}},
	{Kind: "PersistentVolumeClaim"}:                                   {claim, []string{"v1"}},
	{Group: "networking.k8s.io", Kind: "Ingress"}:                     {ingress, nil},
	{Group: "extensions", Kind: "Ingress"}:                            {ingress, nil},
	{Group: "batch", Kind: "Job"}:                                     {job, []string{"v1"}},
	{Group: "batch", Kind: "CronJob"}:                                 {cronJob, nil},
	{Group: "autoscaling", Kind: "HorizontalPodAutoscaler"}:           {autoscaler, []string{"v1", "v2"}},
	{Group: "apiregistration.k8s.io", Kind: "APIService"}:             {apiService, []string{"v1", "v1beta1"}},
	{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"}: {definition, nil},
	{Group: "policy", Kind: "PodDisruptionBudget"}:                    {disruptionBudget, nil},
	{Group: "argoproj.io", Kind: "Workflow"}:                          {workflow, nil},
	{Group: "argoproj.io", Kind: "Rollout"}:                           {rollout, nil},
	{Group: "argoproj.io", Kind: "ApplicationSet"}:                    {applicationSet, nil},
	{Group: "argoproj.io", Kind: "Application"}:                       {none, nil},
}

// customRules are the custom resources that a row of custom.yaml cannot judge.
var customRules = map[schema.GroupKind]rule{
	{Group: "apps.kruise.io", Kind: "CloneSet"}:                    {cloneSet, nil},
	{Group: "apps.kruise.io", Kind: "StatefulSet"}:                 {advancedStatefulSet, nil},
	{Group: "apps.kruise.io", Kind: "DaemonSet"}:                   {advancedDaemonSet, nil},
	{Group: "game.kruise.io", Kind: "GameServerSet"}:               {gameServerSet, nil},
	{Group: "elasticsearch.k8s.elastic.co", Kind: "Elasticsearch"}: {elasticsearch, nil},
	{Group: "kafka.banzaicloud.io", Kind: "KafkaCluster"}:          {kafkaCluster, nil},
	{Group: "cassandra.rook.io", Kind: "Cluster"}:                  {cassandra, nil},
	{Group: "opentelemetry.io", Kind: "OpenTelemetryCollector"}:    {collector, nil},
	{Group: "promoter.argoproj.io", Kind: "PromotionStrategy"}:     {promotionStrategy, nil},
	{Group: "serving.kserve.io", Kind: "InferenceService"}:         {inferenceService, nil},
	{Group: "sparkoperator.k8s.io", Kind: "SparkApplication"}:      {sparkApplication, nil},
	{Group: "work.karmada.io", Kind: "ResourceBinding"}:            {resourceBinding, nil},
	{Group: "work.karmada.io", Kind: "ClusterResourceBinding"}:     {resourceBinding, nil},
}

// ruleOf finds what judges a kind: its own rule, or its row in the table of custom resources.
func ruleOf(gk schema.GroupKind) (rule, bool) {
	if r, ok := rules[gk]; ok {
		return r, true
	}
	if builtinGroups[gk.Group] {
		return rule{}, false
	}
	if r, ok := customRules[gk]; ok {
		return r, true
	}
	if r, ok := rowOf(gk); ok {
		return rule{r.assess, nil}, true
	}
	return rule{}, false
}

// builtinGroups have kinds without a health of their own; anything in other groups is a custom resource.
var builtinGroups = map[string]bool{
	"": true, "apps": true, "batch": true, "autoscaling": true, "policy": true, "rbac.authorization.k8s.io": true,
	"networking.k8s.io": true, "storage.k8s.io": true, "scheduling.k8s.io": true, "coordination.k8s.io": true,
	"node.k8s.io": true, "discovery.k8s.io": true, "admissionregistration.k8s.io": true, "apiextensions.k8s.io": true,
	"apiregistration.k8s.io": true, "certificates.k8s.io": true, "events.k8s.io": true,
	"flowcontrol.apiserver.k8s.io": true, "resource.k8s.io": true, "extensions": true, "authentication.k8s.io": true,
	"authorization.k8s.io": true, "internal.apiserver.k8s.io": true, "storagemigration.k8s.io": true,
}

func none(*unstructured.Unstructured) app.Health { return app.Health{} }
