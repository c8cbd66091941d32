package diff

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestFieldsThatGitDoesNotName(t *testing.T) {
	t.Parallel()
	entry := func(manager string, op metav1.ManagedFieldsOperationType, subresource, fields string) metav1.ManagedFieldsEntry {
		return metav1.ManagedFieldsEntry{Manager: manager, Operation: op, Subresource: subresource, FieldsV1: metav1.NewFieldsV1(fields)}
	}
	live := of(t, web)
	live.SetManagedFields([]metav1.ManagedFieldsEntry{
		entry("wheelhouse", "Apply", "", `{"f:spec":{"f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"web\"}":{".":{},"f:image":{},"f:args":{}}}}}}}`),
		entry("kubectl-edit", "Update", "", `{"f:metadata":{"f:annotations":{".":{},"f:example.com/note":{}}},"f:spec":{"f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"web\"}":{"f:image":{},"f:args":{},"f:tty":{}},"k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{".":{},"f:hostPort":{}}}}}}}`),
		entry("autoscaler", "Apply", "", `{"f:spec":{"f:replicas":{}}}`),
		entry("kube-controller-manager", "Update", "status", `{"f:status":{"f:replicas":{}}}`),
		entry("wheelhouse", "Update", "", `{"f:spec":{"f:paused":{}}}`),
	})
	want := []Field{
		{Path: `.metadata.annotations["example.com/note"]`, Manager: "kubectl-edit", Operation: "Update"},
		{Path: ".spec.replicas", Manager: "autoscaler", Operation: "Apply"},
		{Path: ".spec.template.spec.containers[containerPort=80,protocol=TCP].hostPort", Manager: "kubectl-edit", Operation: "Update"},
		{Path: ".spec.template.spec.containers[web].tty", Manager: "kubectl-edit", Operation: "Update"},
	}
	if d := cmp.Diff(want, ForeignFields(live, nil)); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if got := ForeignFields(of(t, web), nil); got != nil {
		t.Errorf("an object without managers has %v", got)
	}
}

// TestAChangedFieldOfGitIsNotForeign has somebody write over fields that git names, and so take them from us.
func TestAChangedFieldOfGitIsNotForeign(t *testing.T) {
	t.Parallel()
	live := of(t, web)
	live.SetManagedFields([]metav1.ManagedFieldsEntry{{
		Manager: "kubectl-patch", Operation: metav1.ManagedFieldsOperationUpdate,
		FieldsV1: metav1.NewFieldsV1(`{"f:metadata":{"f:finalizers":{"v:\"a\"":{},"v:\"b\"":{}},"f:labels":{"f:theirs":{}}},"f:spec":{"f:replicas":{},` +
			`"f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"web\"}":{"f:image":{},"f:tty":{}},"k:{\"name\":\"other\"}":{"f:image":{}}}}}}}`),
	}})
	want := of(t, `{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, finalizers: [a]},
  spec: {replicas: 2, template: {spec: {containers: [{name: web, image: one}]}}}}`)
	var got []string
	for _, f := range ForeignFields(live, want) {
		got = append(got, f.Path)
	}
	left := []string{
		`.metadata.finalizers["b"]`, ".metadata.labels.theirs",
		".spec.template.spec.containers[other].image", ".spec.template.spec.containers[web].tty",
	}
	if d := cmp.Diff(left, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestTheGroundIsNotSaidTwice(t *testing.T) {
	t.Parallel()
	missing := apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "web")
	d := Compare(t.Context(), Input{Asked: true, Desired: of(t, web), Err: missing, App: "web", Installation: "here"})
	if d.How != Shape || !d.SaysGround() {
		t.Errorf("the reason %q does not say that it is %s", d.Reason, d.Ground())
	}
	if d := (Diff{How: Server, Reason: "missing"}); d.SaysGround() {
		t.Error("a reason says what it does not")
	}
}

func TestTheGroundOfAVerdictInWords(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]Diff{
		"checked by the server":                           {How: Server},
		"proven by the merge that the server makes":       {How: Proof},
		"not checked: the server was not asked: no right": {How: Proof, Unchecked: "the server was not asked: no right"},
		"checked for its form only":                       {How: Shape},
		"checked by the definition of its kind in git":    {How: Schema},
		"compared without a cluster":                      {How: Texts},
		"found by the application's mark":                 {How: Proof, Verdict: Prune},
		"not checked":                                     {},
	} {
		if got := d.Ground(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
