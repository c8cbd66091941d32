package e2e

import (
	"fmt"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// deny has a ValidatingAdmissionPolicy deny operations on objects of the core group for which an expression is false.
func (e eyes) deny(name, resources, expression string, operations ...admissionv1.OperationType) {
	e.t.Helper()
	policies, bindings := e.client.AdmissionregistrationV1().ValidatingAdmissionPolicies(), e.client.AdmissionregistrationV1().ValidatingAdmissionPolicyBindings()
	meta := metav1.ObjectMeta{Name: name}
	policy := &admissionv1.ValidatingAdmissionPolicy{ObjectMeta: meta, Spec: admissionv1.ValidatingAdmissionPolicySpec{
		MatchConstraints: &admissionv1.MatchResources{ResourceRules: []admissionv1.NamedRuleWithOperations{{RuleWithOperations: admissionv1.RuleWithOperations{
			Operations: operations,
			Rule:       admissionv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{resources}},
		}}}},
		Validations: []admissionv1.Validation{{Expression: expression, Message: "the policy " + name + " denies it"}},
	}}
	if _, err := policies.Create(e.t.Context(), policy, metav1.CreateOptions{}); err != nil {
		e.t.Fatal(err)
	}
	binding := &admissionv1.ValidatingAdmissionPolicyBinding{ObjectMeta: meta, Spec: admissionv1.ValidatingAdmissionPolicyBindingSpec{
		PolicyName: name, ValidationActions: []admissionv1.ValidationAction{admissionv1.Deny},
	}}
	if _, err := bindings.Create(e.t.Context(), binding, metav1.CreateOptions{}); err != nil {
		e.t.Fatal(err)
	}
}

// TestNamespaceIsCheckedByTheServer plans the namespace of the destination, and a change of its metadata: what the server denies, and
// what the caller may not do, is told before anything is written.
func TestNamespaceIsCheckedByTheServer(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	see := w.see()
	see.deny("no-barred-namespaces", "namespaces", "object.metadata.name != 'barred'", admissionv1.Create, admissionv1.Update)
	see.deny("no-labels-of-rome", "namespaces", "!has(object.metadata.labels) || !('team' in object.metadata.labels) || object.metadata.labels['team'] != 'rome'",
		admissionv1.Create, admissionv1.Update)
	repo := newRepository(t, w.play, "checked", map[string]string{"settings.yaml": configMap("settings", "one")})
	w.create("barred", repo)
	w.create("checked", repo)
	spec := "  syncPolicy:\n    syncOptions: [CreateNamespace=true]\n    managedNamespaceMetadata: {labels: {team: %s}}\n"
	w.createFrom("labelled", repo, fmt.Sprintf(spec, "rome"))

	t.Run("a policy that denies it", func(t *testing.T) {
		w := w.in(t)
		eventuallyPrints(w, []string{"the policy no-barred-namespaces denies it"}, "app", "plan", "barred")
		contains(t, rowOf(t, w.must("app", "plan", "barred"), "Namespace/barred"), "server", "refused: ", "the policy no-barred-namespaces denies it")
		contains(t, w.expect(4, "app", "sync", "barred", "--dry-run").out, "the policy no-barred-namespaces denies it")
	})
	t.Run("a policy that denies its metadata", func(t *testing.T) {
		w := w.in(t)
		see.namespace("labelled")
		eventuallyPrints(w, []string{"the policy no-labels-of-rome denies it"}, "app", "plan", "labelled")
		contains(t, rowOf(t, w.must("app", "plan", "labelled"), "Namespace/labelled"), "change", "server", "refused: ")
	})
	t.Run("a right that is missing", func(t *testing.T) {
		viewer := w.in(t).as("viewer", "viewers")
		contains(t, rowOf(t, viewer.must("app", "plan", "checked"), "Namespace/checked"), "not checked", "refused: ", `"viewer" cannot patch resource "namespaces"`)
	})
	t.Run("what is allowed", func(t *testing.T) {
		w := w.in(t)
		row := rowOf(t, w.must("app", "plan", "checked"), "Namespace/checked")
		if contains(t, row, "create", "server", "the destination's namespace is missing"); strings.Contains(row, "refused") {
			t.Errorf("it is refused: %s", row)
		}
		contains(t, w.must("app", "sync", "checked", "--dry-run"), "Namespace/checked  created")
		see.absent("namespace", "", "checked")
		w.must("app", "sync", "checked")
		see.present("namespace", "", "checked")
	})
}

// TestNamespaceMetadataIsNoPartOfTheComparison asks for another label of the namespace: the application stays Synced, and a plan shows
// what the next sync writes.
func TestNamespaceMetadataIsNoPartOfTheComparison(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "named", map[string]string{"settings.yaml": configMap("settings", "one")})
	w.createFrom("named", repo, "  syncPolicy:\n    syncOptions: [CreateNamespace=true]\n    managedNamespaceMetadata: {labels: {team: red}}\n")
	w.must("app", "sync", "named")
	w.editDocument("named", "team: red", "team: blue")
	contains(t, w.must("app", "refresh", "named"), "Synced")
	w.expect(0, "app", "diff", "named")
	contains(t, rowOf(t, w.must("app", "plan", "named"), "Namespace/named"), "change", "does not count as out of sync")
	w.must("app", "sync", "named")
	live, err := w.see().client.CoreV1().Namespaces().Get(t.Context(), "named", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := live.Labels["team"]; got != "blue" {
		t.Errorf("the label is %q", got)
	}
	if out := w.must("app", "plan", "named"); strings.Contains(out, "Namespace/named") {
		t.Errorf("there is more to be done:\n%s", out)
	}
}
