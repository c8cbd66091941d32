package comparetest

import (
	"context"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/engine/compare"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// labelling is a policy that gives every LimitRange a label, and no other kind, so that it is in no other test's way.
const labelling = `apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicy
metadata: {name: comparetest-labelling}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [limitranges]}
  failurePolicy: Fail
  reinvocationPolicy: Never
  mutations:
  - patchType: ApplyConfiguration
    applyConfiguration:
      expression: 'Object{metadata: Object.metadata{labels: {"admitted": "yes"}}}'
`

const labellingBinding = `apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicyBinding
metadata: {name: comparetest-labelling}
spec: {policyName: comparetest-labelling}
`

func TestWhereAPolicyChangesObjectsTheServerDecides(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	want := wanted(b.place(read("apiVersion: v1\nkind: LimitRange\nspec: {limits: [{type: Pod, max: {cpu: \"2\"}}]}\n"), "limits"))
	answer, err := b.cluster.Apply(t.Context(), object.ApplyRequest{Object: want})
	if err != nil {
		t.Fatal(err)
	}
	live, gvk := answer.Object, schema.GroupVersionKind{Version: "v1", Kind: "LimitRange"}
	before, err := b.cluster.Epoch(t.Context(), gvk)
	if err != nil || !before.Provable() {
		t.Fatalf("without policies the epoch is %+v (%v)", before, err)
	}
	d, _, err := by(b.cluster, false, false, nil).Compare(t.Context(), want, live)
	if err != nil || d.Verdict != diff.InSync || d.How != diff.Proof {
		t.Fatalf("without policies it is %s by %s (%v)", d.Verdict, d.How, err)
	}
	b.inForce(t, labelling, labellingBinding)
	// Another process: what this one remembers is the watch's to renew.
	other := clusterOf(t)
	after, err := other.Epoch(t.Context(), gvk)
	if err != nil || after.ID == before.ID || !slices.Equal(after.Mutators, []string{"policy comparetest-labelling"}) {
		t.Fatalf("with a policy the epoch is %+v, it was %+v (%v)", after, before, err)
	}
	same, err := other.Epoch(t.Context(), schema.GroupVersionKind{Version: "v1", Kind: "ResourceQuota"})
	if err != nil || !same.Provable() {
		t.Errorf("a kind that the policy leaves alone has the epoch %+v (%v)", same, err)
	}
	playtest.Eventually(t, playtest.Patience, "the policy is in force and the server says so", func() error {
		d, _, err = by(other, false, false, nil).Compare(t.Context(), want, live)
		if err == nil && (d.Verdict != diff.Differs || d.How != diff.Server) {
			err = errNot{d}
		}
		return err
	})
	if len(d.Changes) != 1 || d.Changes[0].Path != ".metadata.labels" && d.Changes[0].Path != ".metadata.labels.admitted" || !d.Changes[0].Admission {
		t.Errorf("the changes are %+v", d.Changes)
	}
	counted, memo := &counting{Cluster: other}, compare.NewMemo()
	for range 3 {
		again := by(counted, false, false, nil)
		again.Memo = memo
		if d, _, err := again.Compare(t.Context(), want.DeepCopy(), live.DeepCopy()); err != nil || d.Verdict != diff.Differs {
			t.Fatalf("compared again it is %s by %s (%v)", d.Verdict, d.How, err)
		}
	}
	if counted.asked != 1 {
		t.Errorf("over three looks at the same the server is asked %d times", counted.asked)
	}
}

// counting counts how often the server is asked what an apply would make.
type counting struct {
	compare.Cluster
	asked int
}

func (c *counting) Apply(ctx context.Context, r object.ApplyRequest) (object.Answer, error) {
	c.asked++
	return c.Cluster.Apply(ctx, r)
}

// errNot says that a verdict is not the one that is waited for.
type errNot struct{ diff.Diff }

func (e errNot) Error() string { return "it is " + e.Verdict.String() + " by " + e.How.String() }
