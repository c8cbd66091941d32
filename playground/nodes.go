package playground

import (
	"bytes"
	"context"
	_ "embed" // for the stage of broken Pods
	"fmt"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/yaml"
)

//go:embed broken.yaml
var brokenStage []byte

// behaviour is the label by which a Pod asks to behave in another way than well.
const behaviour = "playground.wheelhouse.dev/behaviour"

// writeStages puts kwok's documents together: its own stages, of which the one that makes Pods ready leaves out those
// that ask for another behaviour, our stage for these, and a log for every container.
func (p *Playground) writeStages() error {
	var out bytes.Buffer
	for _, name := range []string{"node-initialize.yaml", "node-heartbeat-with-lease.yaml", "pod-complete.yaml", "pod-delete.yaml", "pod-ready.yaml"} {
		b, err := os.ReadFile(filepath.Join(p.bin, "stages", name))
		if err != nil {
			return fmt.Errorf("read stage: %w", err)
		}
		if name == "pod-ready.yaml" {
			if b, err = onlyWellBehaved(b); err != nil {
				return err
			}
		}
		out.Write(b)
		out.WriteString("\n---\n")
	}
	out.Write(brokenStage)
	fmt.Fprintf(&out, "\n---\napiVersion: kwok.x-k8s.io/v1alpha1\nkind: ClusterLogs\nmetadata:\n  name: all\nspec:\n  logs:\n  - logsFile: %[1]s\n    previousLogsFile: %[1]s\n    follow: true\n",
		p.file("container.log"))
	if err := os.WriteFile(p.file("container.log"), containerLog(time.Now()), 0o600); err != nil {
		return fmt.Errorf("write container log: %w", err)
	}
	if err := os.WriteFile(p.file("kwok.yaml"), out.Bytes(), 0o600); err != nil {
		return fmt.Errorf("write stages: %w", err)
	}
	return nil
}

// onlyWellBehaved makes a stage leave out Pods that carry the behaviour label.
func onlyWellBehaved(stage []byte) ([]byte, error) {
	var doc map[string]any
	if err := yaml.Unmarshal(stage, &doc); err != nil {
		return nil, fmt.Errorf("read stage: %w", err)
	}
	spec, _ := doc["spec"].(map[string]any)
	selector, _ := spec["selector"].(map[string]any)
	list, _ := selector["matchExpressions"].([]any)
	if list == nil {
		return nil, fmt.Errorf("read stage: it has no match expressions")
	}
	selector["matchExpressions"] = append(list, map[string]any{
		"key": `.metadata.labels["` + behaviour + `"]`, "operator": "DoesNotExist",
	})
	return yaml.Marshal(doc)
}

// containerLog is what every container has said, in the form in which a container runtime writes it.
func containerLog(now time.Time) []byte {
	var b bytes.Buffer
	lines := []string{
		"INFO  starting", "INFO  configuration read from /etc/app/config.yaml", "INFO  listening on :8080",
		"INFO  GET /healthz 200 1ms", "WARN  slow request: GET /api/orders 200 1240ms", "INFO  GET / 200 3ms",
	}
	for i, line := range lines {
		at := now.Add(time.Duration(i-len(lines)) * time.Second).UTC().Format("2006-01-02T15:04:05.000000000Z")
		fmt.Fprintf(&b, "%s stdout F %s\n", at, line)
	}
	return b.Bytes()
}

// nodes makes the fake nodes and the read-only user's rights, and waits until Pods can be made.
func (p *Playground) nodes(ctx context.Context) error {
	client, err := p.Client()
	if err != nil {
		return err
	}
	for i := range 3 {
		if err := createNode(ctx, client, fmt.Sprintf("node-%d", i+1)); err != nil {
			return err
		}
	}
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "playground-viewers"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "view"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "Group", Name: "viewers"}},
	}
	_, err = client.RbacV1().ClusterRoleBindings().Create(ctx, binding, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("let viewers look: %w", err)
	}
	return waitFor(ctx, p.components["kube-controller-manager"], "the service account of Pods", func(ctx context.Context) error {
		_, err := client.CoreV1().ServiceAccounts("default").Get(ctx, "default", metav1.GetOptions{})
		return err
	})
}

func createNode(ctx context.Context, client kubernetes.Interface, name string) error {
	capacity := corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse("32"), corev1.ResourceMemory: resource.MustParse("256Gi"),
		corev1.ResourcePods: resource.MustParse("1000"), corev1.ResourceEphemeralStorage: resource.MustParse("1Ti"),
	}
	node := &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{
			Name: name, Annotations: map[string]string{"kwok.x-k8s.io/node": "fake"},
			Labels: map[string]string{"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "type": "kwok"},
		},
		Status: corev1.NodeStatus{Capacity: capacity, Allocatable: capacity},
	}
	_, err := client.CoreV1().Nodes().Create(ctx, node, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("create node %s: %w", name, err)
	}
	return nil
}
