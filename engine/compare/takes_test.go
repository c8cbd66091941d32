package compare_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/engine/compare"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// managed gives an object a manager that wrote it without an apply.
func managed(u *unstructured.Unstructured, manager string) *unstructured.Unstructured {
	u.SetManagedFields([]metav1.ManagedFieldsEntry{{
		Manager: manager, Operation: metav1.ManagedFieldsOperationUpdate, APIVersion: "v1", FieldsV1: metav1.NewFieldsV1(`{"f:data":{}}`),
	}})
	return u
}

func TestFieldsThatAreTakenOverAreNotProven(t *testing.T) {
	t.Parallel()
	kubectl := object.ClientSideManagers[0]
	for name, c := range map[string]struct {
		manager string
		takes   []string
		asked   int
		verdict diff.Verdict
		want    []string
	}{
		"of kubectl":                    {kubectl, object.ClientSideManagers, 1, diff.OwnershipOnly, []string{kubectl}},
		"unless none are to be":         {kubectl, nil, 0, diff.InSync, nil},
		"unless somebody else has them": {"kubectl-edit", object.ClientSideManagers, 0, diff.InSync, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c2 := &cluster{proof: object.Unchanged, answer: managed(configMap("1", "red"), "wheelhouse")}
			by := comparer(c2, compare.NewMemo(), noon)
			by.Takes = func(*unstructured.Unstructured) []string { return c.takes }
			live := managed(configMap("1", "red"), c.manager)
			d, asked := verdict(t, by, c2, configMap("", "red"), live)
			if asked != c.asked || d.Verdict != c.verdict {
				t.Errorf("%s after %d questions, want %s after %d", d.Verdict, asked, c.verdict, c.asked)
			}
			if diff := cmp.Diff(c.want, d.Takes); diff != "" {
				t.Errorf("taken over (-want +got):\n%s", diff)
			}
			if again, asked := verdict(t, by, c2, configMap("", "red"), live); asked != 0 || again.Verdict != d.Verdict || !cmp.Equal(again.Takes, d.Takes) {
				t.Errorf("asked again: %d questions, %s, %v", asked, again.Verdict, again.Takes)
			}
		})
	}
}

func TestWhatStaysIsNotTaken(t *testing.T) {
	t.Parallel()
	kubectl := object.ClientSideManagers[0]
	c := &cluster{answer: managed(configMap("1", "red"), kubectl)}
	by := comparer(c, nil, noon)
	by.Takes = func(*unstructured.Unstructured) []string { return object.ClientSideManagers }
	d, _ := verdict(t, by, c, configMap("", "red"), managed(configMap("1", "red"), kubectl))
	if d.Verdict != diff.InSync || d.Takes != nil {
		t.Errorf("%s, takes %v: what the server leaves to kubectl is not ours to take", d.Verdict, d.Takes)
	}
}
