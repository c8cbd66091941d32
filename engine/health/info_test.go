package health_test

import (
	"bytes"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/engine/health"
)

func parse(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	u := &unstructured.Unstructured{}
	if err := yaml.NewYAMLOrJSONDecoder(bytes.NewReader([]byte(text)), 4096).Decode(u); err != nil {
		t.Fatal(err)
	}
	return u
}

func TestInfo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ object, want string }{
		"a Deployment":            {`{apiVersion: apps/v1, kind: Deployment, spec: {replicas: 3}, status: {readyReplicas: 2}}`, "2/3 ready"},
		"a Deployment by default": {`{apiVersion: apps/v1, kind: Deployment}`, "0/1 ready"},
		"a DaemonSet":             {`{apiVersion: apps/v1, kind: DaemonSet, status: {numberReady: 1, desiredNumberScheduled: 4}}`, "1/4 ready"},
		"a StatefulSet":           {`{apiVersion: apps/v1, kind: StatefulSet, spec: {replicas: 2}, status: {readyReplicas: 1}}`, "1/2 ready"},
		"a ReplicaSet":            {`{apiVersion: apps/v1, kind: ReplicaSet, spec: {replicas: 2}, status: {readyReplicas: 2}}`, "2/2 ready"},
		"a Rollout":               {`{apiVersion: argoproj.io/v1alpha1, kind: Rollout, spec: {replicas: 5}, status: {readyReplicas: 4}}`, "4/5 ready"},
		"a Pod that restarts":     {`{apiVersion: v1, kind: Pod, status: {containerStatuses: [{name: a, restartCount: 2}]}}`, "0/1 ready, 2 restarts"},
		"a Pod that begins":       {`{apiVersion: v1, kind: Pod, status: {initContainerStatuses: [{name: i, state: {running: {}}}], containerStatuses: [{name: a}]}}`, "0/1 ready"},
		"a CronJob at rest":       {`{apiVersion: batch/v1, kind: CronJob, spec: {schedule: "0 3 * * *"}}`, "0 3 * * *"},
		"a Service by default":    {`{apiVersion: v1, kind: Service, spec: {ports: [{port: 80}]}}`, "ClusterIP 80"},
		"a balancer's address":    {`{apiVersion: v1, kind: Service, spec: {type: LoadBalancer, ports: [{port: 80}]}, status: {loadBalancer: {ingress: [{}, {ip: 192.0.2.1, hostname: lb.example.com}]}}}`, "LoadBalancer 192.0.2.1:80"},
		"a Pod":                   {`{apiVersion: v1, kind: Pod, status: {containerStatuses: [{name: a, ready: true, restartCount: 3}, {name: b}]}}`, "1/2 ready, 3 restarts"},
		"a Pod that restarted":    {`{apiVersion: v1, kind: Pod, status: {containerStatuses: [{name: a, ready: true, restartCount: 1}]}}`, "1/1 ready, 1 restart"},
		"a Pod with a sidecar":    {`{apiVersion: v1, kind: Pod, status: {initContainerStatuses: [{name: s, ready: true}, {name: i, ready: true, state: {terminated: {reason: Completed}}}], containerStatuses: [{name: a}]}}`, "1/2 ready"},
		"a Pod that is done":      {`{apiVersion: v1, kind: Pod, status: {phase: Succeeded}}`, "completed"},
		"a Pod that failed":       {`{apiVersion: v1, kind: Pod, status: {phase: Failed}}`, "failed"},
		"a Job":                   {`{apiVersion: batch/v1, kind: Job, status: {succeeded: 1}}`, "1/1 complete"},
		"a Job of several":        {`{apiVersion: batch/v1, kind: Job, spec: {completions: 5}, status: {succeeded: 2}}`, "2/5 complete"},
		"a CronJob":               {`{apiVersion: batch/v1, kind: CronJob, spec: {schedule: "0 3 * * *"}, status: {active: [{name: a}]}}`, "0 3 * * *, 1 running"},
		"a Service":               {`{apiVersion: v1, kind: Service, spec: {type: ClusterIP, clusterIP: 10.96.0.1, ports: [{port: 80}]}}`, "ClusterIP 10.96.0.1:80"},
		"a Service on nodes":      {`{apiVersion: v1, kind: Service, spec: {type: NodePort, clusterIP: 10.96.0.1, ports: [{port: 80, nodePort: 31080}, {port: 443}]}}`, "NodePort 10.96.0.1:80:31080,443"},
		"a Service of a balancer": {`{apiVersion: v1, kind: Service, spec: {type: LoadBalancer, clusterIP: 10.96.0.1, ports: [{port: 80}]}, status: {loadBalancer: {ingress: [{hostname: lb.example.com}]}}}`, "LoadBalancer lb.example.com:80"},
		"a Service elsewhere":     {`{apiVersion: v1, kind: Service, spec: {type: ExternalName, externalName: db.example.com}}`, "ExternalName db.example.com"},
		"an Ingress":              {`{apiVersion: networking.k8s.io/v1, kind: Ingress, spec: {rules: [{host: a.example.com}, {}, {host: b.example.com}]}}`, "a.example.com, b.example.com"},
		"a claim":                 {`{apiVersion: v1, kind: PersistentVolumeClaim, status: {phase: Bound, capacity: {storage: 1Gi}}}`, "Bound 1Gi"},
		"a claim that waits":      {`{apiVersion: v1, kind: PersistentVolumeClaim, spec: {resources: {requests: {storage: 2Gi}}}, status: {phase: Pending}}`, "Pending 2Gi"},
		"a kind with nothing":     {`{apiVersion: v1, kind: ConfigMap}`, ""},
		"another group's Service": {`{apiVersion: serving.knative.dev/v1, kind: Service}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := health.Info(parse(t, c.object)); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	if got := health.Info(nil); got != "" {
		t.Errorf("nil has %q to say", got)
	}
}

func TestWhy(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"core-pod/pod-degraded-crashing":     `CrashLoopBackOff (restarts 7): "FATAL: no database"`,
		"core-pod/pod-degraded-init":         `CrashLoopBackOff (restarts 2): "FATAL: no database"`,
		"core-pod/pod-healthy":               "",
		"core-pod/pod-progressing-creating":  "",
		"apps-deployment/deployment-healthy": "",
	} {
		u, _, _ := fixture(t, "testdata/"+file+".yaml")
		if got := health.Why(u); got != want {
			t.Errorf("%s: got %q, want %q", file, got, want)
		}
	}
	if got := health.Why(nil) + health.Unscheduled(nil); got != "" {
		t.Errorf("nil has %q to say", got)
	}
	const status = "status: {containerStatuses: [{name: web, state: {waiting: {reason: ErrImagePull}}}], conditions: [{type: PodScheduled, status: 'False', reason: Unschedulable}]}}"
	for object, want := range map[string]string{"{apiVersion: v1, kind: Pod, ": "ErrImagePull Unschedulable", "{apiVersion: example.com/v1, kind: Pod, ": " ", "{apiVersion: v1, kind: Node, ": " "} {
		u := parse(t, object+status)
		if got := health.Why(u) + " " + health.Unscheduled(u); got != want {
			t.Errorf("%s: got %q, want %q", object, got, want)
		}
	}
}
