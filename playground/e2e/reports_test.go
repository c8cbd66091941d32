package e2e

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// The tests here are what people report of tools of this kind.

// TestGitThatAsksForNothing empties the repository of two applications: neither a person's sync nor automation takes that for a
// wish to delete everything, until somebody says so.
func TestGitThatAsksForNothing(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	files := map[string]string{"a.yaml": configMap("a", "one"), "b.yaml": configMap("b", "one"), "README.md": "settings"}
	repo := newRepository(t, w.play, "emptied-repo", files)
	w.create("emptied-hand", repo)
	w.create("emptied-auto", repo, "--sync-policy", "automated", "--auto-prune", "--self-heal")
	see := w.see()
	for _, name := range []string{"emptied-hand", "emptied-auto"} {
		w.must("app", "sync", name)
	}
	repo.push("oops", map[string]string{"a.yaml": "", "b.yaml": ""})
	contains(t, w.expect(6, "app", "sync", "emptied-hand", "--prune", "--yes").err, "empty:emptied-hand", "git asks for nothing")
	w.automate()
	playtest.Eventually(t, playtest.Patience, "automation says that it refuses", func() error {
		if out := w.must("app", "get", "emptied-auto"); !strings.Contains(out, "it would delete everything") {
			return errors.New(out)
		}
		return nil
	})
	for _, name := range []string{"emptied-hand", "emptied-auto"} {
		see.present("configmap", name, "a")
		see.present("configmap", name, "b")
	}
	w.must("app", "sync", "emptied-hand", "--prune", "--confirm", "empty:emptied-hand")
	see.absent("configmap", "emptied-hand", "a")
}

// TestGitThatIsGone takes the repository of an automated application away: it is Unknown, and nothing is pruned.
func TestGitThatIsGone(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "gone-repo", map[string]string{"a.yaml": configMap("a", "one")})
	w.create("gone-repo", repo, "--sync-policy", "automated", "--auto-prune", "--self-heal")
	w.must("app", "sync", "gone-repo")
	out := w.automate()
	w.must("app", "set", "gone-repo", "--repo", w.play.GitURL()+"/never-was.git")
	eventuallySays(t, out, "gone-repo Unknown")
	w.fails("app", "sync", "gone-repo", "--prune", "--yes")
	w.see().present("configmap", "gone-repo", "a")
}

// startGit starts the git server again.
func (p *program) startGit() {
	p.t.Helper()
	if err := p.play.StartGit(); err != nil {
		p.t.Errorf("start the git server again: %v", err)
	}
}

// TestGitThatIsDown stops the git server under an automation that prunes: it prunes nothing, and goes on when git is back. No other
// test runs meanwhile.
func TestGitThatIsDown(t *testing.T) {
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "git-down", map[string]string{"a.yaml": configMap("a", "one"), "b.yaml": configMap("b", "one")})
	w.create("git-down", repo, "--sync-policy", "automated", "--auto-prune", "--self-heal")
	out := w.automate()
	eventuallySays(t, out, "git-down Synced")
	w.play.StopGit()
	t.Cleanup(w.startGit)
	eventuallySays(t, out, "git-down Unknown")
	see := w.see()
	see.present("configmap", "git-down", "a")
	see.present("configmap", "git-down", "b")
	w.startGit()
	repo.push("without b", map[string]string{"b.yaml": ""})
	playtest.Eventually(t, playtest.Patience, "what git dropped is pruned", func() error {
		if see.find("configmap", "git-down", "b") == nil {
			return errors.New("it is still there")
		}
		return nil
	})
	see.present("configmap", "git-down", "a")
}

// TestOneGitOfTwoThatIsGone takes the repository of one of two sources away: what the other one asks for is not all that is asked for,
// and nothing is pruned.
func TestOneGitOfTwoThatIsGone(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	stays := newRepository(t, w.play, "half-stays", map[string]string{"a.yaml": configMap("a", "one")})
	goes := newRepository(t, w.play, "half-goes", map[string]string{"b.yaml": configMap("b", "one")})
	drop(t, w.store, "half-gone.yaml", `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: half-gone}
spec:
  destination: {name: playground, namespace: half-gone}
  syncPolicy: {automated: {prune: true, selfHeal: true}, syncOptions: [CreateNamespace=true]}
  sources:
    - {repoURL: `+stays.url+`, targetRevision: main, path: .}
    - {repoURL: `+goes.url+`, targetRevision: main, path: .}
`)
	w.must("app", "sync", "half-gone")
	out := w.automate()
	eventuallySays(t, out, "half-gone Synced")
	w.editDocument("half-gone", goes.url, w.play.GitURL()+"/never-was.git")
	eventuallySays(t, out, "half-gone Unknown")
	contains(t, w.fails("app", "sync", "half-gone", "--prune", "--yes").err, "never-was.git")
	w.see().present("configmap", "half-gone", "b")
}

// TestNamespaceThatIsStillNeeded drops a Namespace from git but not what is in it: it stays, and says why.
func TestNamespaceThatIsStillNeeded(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	inside := strings.Replace(configMap("inside", "one"), "  name: inside\n", "  name: inside\n  namespace: needed-too\n", 1)
	repo := newRepository(t, w.play, "needed", map[string]string{
		"ns.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: needed-too}\n", "a.yaml": inside, "b.yaml": configMap("b", "one"),
	})
	w.create("needed", repo)
	w.must("app", "sync", "needed")
	repo.push("drop the namespace", map[string]string{"ns.yaml": ""})
	contains(t, w.must("app", "sync", "needed", "--prune", "--yes"), "Namespace/needed-too", "git has objects in it")
	see := w.see()
	see.present("namespace", "", "needed-too")
	see.present("configmap", "needed-too", "inside")
	t.Run("without objects it wants its name", func(t *testing.T) {
		w := w.in(t)
		repo.push("drop what is in it", map[string]string{"a.yaml": ""})
		contains(t, w.expect(6, "app", "sync", "needed", "--prune", "--yes").err, "prune:Namespace/needed-too", "everything in it")
		see.present("configmap", "needed-too", "inside")
		w.must("app", "sync", "needed", "--prune", "--yes", "--confirm", "prune:Namespace/needed-too", "--timeout", "120s")
		see.absent("namespace", "", "needed-too")
	})
}

// TestFieldsThatCannotBeChanged changes what the server refuses to change: nothing is deleted for it, until that is asked for and
// confirmed.
func TestFieldsThatCannotBeChanged(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	claim := func(size string) string {
		return "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\nspec: {accessModes: [" + size + "], resources: {requests: {storage: 1Gi}}}\n"
	}
	repo := newRepository(t, w.play, "immutable", map[string]string{
		"front.yaml": deployment("front", 1), "data.yaml": claim("ReadWriteOnce"), "a.yaml": configMap("a", "one"),
		"later.yaml": workload("StatefulSet", "later", "  replicas: 0\n"),
	})
	w.create("immutable", repo)
	w.must("app", "sync", "immutable")
	see := w.see()
	uid := func() types.UID {
		t.Helper()
		d, err := see.client.AppsV1().Deployments("immutable").Get(t.Context(), "front", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return d.UID
	}
	claimUID := func() types.UID {
		t.Helper()
		c, err := see.client.CoreV1().PersistentVolumeClaims("immutable").Get(t.Context(), "data", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return c.UID
	}
	front, data := uid(), claimUID()
	repo.push("other selectors", map[string]string{
		"front.yaml": strings.ReplaceAll(deployment("front", 1), "app: front", "app: another"), "data.yaml": claim("ReadWriteMany"), "a.yaml": configMap("a", "two"),
		"later.yaml": workload("StatefulSet", "later", "  replicas: 1\n"),
	})
	contains(t, w.must("app", "plan", "immutable"), "Deployment/immutable/front", "field is immutable", "PersistentVolumeClaim/immutable/data")
	w.expect(4, "app", "sync", "immutable", "--yes")
	if uid() != front || claimUID() != data {
		t.Error("something was deleted that nobody asked for")
	}
	if got := see.get("immutable", "a").Data["value"]; got != "two" {
		t.Errorf("the neighbour's value is %q: one bad object blocks others", got)
	}
	later, err := see.client.AppsV1().StatefulSets("immutable").Get(t.Context(), "later", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := *later.Spec.Replicas; got != 1 {
		t.Errorf("the neighbour whose kind comes later asks for %d replicas: one bad object blocks others", got)
	}
	repo.push("leave the claim", map[string]string{"data.yaml": claim("ReadWriteOnce")})
	contains(t, w.expect(6, "app", "sync", "immutable", "--yes", "--force").err, "replace:Deployment/immutable/front", "creates it anew")
	if uid() != front {
		t.Error("it was replaced without a confirmation")
	}
	w.must("app", "sync", "immutable", "--yes", "--force", "--confirm", "replace:Deployment/immutable/front", "--timeout", "120s")
	if uid() == front || claimUID() != data {
		t.Error("the Deployment is the same, or the claim is not")
	}
	contains(t, w.must("app", "get", "immutable", "--refresh"), "Synced")
}

// fight puts an object back into its own way whenever it is healed, until the test ends.
func (e eyes) fight(again func(ctx context.Context) error) {
	e.t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(e.t.Context()))
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if err := again(ctx); err != nil && ctx.Err() == nil && !apierrors.IsNotFound(err) {
				e.t.Errorf("fight: %v", err)
				return
			}
		}
	}()
	e.t.Cleanup(func() {
		stop()
		<-done
	})
}

// TestFight has somebody change an object back as often as it is healed: healing slows down and says who
// it is, and the rest of the application is healed as quickly as ever.
func TestFight(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("fought", newRepository(t, w.play, "fought", map[string]string{
		"changed.yaml": configMap("changed", "ours"), "calm.yaml": configMap("calm", "ours"),
	}), "--sync-policy", "automated", "--self-heal")
	w.automate()
	see := w.see()
	playtest.Eventually(t, playtest.Patience, "the application is synced", func() error { return see.find("configmap", "fought", "calm") })
	maps := see.client.CoreV1().ConfigMaps("fought")
	see.fight(func(ctx context.Context) error {
		got, err := maps.Get(ctx, "changed", metav1.GetOptions{})
		if err != nil || got.Data["value"] != "ours" {
			return err
		}
		_, err = maps.Patch(ctx, "changed", types.MergePatchType, []byte(`{"data":{"value":"theirs"}}`), metav1.PatchOptions{FieldManager: "colleague"})
		return err
	})
	paused := func(says ...string) func() error {
		return func() error {
			out := w.must("app", "get", "fought")
			for _, s := range says {
				if !strings.Contains(out, s) {
					return fmt.Errorf("%q is missing in\n%s", s, out)
				}
			}
			return nil
		}
	}
	playtest.Eventually(t, playtest.Patience, "healing pauses", paused("self-heal pauses: .data.value of ConfigMap/fought/changed keeps being changed back by colleague"))
	see.remove("fought", "calm")
	playtest.Eventually(t, 10*time.Second, "the calm one is healed", func() error { return see.find("configmap", "fought", "calm") })
}

// TestDeletedAgainAndAgain has somebody delete what self-heal makes again.
func TestDeletedAgainAndAgain(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("deleted", newRepository(t, w.play, "deleted", map[string]string{"a.yaml": configMap("deleted", "ours"), "b.yaml": configMap("calm", "ours")}),
		"--sync-policy", "automated", "--self-heal")
	w.automate()
	see := w.see()
	playtest.Eventually(t, playtest.Patience, "the application is synced", func() error { return see.find("configmap", "deleted", "calm") })
	see.fight(func(ctx context.Context) error {
		return see.client.CoreV1().ConfigMaps("deleted").Delete(ctx, "deleted", metav1.DeleteOptions{})
	})
	playtest.Eventually(t, playtest.Patience, "healing pauses", func() error {
		if out := w.must("app", "get", "deleted"); !strings.Contains(out, "self-heal pauses: ConfigMap/deleted/deleted keeps being deleted") {
			return errors.New(out)
		}
		return nil
	})
}

// TestAStatefulSetIsReplacedAroundItsPods changes what cannot be changed of a StatefulSet: when that is confirmed it is made anew, and
// its Pods, which hold its data, go on.
func TestAStatefulSetIsReplacedAroundItsPods(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	set := func(service string) string {
		return workload("StatefulSet", "db", "  serviceName: "+service+"\n  replicas: 2\n  podManagementPolicy: Parallel\n")
	}
	repo := newRepository(t, w.play, "stateful", map[string]string{"db.yaml": set("one")})
	w.create("stateful", repo)
	w.must("app", "sync", "stateful", "--wait", "--timeout", "120s")
	see := w.see()
	uids := func() map[types.UID]bool {
		t.Helper()
		list, err := see.client.CoreV1().Pods("stateful").List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		out := map[types.UID]bool{}
		for _, p := range list.Items {
			out[p.UID] = true
		}
		return out
	}
	before := uids()
	if len(before) != 2 {
		t.Fatalf("it has %d Pods", len(before))
	}
	repo.push("another service", map[string]string{"db.yaml": set("two")})
	contains(t, w.must("app", "plan", "stateful"), "refused", "spec.serviceName")
	w.expect(4, "app", "sync", "stateful", "--yes")
	contains(t, w.expect(6, "app", "sync", "stateful", "--yes", "--force").err, "replace:StatefulSet/stateful/db", "without its Pods and claims")
	w.must("app", "sync", "stateful", "--yes", "--force", "--confirm", "replace:StatefulSet/stateful/db", "--wait", "--timeout", "120s")
	got, err := see.client.AppsV1().StatefulSets("stateful").Get(t.Context(), "db", metav1.GetOptions{})
	if err != nil || got.Spec.ServiceName != "two" {
		t.Errorf("it is %+v, %v", got, err)
	}
	if after := uids(); !maps.Equal(before, after) {
		t.Errorf("its Pods are %v, and were %v", after, before)
	}
}
