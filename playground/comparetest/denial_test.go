package comparetest

import (
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// limiting is a policy that speaks like who tells of a missing right, of ConfigMaps of its own, so that it is in no other test's way.
const limiting = `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: comparetest-limiting}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [""], apiVersions: [v1], operations: [UPDATE], resources: [configmaps]}
  failurePolicy: Fail
  validations:
  - expression: "object.metadata.name != 'limited' || object.data.replicas != '6'"
    message: replicas cannot exceed 5
    reason: Forbidden
`

const limitingBinding = `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: comparetest-limiting}
spec: {policyName: comparetest-limiting, validationActions: [Deny]}
`

// TestWhatAPolicyForbidsIsRefused has a policy deny an apply with the code of a missing right, and in its words.
func TestWhatAPolicyForbidsIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	limited := func(replicas string) object.ApplyRequest {
		return object.ApplyRequest{Object: wanted(b.place(read("apiVersion: v1\nkind: ConfigMap\ndata: {replicas: \""+replicas+"\"}\n"), "limited"))}
	}
	answer, err := b.cluster.Apply(t.Context(), limited("5"))
	if err != nil {
		t.Fatal(err)
	}
	b.inForce(t, limiting, limitingBinding)
	var d diff.Diff
	playtest.Eventually(t, playtest.Patience, "the policy is in force", func() error {
		d, _, err = by(b.cluster, true, false, nil).Compare(t.Context(), limited("6").Object, answer.Object)
		if err == nil && d.Verdict == diff.Differs && d.How == diff.Server {
			err = errNot{d}
		}
		return err
	})
	if d.Verdict != diff.Refused || d.How != diff.Server || d.Denied != "" || d.Unchecked != "" || !strings.Contains(d.Reason, "replicas cannot exceed 5") {
		t.Errorf("it is %s by %s because %q, for want of a right %q, not checked because %q", d.Verdict, d.How, d.Reason, d.Denied, d.Unchecked)
	}
}
