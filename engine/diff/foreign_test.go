package diff

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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
	if d := cmp.Diff(want, ForeignFields(live)); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if got := ForeignFields(of(t, web)); got != nil {
		t.Errorf("an object without managers has %v", got)
	}
}

func TestTheGroundOfAVerdictInWords(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]Diff{
		"checked by the server":                           {How: Server},
		"proven by the merge that the server makes":       {How: Proof},
		"not checked: the server was not asked: no right": {How: Proof, Unchecked: "the server was not asked: no right"},
		"checked for its form only":                       {How: Shape},
		"compared without a cluster":                      {How: Texts},
		"found by the application's mark":                 {How: Proof, Verdict: Prune},
		"not checked":                                     {},
	} {
		if got := d.Ground(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
