package e2e

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// claiming is a StatefulSet whose claims find no volume, with an account that has a token and a Service.
const claiming = `apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  replicas: 1
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: main, image: example/db:1, volumeMounts: [{name: data, mountPath: /data}]}]}
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {storageClassName: nobodys, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: robot}
---
apiVersion: v1
kind: Secret
metadata: {name: robot-token, annotations: {kubernetes.io/service-account.name: robot}}
type: kubernetes.io/service-account-token
---
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {selector: {app: db}, ports: [{port: 5432}]}
`

// TestWhatBelongsToObjectsByName shows claims, tokens and Endpoints below what they belong to, acts on one, and leaves them when the
// application goes.
func TestWhatBelongsToObjectsByName(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("belongs", newRepository(t, w.play, "belongs", map[string]string{"all.yaml": claiming}))
	w.must("app", "sync", "belongs", "--timeout", "60s")
	for _, verb := range [][]string{{"app", "resources", "belongs", "-o", "tree"}, {"app", "get", "belongs", "-o", "tree"}} {
		playtest.Eventually(t, playtest.Patience, "the tree is whole", func() error {
			return below(w.must(verb...), map[string]string{
				"PersistentVolumeClaim/belongs/data-db-0": "StatefulSet/belongs/db", "Endpoints/belongs/db": "Service/belongs/db",
				"Secret/belongs/robot-token": "ServiceAccount/belongs/robot",
			})
		})
	}

	t.Log("they are objects that can be looked at and acted upon, and none that the application manages")
	contains(t, w.must("app", "actions", "list", "belongs", "--kind", "PersistentVolumeClaim", "--resource-name", "data-db-0"), "delete")
	managed := w.must("app", "resources", "belongs", "-o", "name")
	for _, name := range []string{"PersistentVolumeClaim", "Endpoints"} {
		if strings.Contains(managed, name) {
			t.Errorf("%s is managed:\n%s", name, managed)
		}
	}
	plan := w.must("app", "plan", "belongs", "--prune")
	if strings.Contains(plan, "data-db-0") || strings.Contains(plan, "Endpoints") {
		t.Errorf("the plan is about what is not in git:\n%s", plan)
	}

	t.Log("a claim that waits is why its StatefulSet does")
	playtest.Eventually(t, playtest.Patience, "explain leads to the claim", func() error {
		explained := w.must("app", "explain", "belongs")
		if !strings.Contains(explained, "PersistentVolumeClaim/belongs/data-db-0") {
			return fmt.Errorf("it does not:\n%s", explained)
		}
		return nil
	})

	t.Log("an application that goes leaves its claims")
	w.must("app", "delete", "belongs", "--yes", "--timeout", "60s")
	w.see().absent("statefulset", "belongs", "db")
	if _, err := w.see().client.CoreV1().PersistentVolumeClaims("belongs").Get(t.Context(), "data-db-0", metav1.GetOptions{}); err != nil {
		t.Errorf("the claim went with the application: %v", err)
	}
}

var treeLine = regexp.MustCompile(`^( *)(\S+/\S+)`)

// below reports which objects of a printed tree are not right below the one that they are to be below.
func below(tree string, parents map[string]string) error {
	var path []string
	for line := range strings.Lines(tree) {
		m := treeLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		depth := min(len(m[1])/2, len(path))
		if want, ok := parents[m[2]]; ok && depth > 0 && path[depth-1] == want {
			delete(parents, m[2])
		}
		path = append(path[:depth], m[2])
	}
	if len(parents) > 0 {
		return fmt.Errorf("these are not where they are to be: %v in\n%s", parents, tree)
	}
	return nil
}
