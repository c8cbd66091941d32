package comparetest

import (
	"encoding/base64"
	"encoding/json"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// The objects whose certificate somebody else fills in. No other object is in a group of theirs.
var bundled = map[string]string{
	"a webhook that changes": `apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: comparetest-bundle}
webhooks:
- name: bundle.example.com
  admissionReviewVersions: [v1]
  sideEffects: None
  clientConfig: {service: {namespace: nowhere, name: hook}, caBundle: ""}
  rules: [{apiGroups: [bundle.example.com], apiVersions: [v1], operations: [UPDATE], resources: [nothings]}]
`,
	"a webhook that judges": `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: comparetest-bundle}
webhooks:
- name: bundle.example.com
  admissionReviewVersions: [v1]
  sideEffects: None
  clientConfig: {service: {namespace: nowhere, name: hook}, caBundle: ""}
  rules: [{apiGroups: [bundle.example.com], apiVersions: [v1], operations: [UPDATE], resources: [nothings]}]
`,
	"a conversion": `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: bundles.bundle.example.com}
spec:
  group: bundle.example.com
  scope: Namespaced
  names: {kind: Bundle, plural: bundles}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
  conversion:
    strategy: Webhook
    webhook:
      conversionReviewVersions: [v1]
      clientConfig: {service: {namespace: nowhere, name: hook}, caBundle: ""}
`,
}

// TestACertificateThatSomebodyElseFillsIn has the cainjector of cert-manager fill in what git has empty: nothing differs then, and an
// apply leaves it.
func TestACertificateThatSomebodyElseFillsIn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	config, err := playtest.Shared(t).Config()
	if err != nil {
		t.Fatal(err)
	}
	authority := base64.StdEncoding.EncodeToString(config.CAData)
	for name, manifest := range bundled {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b.inForce(t, manifest)
			want := wanted(read(manifest))
			apply := func() *unstructured.Unstructured {
				t.Helper()
				answer, err := b.cluster.Apply(t.Context(), object.ApplyRequest{Object: want})
				if err != nil {
					t.Fatal(err)
				}
				return answer.Object
			}
			fill(t, b, apply(), authority)
			live, err := b.live(t.Context(), want)
			if err != nil || bundleOf(live) != authority {
				t.Fatalf("the certificate is %q (%v)", bundleOf(live), err)
			}
			d, _, err := by(b.cluster, true, false, nil).Compare(t.Context(), want, live)
			if err != nil || d.Verdict != diff.InSync {
				t.Errorf("it is %s with %+v (%v)", d.Verdict, d.Changes, err)
			}
			if got := bundleOf(apply()); got != authority {
				t.Errorf("an apply makes the certificate %q", got)
			}
		})
	}
}

// holder returns the map of an object that has its certificate.
func holder(u *unstructured.Unstructured) map[string]any {
	at := u.Object
	if hooks, ok := at["webhooks"].([]any); ok {
		at = hooks[0].(map[string]any)
	} else {
		for _, field := range []string{"spec", "conversion", "webhook"} {
			at = at[field].(map[string]any)
		}
	}
	return at["clientConfig"].(map[string]any)
}

func bundleOf(u *unstructured.Unstructured) string {
	text, _ := holder(u)["caBundle"].(string)
	return text
}

// fill writes the certificate as a cainjector does: into the object as it found it.
func fill(t *testing.T, b *bench, live *unstructured.Unstructured, authority string) {
	t.Helper()
	r, err := b.cluster.Resource(t.Context(), live.GroupVersionKind())
	if err != nil {
		t.Fatal(err)
	}
	filled := live.DeepCopy()
	holder(filled)["caBundle"] = authority
	patch, err := json.Marshal(map[string]any{"webhooks": filled.Object["webhooks"], "spec": filled.Object["spec"]})
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.dynamic.Resource(r.GroupVersionResource()).Patch(
		t.Context(), live.GetName(), types.MergePatchType, patch, metav1.PatchOptions{FieldManager: "cainjector"})
	if err != nil {
		t.Fatal(err)
	}
}
