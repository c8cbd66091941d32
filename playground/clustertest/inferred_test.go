package clustertest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/kube"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// stateful is a StatefulSet with a claim for each of its Pods, given its name and that of its claims.
const stateful = `apiVersion: apps/v1
kind: StatefulSet
metadata: {name: %[1]s}
spec:
  replicas: 2
  podManagementPolicy: Parallel
  serviceName: %[1]s
  selector: {matchLabels: {app: %[1]s}}
  template:
    metadata: {labels: {app: %[1]s}}
    spec: {containers: [{name: db, image: "example/db:1", volumeMounts: [{name: %[2]s, mountPath: /data}]}]}
  volumeClaimTemplates:
  - metadata: {name: %[2]s}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
`

// token is a Secret that the cluster fills with the token of a ServiceAccount.
const token = `apiVersion: v1
kind: Secret
metadata: {name: robot-token, annotations: {kubernetes.io/service-account.name: robot}}
type: kubernetes.io/service-account-token
`

// inferred writes those edges of a tree that no owner reference makes, as "owner > kind/name", and the nodes among the kinds
// without an owner; sorted.
func inferred(nodes []object.Node) []string {
	names := map[types.UID]string{}
	for _, n := range nodes {
		names[n.UID] = n.Ref.Name
	}
	out := []string{}
	for _, n := range nodes {
		switch n.Ref.Kind {
		case "PersistentVolumeClaim", "Secret", "Endpoints":
			out = append(out, names[n.Parent]+" > "+n.Ref.Kind+"/"+n.Ref.Name)
		}
	}
	slices.Sort(out)
	return out
}

// TestTreeByNames wants below a StatefulSet its claims, below a ServiceAccount its tokens and below a Service its Endpoints.
func TestTreeByNames(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	roots := []*unstructured.Unstructured{
		b.apply(b.marked(b.object(fmt.Sprintf(stateful, "db", "data")))),
		b.apply(b.marked(b.object(fmt.Sprintf(stateful, "my-db", "data")))),
		b.apply(b.marked(b.object("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: robot}\n"))),
		b.apply(b.marked(b.object("apiVersion: v1\nkind: Service\nmetadata: {name: db}\nspec: {selector: {app: db}, ports: [{port: 5432}]}\n"))),
		// It belongs to a StatefulSet that is in no application.
		b.apply(b.object(fmt.Sprintf(stateful, "nobodys-db", "data"))),
	}
	b.apply(b.object(token))
	claim := `{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: %s}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}`
	for _, name := range []string{"data-db-7", "logs-db-0", "data-db-x"} {
		b.apply(b.object(fmt.Sprintf(claim, name)))
	}
	owned := b.object(fmt.Sprintf(claim, "data-db-8"))
	owned.SetOwnerReferences([]metav1.OwnerReference{{APIVersion: "v1", Kind: "ServiceAccount", Name: "robot", UID: roots[2].GetUID()}})
	b.apply(owned)
	want := []string{
		"db > Endpoints/db", "db > PersistentVolumeClaim/data-db-0", "db > PersistentVolumeClaim/data-db-1",
		"db > PersistentVolumeClaim/data-db-7", "my-db > PersistentVolumeClaim/data-my-db-0", "my-db > PersistentVolumeClaim/data-my-db-1",
		"nobodys-db > PersistentVolumeClaim/data-nobodys-db-0", "nobodys-db > PersistentVolumeClaim/data-nobodys-db-1",
		"robot > PersistentVolumeClaim/data-db-8", "robot > Secret/robot-token",
	}
	watched := b.newLine().cluster
	w := watch(t, watched)
	t.Run("the claims of a StatefulSet that was not kept are there at once", func(t *testing.T) {
		for _, name := range []string{"data-nobodys-db-0", "data-nobodys-db-1"} {
			w.hears(object.Event{Ref: b.ref("", "PersistentVolumeClaim", name)})
		}
		nodes, err := watched.Tree(t.Context(), roots[4:])
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want[6:8], inferred(nodes)); d != "" {
			t.Errorf("the tree (-want +got):\n%s", d)
		}
	})
	for name, k := range map[string]*kube.Cluster{"asked of the server": b.cluster, "from memory": watched} {
		t.Run(name, func(t *testing.T) {
			playtest.Eventually(t, playtest.Patience, "the tree is whole", func() error {
				nodes, err := k.Tree(t.Context(), roots)
				if err != nil {
					return err
				}
				nodes = k.Endpoints(t.Context(), nodes)
				if d := cmp.Diff(want, inferred(nodes)); d != "" {
					return fmt.Errorf("the tree (-want +got):\n%s", d)
				}
				for _, n := range nodes {
					if n.Object == nil || n.Object.GetUID() != n.UID || object.Of(n.Object) != n.Ref {
						return fmt.Errorf("the node of %s has the object %v", n.Ref, n.Object)
					}
				}
				return nil
			})
		})
	}

	t.Log("what becomes of a claim is told as the application's, and the claim is none of its objects")
	w.forget()
	b.apply(b.object(fmt.Sprintf(claim, "data-db-9")))
	w.hears(object.Event{Ref: b.ref("", "PersistentVolumeClaim", "data-db-9"), App: b.namespace})
	set, err := watched.Live(t.Context(), object.LiveQuery{App: b.namespace})
	if err != nil {
		t.Fatal(err)
	}
	for ref := range set.Objects {
		if ref.Kind == "PersistentVolumeClaim" || ref.Kind == "Secret" {
			t.Errorf("%s counts as the application's", ref)
		}
	}
}

// TestEndpointsThatAreDeclared wants Endpoints that are in a tree already moved below their Service, and those that belong to
// another object, or to a Service of another name, left alone.
func TestEndpointsThatAreDeclared(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	service := func(name string) *unstructured.Unstructured {
		return b.apply(b.object(fmt.Sprintf("{apiVersion: v1, kind: Service, metadata: {name: %s}, spec: {ports: [{port: 80}]}}", name)))
	}
	endpoints := func(name string, owners ...metav1.OwnerReference) *unstructured.Unstructured {
		u := b.object(fmt.Sprintf(`{apiVersion: v1, kind: Endpoints, metadata: {name: %s}, subsets: [{addresses: [{ip: 192.0.2.1}], ports: [{port: 80}]}]}`, name))
		u.SetOwnerReferences(owners)
		return b.apply(u)
	}
	settings := b.apply(b.configMap("settings"))
	owner := metav1.OwnerReference{APIVersion: "v1", Kind: "ConfigMap", Name: "settings", UID: settings.GetUID()}
	roots := []*unstructured.Unstructured{service("declared"), service("owned"), service("none"), endpoints("declared"), endpoints("alone")}
	endpoints("owned", owner)
	nodes, err := b.cluster.Tree(t.Context(), roots)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{" > Endpoints/alone", "declared > Endpoints/declared"}
	if d := cmp.Diff(want, inferred(b.cluster.Endpoints(t.Context(), nodes))); d != "" {
		t.Errorf("the tree (-want +got):\n%s", d)
	}
}

// TestTreeOfWhoMayNotReadSecrets wants the rest of a tree where tokens and Endpoints may not be read.
func TestTreeOfWhoMayNotReadSecrets(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	user, line := b.tenant()
	b.grant(user, "pods", "replicasets", "persistentvolumeclaims")
	roots := []*unstructured.Unstructured{
		b.apply(b.object("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: robot}\n")),
		b.apply(b.object("apiVersion: v1\nkind: Service\nmetadata: {name: db}\nspec: {selector: {app: db}, ports: [{port: 5432}]}\n")),
		b.apply(b.object(fmt.Sprintf(stateful, "db", "data"))),
	}
	b.apply(b.object(token))
	playtest.Eventually(t, playtest.Patience, "the claims are shown", func() error {
		nodes, err := line.cluster.Tree(t.Context(), roots)
		if err != nil {
			return err
		}
		got := inferred(line.cluster.Endpoints(t.Context(), nodes))
		if d := cmp.Diff([]string{"db > PersistentVolumeClaim/data-db-0", "db > PersistentVolumeClaim/data-db-1"}, got); d != "" {
			return fmt.Errorf("the tree (-want +got):\n%s", d)
		}
		return nil
	})
}
