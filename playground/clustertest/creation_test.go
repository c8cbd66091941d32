package clustertest

import (
	"context"
	"fmt"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// creatable are objects of kinds that the API server keeps in ways of their own; %s is a name that no other test has.
var creatable = map[string]string{
	"ConfigMap":      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {a: b}\n",
	"Namespace":      "apiVersion: v1\nkind: Namespace\nmetadata: {name: %s}\n",
	"Service":        "apiVersion: v1\nkind: Service\nmetadata: {name: %s}\nspec: {type: NodePort, selector: {a: b}, ports: [{port: 80}]}\n",
	"ServiceAccount": "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: %s}\n",
	"Secret":         "apiVersion: v1\nkind: Secret\nmetadata: {name: %s}\ndata: {a: Yg==}\n",
	"PVC":            "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: %s}\nspec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n",
	"Pod":            "apiVersion: v1\nkind: Pod\nmetadata: {name: %s}\nspec: {nodeSelector: {no: such}, containers: [{name: a, image: a}]}\n",
	"Deployment":     "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: %s}\nspec: {replicas: 0, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: a}]}}}\n",
	"StatefulSet":    "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: %s}\nspec: {replicas: 0, serviceName: a, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: a}]}}}\n",
	"Job":            "apiVersion: batch/v1\nkind: Job\nmetadata: {name: %s}\nspec: {suspend: true, template: {spec: {restartPolicy: Never, containers: [{name: a, image: a}]}}}\n",
	"CronJob":        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: %s}\nspec: {schedule: '0 0 1 1 *', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: a}]}}}}}\n",
	"ClusterRole":    "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: %s}\nrules: [{apiGroups: [''], resources: [pods], verbs: [get]}]\n",
	"RoleBinding":    "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: %s}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}\n",
	"Ingress":        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: %s}\nspec: {defaultBackend: {service: {name: a, port: {number: 80}}}}\n",
	"PDB":            "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: %s}\nspec: {minAvailable: 1, selector: {matchLabels: {a: b}}}\n",
	"HPA":            "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: %s}\nspec: {maxReplicas: 2, scaleTargetRef: {kind: Deployment, name: a, apiVersion: apps/v1}}\n",
	"StorageClass":   "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: %s}\nprovisioner: a\n",
	"PriorityClass":  "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: %s}\nvalue: 1\n",
	"Webhook":        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: %s}\n",
	"CRD":            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things.%s.example.com}\nspec: {group: %[1]s.example.com, scope: Namespaced, names: {kind: Thing, plural: things}, versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]}\n",
}

// TestANewObjectIsNotAppliedOverOneThatIsThere makes objects of many kinds as new ones, twice.
func TestANewObjectIsNotAppliedOverOneThatIsThere(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	for kind, text := range creatable {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			u := b.object(fmt.Sprintf(text, b.namespace+"-new"))
			r, err := b.cluster.Resource(t.Context(), u.GroupVersionKind())
			if err != nil {
				t.Fatal(err)
			}
			if !r.Namespaced {
				u.SetNamespace("")
				t.Cleanup(func() { b.unmake(t, r, u) })
			}
			b.madeOnce(t, u)
		})
	}
	t.Run("a custom resource", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, nil)
		b.define()
		gvk := schema.GroupVersionKind{Group: b.group(), Version: "v1", Kind: "Widget"}
		playtest.Eventually(t, playtest.Patience, "the kind is served", func() error {
			_, err := b.cluster.Resource(t.Context(), gvk)
			return err
		})
		b.madeOnce(t, b.object("apiVersion: "+b.group()+"/v1\nkind: Widget\nmetadata: {name: widget}\nspec: {colour: red}\n"))
	})
}

// madeOnce makes an object that must be new. A second time, and as a dry run, the server refuses it, though nothing differs.
func (b *bench) madeOnce(t *testing.T, u *unstructured.Unstructured) {
	t.Helper()
	request := func(dry bool) object.ApplyRequest {
		return object.ApplyRequest{Object: u, New: true, NoForce: true, DryRun: dry}
	}
	if _, err := b.cluster.Apply(t.Context(), request(true)); err != nil {
		t.Fatalf("a dry run before it is there: %v", err)
	}
	answer, err := b.cluster.Apply(t.Context(), request(false))
	if err != nil {
		t.Fatalf("it was not made: %v", err)
	}
	for _, m := range answer.Object.GetManagedFields() {
		if m.Manager == object.FieldManager && m.Operation != metav1.ManagedFieldsOperationApply {
			t.Errorf("its fields are managed by %s of %s", m.Operation, m.Manager)
		}
	}
	if v := answer.Object.GetResourceVersion(); v == "" || v == "1" || u.GetResourceVersion() != "" {
		t.Errorf("its version is %q, and that of what was applied %q", v, u.GetResourceVersion())
	}
	for _, dry := range []bool{true, false} {
		_, err := b.cluster.Apply(t.Context(), request(dry))
		if !apierrors.IsConflict(err) || apierrors.HasStatusCause(err, metav1.CauseTypeFieldManagerConflict) {
			t.Errorf("again, as a dry run %v: %v", dry, err)
		}
	}
}

// unmake deletes an object that is in no namespace, after its test.
func (b *bench) unmake(t *testing.T, r object.Resource, u *unstructured.Unstructured) {
	t.Helper()
	err := b.dynamic.Resource(r.GroupVersionResource()).Delete(context.WithoutCancel(t.Context()), u.GetName(), metav1.DeleteOptions{})
	if err != nil {
		t.Error(err)
	}
}
