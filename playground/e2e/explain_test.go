package e2e

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// homeless is a StatefulSet whose Pod no node is large enough for: the scheduler says so in an event.
const homeless = `apiVersion: apps/v1
kind: StatefulSet
metadata: {name: large}
spec:
  serviceName: large
  selector: {matchLabels: {app: large}}
  template:
    metadata: {labels: {app: large}}
    spec: {containers: [{name: main, image: example/large:1, resources: {requests: {cpu: "10000"}}}]}
`

// cause is one link of an explanation in JSON.
type cause struct{ Step, Object, Says string }

// explained asks for an explanation in JSON.
func (p *program) explained(name string) ([]cause, error) {
	text := p.must("app", "explain", name, "-o", "json")
	var out []cause
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&out); err != nil {
		return nil, fmt.Errorf("read an explanation: %w in\n%s", err, text)
	}
	return out, nil
}

// TestExplainLeadsToAnEvent follows the links from an application to what the scheduler says of its Pod, as JSON and as text. What is
// said of an earlier Pod of that name does not count.
func TestExplainLeadsToAnEvent(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("explained", newRepository(t, w.play, "explained", map[string]string{"all.yaml": homeless}))
	w.must("app", "sync", "explained", "--timeout", "60s")
	want := []cause{
		{"application", "explained", "^Progressing, Synced$"},
		{"object", "StatefulSet/explained/large", "^Progressing "},
		{"object", "Pod/explained/large-0", "^Progressing .*Unschedulable"},
		{"event", "Pod/explained/large-0", "^FailedScheduling: 0/[0-9]+ nodes are available: .*Insufficient cpu"},
		{"commit", "", "^[0-9a-f]{7,} .* \\(.+\\)$"},
	}
	leads := func() error {
		got, err := w.explained("explained")
		if err != nil {
			return err
		}
		if !slices.EqualFunc(want, got, func(want, got cause) bool {
			return want.Step == got.Step && want.Object == got.Object && regexp.MustCompile(want.Says).MatchString(got.Says)
		}) {
			return fmt.Errorf("the links are %q, want %q", got, want)
		}
		return nil
	}
	playtest.Eventually(t, playtest.Patience, "explain leads to the event", leads)
	lineOf := regexp.MustCompile(`(?m)^event +Pod/explained/large-0 +FailedScheduling: 0/`)
	if text := w.must("app", "explain", "explained"); !lineOf.MatchString(text) {
		t.Errorf("no line is of the event:\n%s", text)
	}

	t.Log("what was said of an earlier Pod of its name")
	events := w.see().client.CoreV1().Events("explained")
	earlier := &corev1.Event{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "large-0."}, Type: corev1.EventTypeWarning, Reason: "FailedMount",
		Message: "it is of another Pod", LastTimestamp: metav1.NewTime(time.Now().Add(time.Hour)),
		InvolvedObject: corev1.ObjectReference{Kind: "Pod", Namespace: "explained", Name: "large-0", UID: "earlier"},
	}
	if _, err := events.Create(t.Context(), earlier, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := leads(); err != nil {
		t.Error(err)
	}

	t.Log("a newer warning of this one")
	pod, err := w.see().client.CoreV1().Pods("explained").Get(t.Context(), "large-0", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	newer := earlier.DeepCopy()
	newer.Message, newer.InvolvedObject.UID = "its volume\n  is away", pod.UID
	if _, err := events.Create(t.Context(), newer, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	want[3].Says = "^FailedMount: its volume is away$"
	if err := leads(); err != nil {
		t.Error(err)
	}
}
