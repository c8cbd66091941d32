package comparetest

import (
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// equivalent is a webhook that asks for events in their newer group, of a label of their own, and is not there: whoever calls it fails.
const equivalent = `apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: comparetest-equivalent}
webhooks:
- name: equivalent.example.com
  admissionReviewVersions: [v1]
  sideEffects: None
  failurePolicy: Fail
  clientConfig: {url: "https://localhost:1/mutate"}
  objectSelector: {matchLabels: {comparetest: equivalent}}
  rules:
  - {apiGroups: [events.k8s.io], apiVersions: [v1], operations: [UPDATE], resources: [events]}
`

// TestAWebhookForAnEquivalentIsAsked applies an Event in its older group: the server calls who asks for the newer one, and a comparison
// has it do so.
func TestAWebhookForAnEquivalentIsAsked(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	want := wanted(b.place(read(`apiVersion: v1
kind: Event
metadata: {labels: {comparetest: equivalent}}
involvedObject: {kind: Namespace, name: x, namespace: `+b.namespace+`}
reason: Tested
type: Normal
`), "equivalent"))
	answer, err := b.cluster.Apply(t.Context(), object.ApplyRequest{Object: want})
	if err != nil {
		t.Fatal(err)
	}
	d, _, err := by(b.cluster, false, false, nil).Compare(t.Context(), want, answer.Object)
	if err != nil || d.Verdict != diff.InSync || d.How != diff.Proof {
		t.Fatalf("without a webhook it is %s by %s (%v)", d.Verdict, d.How, err)
	}
	b.inForce(t, equivalent)
	// Another process: what this one remembers is the watch's to renew.
	other := clusterOf(t)
	e, err := other.Epoch(t.Context(), schema.GroupVersionKind{Version: "v1", Kind: "Event"})
	if err != nil || !slices.Equal(e.Mutators, []string{"webhook equivalent.example.com"}) {
		t.Fatalf("the epoch is %+v (%v)", e, err)
	}
	playtest.Eventually(t, playtest.Patience, "the webhook is called", func() error {
		d, _, err = by(other, false, false, nil).Compare(t.Context(), want, answer.Object)
		if err == nil && (d.Verdict != diff.Refused || d.How != diff.Server) {
			err = errNot{d}
		}
		return err
	})
	if !strings.Contains(d.Reason, "equivalent.example.com") {
		t.Errorf("it is refused because %q", d.Reason)
	}
}
