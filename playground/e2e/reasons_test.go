package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// waiting are objects that wait for ever, though no container fails: one Pod finds no node, others are not made, and a claim has
// no Pods at all.
const waiting = `apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: claim}
spec: {storageClassName: nobodys, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: large}
spec:
  selector: {matchLabels: {app: large}}
  template:
    metadata: {labels: {app: large}}
    spec: {containers: [{name: main, image: example/large:1, resources: {requests: {cpu: "10000"}}}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: refused}
spec:
  selector: {matchLabels: {app: refused}}
  template:
    metadata: {labels: {app: refused}}
    spec: {serviceAccountName: nobodys, containers: [{name: main, image: example/refused:1}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: numbered}
spec:
  serviceName: numbered
  selector: {matchLabels: {app: numbered}}
  template:
    metadata: {labels: {app: numbered}}
    spec: {serviceAccountName: nobodys, containers: [{name: main, image: example/numbered:1}]}
`

// TestWhyObjectsWait wants the reason beside each object, wherever the cluster keeps it.
func TestWhyObjectsWait(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("waiting", newRepository(t, w.play, "waiting", map[string]string{"all.yaml": waiting}))
	w.must("app", "sync", "waiting", "--timeout", "60s")
	for name, reason := range map[string]string{
		"claim":    `waiting for a volume; ProvisioningFailed: storageclass.storage.k8s.io "nobodys" not found`,
		"large":    "Unschedulable: 0/",
		"refused":  `serviceaccount "nobodys" not found`,
		"numbered": "FailedCreate: Create Pod numbered-0",
	} {
		playtest.Eventually(t, playtest.Patience, name+" says why it waits", func() error {
			for line := range strings.Lines(w.must("app", "get", "waiting", "--refresh")) {
				if fields := strings.Fields(line); len(fields) > 3 && fields[3] == name && strings.Contains(line, reason) {
					return nil
				}
			}
			return fmt.Errorf("it does not say %s", reason)
		})
	}
}

// TestWhatCannotBeRenderedIsExplained asks why an application is as it is whose manifests are none.
func TestWhatCannotBeRenderedIsExplained(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("unrendered", newRepository(t, w.play, "unrendered", map[string]string{"settings.yaml": "kind: ["}))
	out := w.must("app", "explain", "unrendered")
	contains(t, out, "ComparisonError", "settings.yaml")
	if n := strings.Count(out, "settings.yaml"); n != 1 {
		t.Errorf("it says so %d times:\n%s", n, out)
	}
}
