package clustertest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/kube"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
	"github.com/wheelhouse-gitops/wheelhouse/playground"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// remove deletes a ConfigMap by hand.
func (b *bench) remove(name string) {
	b.t.Helper()
	if err := b.client.CoreV1().ConfigMaps(b.namespace).Delete(b.t.Context(), name, metav1.DeleteOptions{}); err != nil {
		b.t.Fatal(err)
	}
}

// colours asks a cluster for the live ConfigMaps of the application, and returns their colours.
func (b *bench) colours(k *kube.Cluster, q object.LiveQuery) (map[string]string, error) {
	set, err := k.Live(b.t.Context(), q)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for ref, u := range set.Objects {
		out[ref.Name], _, _ = unstructured.NestedString(u.Object, "data", "colour")
	}
	return out, nil
}

// becomes waits until a question has this answer.
func (b *bench) becomes(k *kube.Cluster, q object.LiveQuery, want map[string]string) {
	b.t.Helper()
	playtest.Eventually(b.t, playtest.Patience, "the live objects are as they are to be", func() error {
		got, err := b.colours(k, q)
		if err != nil {
			return err
		}
		if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
			return fmt.Errorf("the live objects (-want +got):\n%s", d)
		}
		return nil
	})
}

func TestWatchTellsChanges(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.apply(b.marked(b.configMap("before", "colour=red")))
	k := clusterOf(t, b.play.Kubeconfig(), playground.Context)
	w := watch(t, k)
	ours := object.LiveQuery{App: b.namespace}
	b.becomes(k, ours, map[string]string{"before": "red"})

	w.forget()
	b.apply(b.marked(b.configMap("after", "colour=blue")))
	w.hears(object.Event{Ref: b.ref("", "ConfigMap", "after"), App: b.namespace})
	b.becomes(k, ours, map[string]string{"before": "red", "after": "blue"})

	w.forget()
	b.patch("before", `{"data":{"colour":"green"}}`, "colleague")
	w.hears(object.Event{Ref: b.ref("", "ConfigMap", "before"), App: b.namespace})
	b.becomes(k, ours, map[string]string{"before": "green", "after": "blue"})

	b.remove("after")
	w.hears(object.Event{Ref: b.ref("", "ConfigMap", "after"), App: b.namespace, Deleted: true})
	b.becomes(k, ours, map[string]string{"before": "green"})

	b.created("nobodys", "kubectl-create")
	w.hears(object.Event{Ref: b.ref("", "ConfigMap", "nobodys")})
	b.becomes(k, ours, map[string]string{"before": "green"})
}

// TestWatchTellsWhoseAPodIs wants what came of an application's object to be told as the application's.
func TestWatchTellsWhoseAPodIs(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	k := clusterOf(t, b.play.Kubeconfig(), playground.Context)
	w := watch(t, k)
	b.rollOut()
	pods, err := b.client.CoreV1().Pods(b.namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, pod := range pods.Items {
		w.hears(object.Event{Ref: b.ref("", "Pod", pod.Name), App: b.namespace})
	}
}

// TestApplyIsLiveByItsMark wants what was just applied in memory, without waiting for the watch.
func TestApplyIsLiveByItsMark(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	watch(t, b.cluster)
	ours := object.LiveQuery{App: b.namespace}
	for _, colour := range []string{"red", "blue", "green"} {
		b.apply(b.marked(b.configMap("settings", "colour="+colour)))
		got, err := b.colours(b.cluster, ours)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(map[string]string{"settings": colour}, got); d != "" {
			t.Errorf("what was applied is not live (-want +got):\n%s", d)
		}
	}
	if _, err := b.cluster.Apply(t.Context(), object.ApplyRequest{Object: b.marked(b.configMap("settings", "colour=none")), DryRun: true}); err != nil {
		t.Fatal(err)
	}
	b.becomes(b.cluster, ours, map[string]string{"settings": "green"})
}

func TestLiveWithoutRequests(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.apply(b.marked(b.configMap("ours", "colour=red")))
	b.created("nobodys", "kubectl-create")
	line := b.newLine()
	w := watch(t, line.cluster)
	q := object.LiveQuery{App: b.namespace, Refs: []object.Ref{
		b.ref("", "ConfigMap", "ours"), b.ref("", "ConfigMap", "nobodys"), b.ref("", "ConfigMap", "gone"),
	}}
	both := map[string]string{"ours": "red", "nobodys": "red"}
	b.becomes(line.cluster, q, both)
	read := []string{"GET /api/v1/namespaces/" + b.namespace + "/configmaps/nobodys"}
	if d := cmp.Diff(read, line.about(b.namespace)); d != "" {
		t.Errorf("what the watch does not keep is read once (-want +got):\n%s", d)
	}
	for range 20 {
		got, err := b.colours(line.cluster, q)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(both, got); d != "" {
			t.Errorf("the live objects (-want +got):\n%s", d)
		}
	}
	b.patch("nobodys", `{"data":{"colour":"blue"}}`, "colleague")
	b.becomes(line.cluster, q, map[string]string{"ours": "red", "nobodys": "blue"})
	if d := cmp.Diff(read, line.about(b.namespace)); d != "" {
		t.Errorf("memory answers with requests (-want +got):\n%s", d)
	}
	w.stop()
	b.becomes(line.cluster, q, map[string]string{"ours": "red", "nobodys": "blue"})
	if n := len(line.about(b.namespace)); n == len(read) {
		t.Error("without a watch nothing is asked of the server")
	}
}

// TestWatchOverACutLine deletes and changes objects while nothing can be heard.
func TestWatchOverACutLine(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	for _, name := range []string{"stays", "changes", "goes"} {
		b.apply(b.marked(b.configMap(name, "colour=red")))
	}
	line := b.newLine()
	w := watch(t, line.cluster)
	ours := object.LiveQuery{App: b.namespace}
	b.becomes(line.cluster, ours, map[string]string{"stays": "red", "changes": "red", "goes": "red"})

	line.cut()
	playtest.Eventually(t, playtest.Patience, "the cut is noticed", func() error {
		set, err := line.cluster.Live(t.Context(), ours)
		if err == nil {
			return fmt.Errorf("memory answers with %d objects", len(set.Objects))
		}
		if !strings.Contains(err.Error(), "cannot be reached, last heard of") || !strings.Contains(hint.Of(err), "is reachable") {
			return fmt.Errorf("the error is %w with the remedy %q", err, hint.Of(err))
		}
		return nil
	})
	n := line.cluster.Knowledge()
	if n.Err == nil || n.AsOf.IsZero() || !n.AsOf.Before(time.Now()) {
		t.Errorf("the cluster is known as of %s, with the error %v", n.AsOf, n.Err)
	}
	b.remove("goes")
	b.patch("changes", `{"data":{"colour":"blue"}}`, "colleague")
	b.apply(b.marked(b.configMap("comes", "colour=green")))
	w.forget()
	line.mend()
	w.hears(object.Event{Ref: b.ref("", "ConfigMap", "goes"), App: b.namespace, Deleted: true})
	w.hears(object.Event{Ref: b.ref("", "ConfigMap", "changes"), App: b.namespace})
	w.hears(object.Event{Ref: b.ref("", "ConfigMap", "comes"), App: b.namespace})
	b.becomes(line.cluster, ours, map[string]string{"stays": "red", "changes": "blue", "comes": "green"})
	if n := line.cluster.Knowledge(); n.Err != nil {
		t.Errorf("the cluster that is there again is known with the error %v", n.Err)
	}
}

// TestWatchOfAViewer watches with rights that leave a kind out.
func TestWatchOfAViewer(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.apply(b.marked(b.configMap("settings", "colour=red")))
	b.apply(b.marked(b.object("apiVersion: v1\nkind: Secret\nmetadata: {name: password}\nstringData: {word: x}\n")))
	k := clusterOf(t, b.play.Kubeconfig(), playground.ViewerContext)
	watch(t, k)
	b.becomes(k, object.LiveQuery{App: b.namespace}, map[string]string{"settings": "red"})
	secrets := b.ref("", "Secret", "password").Place()
	skipped := k.Knowledge().Skipped
	if !strings.Contains(skipped[secrets.Wide()], "forbidden") {
		t.Errorf("Secrets are skipped for the reason %q", skipped[secrets.Wide()])
	}
	if why, ok := skipped[object.Place{Kind: schema.GroupKind{Kind: "ConfigMap"}}]; ok {
		t.Errorf("ConfigMaps are skipped for the reason %q", why)
	}
	set, err := k.Live(t.Context(), object.LiveQuery{App: b.namespace, Refs: []object.Ref{b.ref("", "Secret", "password")}})
	if err != nil {
		t.Fatal(err)
	}
	if len(set.Objects) != 1 || set.Unreadable[secrets] == nil || !strings.Contains(hint.Of(set.Unreadable[secrets]), "ask for that right") {
		t.Errorf("%d objects, unreadable are %v", len(set.Objects), set.Unreadable)
	}
}
