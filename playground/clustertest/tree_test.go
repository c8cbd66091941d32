package clustertest

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/kube"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// rollOut applies the Deployment and waits until its Pods are ready.
func (b *bench) rollOut() *unstructured.Unstructured {
	b.t.Helper()
	live := b.apply(b.marked(b.object(deployment)))
	playtest.Eventually(b.t, playtest.Patience, "the Deployment is ready", func() error {
		d, err := b.client.AppsV1().Deployments(b.namespace).Get(b.t.Context(), "front", metav1.GetOptions{})
		if err == nil && d.Status.ReadyReplicas != 2 {
			err = fmt.Errorf("%d of 2 Pods are ready", d.Status.ReadyReplicas)
		}
		return err
	})
	return live
}

// shape writes a tree as kinds, each below its owner's, sorted.
func shape(nodes []object.Node) []string {
	kinds := map[types.UID]string{}
	for _, n := range nodes {
		kinds[n.UID] = n.Ref.Kind
	}
	out := make([]string, len(nodes))
	for i, n := range nodes {
		out[i] = n.Ref.Kind
		if n.Parent != "" {
			out[i] = kinds[n.Parent] + " > " + n.Ref.Kind
		}
	}
	slices.Sort(out)
	return out
}

func TestTree(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	front, settings := b.rollOut(), b.apply(b.marked(b.configMap("settings")))
	watched := b.newLine().cluster
	watch(t, watched)
	for name, k := range map[string]*kube.Cluster{"asked of the server": b.cluster, "from memory": watched} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			playtest.Eventually(t, playtest.Patience, "the tree is whole", func() error {
				nodes, err := k.Tree(t.Context(), []*unstructured.Unstructured{settings, front})
				if err != nil {
					return err
				}
				want := []string{"ConfigMap", "Deployment", "Deployment > ReplicaSet", "ReplicaSet > Pod", "ReplicaSet > Pod"}
				if d := cmp.Diff(want, shape(nodes)); d != "" {
					return fmt.Errorf("the tree (-want +got):\n%s", d)
				}
				for _, n := range nodes {
					if n.Object == nil || n.Object.GetUID() != n.UID || object.Of(n.Object) != n.Ref {
						return fmt.Errorf("the node of %s has the object %v", n.Ref, n.Object)
					}
				}
				return nil
			})
			nodes, err := k.Tree(t.Context(), nil)
			if err != nil || len(nodes) != 0 {
				t.Errorf("without roots there are %v (%v)", nodes, err)
			}
		})
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	front := b.rollOut()
	t.Run("those of the server", func(t *testing.T) {
		t.Parallel()
		playtest.Eventually(t, playtest.Patience, "the Deployment tells that it was scaled", func() error {
			events, err := b.cluster.Events(t.Context(), object.Of(front))
			if err == nil && (len(events) != 1 || field(t, events[0], "reason") != "ScalingReplicaSet") {
				err = fmt.Errorf("the events are %v", events)
			}
			return err
		})
	})
	t.Run("the oldest comes first, and no other object's", func(t *testing.T) {
		t.Parallel()
		noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		for _, e := range []corev1.Event{
			{Reason: "Third", LastTimestamp: metav1.NewTime(noon.Add(2 * time.Hour))},
			{Reason: "First", LastTimestamp: metav1.NewTime(noon)},
			{Reason: "Second", EventTime: metav1.NewMicroTime(noon.Add(time.Hour)), ReportingController: "test", ReportingInstance: "test", Action: "Test"},
			{Reason: "Another", LastTimestamp: metav1.NewTime(noon), InvolvedObject: corev1.ObjectReference{Name: "others"}},
			{Reason: "AnotherKind", LastTimestamp: metav1.NewTime(noon), InvolvedObject: corev1.ObjectReference{Kind: "Secret"}},
		} {
			e.GenerateName, e.Namespace, e.Type = "told-", b.namespace, corev1.EventTypeNormal
			e.InvolvedObject.Namespace = b.namespace
			if e.InvolvedObject.Name == "" {
				e.InvolvedObject.Name = "told"
			}
			if e.InvolvedObject.Kind == "" {
				e.InvolvedObject.Kind = "ConfigMap"
			}
			if _, err := b.client.CoreV1().Events(b.namespace).Create(t.Context(), &e, metav1.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		events, err := b.cluster.Events(t.Context(), b.ref("", "ConfigMap", "told"))
		if err != nil {
			t.Fatal(err)
		}
		var got []any
		for _, e := range events {
			got = append(got, field(t, e, "reason"))
		}
		if d := cmp.Diff([]any{"First", "Second", "Third"}, got); d != "" {
			t.Errorf("the events (-want +got):\n%s", d)
		}
	})
	t.Run("an object without events has none", func(t *testing.T) {
		t.Parallel()
		events, err := b.cluster.Events(t.Context(), b.ref("", "ConfigMap", "quiet"))
		if err != nil || len(events) != 0 {
			t.Errorf("the events are %v (%v)", events, err)
		}
	})
}

func TestLogs(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.rollOut()
	pods, err := b.client.CoreV1().Pods(b.namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	read := func(ctx context.Context, r object.LogRequest) []string {
		r.Namespace, r.Pod, r.Container = b.namespace, pods.Items[0].Name, "web"
		var text []byte
		playtest.Eventually(t, playtest.Patience, "the log can be read", func() error {
			log, err := b.cluster.Logs(ctx, r)
			if err != nil {
				return err
			}
			if text, err = io.ReadAll(log); err != nil {
				return err
			}
			return log.Close()
		})
		return strings.Split(strings.TrimSpace(string(text)), "\n")
	}
	whole := read(t.Context(), object.LogRequest{})
	if len(whole) < 4 || !strings.Contains(whole[0], "starting") {
		t.Fatalf("the log is %q", whole)
	}
	if d := cmp.Diff(whole[len(whole)-2:], read(t.Context(), object.LogRequest{Tail: 2})); d != "" {
		t.Errorf("the last two lines (-want +got):\n%s", d)
	}
	if log, err := b.cluster.Logs(t.Context(), object.LogRequest{Namespace: b.namespace, Pod: "gone"}); err == nil {
		_ = log.Close()
		t.Error("a Pod that is not there has a log")
	}
}
