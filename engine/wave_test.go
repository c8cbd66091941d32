package engine

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

func read(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	data, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	u := &unstructured.Unstructured{}
	if err := u.UnmarshalJSON(data); err != nil {
		t.Fatal(err)
	}
	return u
}

// TestOnlyWhatIsWellLetsAWaveGoOn decides by the health of one object.
func TestOnlyWhatIsWellLetsAWaveGoOn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		object string
		// done and degraded are the verdict, and says is what is told of it.
		done, degraded bool
		says           string
	}{
		"without health it does": {object: "{apiVersion: v1, kind: ConfigMap}", done: true},
		"healthy it does":        {object: "{apiVersion: v1, kind: Service, spec: {type: ClusterIP}}", done: true},
		"progressing it waits":   {object: "{apiVersion: v1, kind: PersistentVolumeClaim, status: {phase: Pending}}"},
		"degraded it fails":      {object: "{apiVersion: v1, kind: PersistentVolumeClaim, status: {phase: Lost}}", done: true, degraded: true},
		"before its controller has seen it, it waits": {
			object: "{apiVersion: apps/v1, kind: Deployment, metadata: {generation: 2}, status: {observedGeneration: 1}}", says: "its controller",
		},
		"of a kind without a rule of its own it holds nothing back, whatever its controller has seen": {
			object: "{apiVersion: example.com/v1, kind: Foo, metadata: {generation: 2}, status: {observedGeneration: 1}}", done: true,
		},
		"a paused Deployment waits to be resumed": {
			object: "{apiVersion: apps/v1, kind: Deployment, spec: {paused: true}}", says: "; resume it for the sync to go on",
		},
		"a Rollout at a step that pauses waits to be resumed": {
			object: "{apiVersion: argoproj.io/v1alpha1, kind: Rollout, status: {phase: Paused, message: CanaryPauseStep}}", says: "CanaryPauseStep; resume it",
		},
		"a suspended Job waits to be resumed": {
			object: `{apiVersion: batch/v1, kind: Job, status: {conditions: [{type: Suspended, status: "True"}]}}`, says: "resume it",
		},
		"a suspended CronJob lacks nothing": {object: "{apiVersion: batch/v1, kind: CronJob, spec: {suspend: true}}", done: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			done, message, degraded := settledHealth(nil, read(t, c.object))
			if done != c.done || degraded != c.degraded {
				t.Errorf("done %v, degraded %v: %s", done, degraded, message)
			}
			if !strings.Contains(message, c.says) {
				t.Errorf("it says %q, want %q", message, c.says)
			}
		})
	}
}
