package e2e

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// beforeFirst has something happen right before the first request of a method for an object of this name reaches the server,
// when everything about the request has been decided.
func (p *program) beforeFirst(method, name string, happen func() error) *program {
	var once sync.Once
	return p.overLine(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Method == method && !r.URL.Query().Has("dryRun") && strings.HasSuffix(r.URL.Path, "/"+name) {
			once.Do(func() {
				if err := happen(); err != nil {
					p.t.Errorf("before the %s of %s: %v", method, name, err)
				}
			})
		}
		next.ServeHTTP(w, r)
	})
}

// TestMadeInTheMeantime has a colleague make the object that a sync is about to create.
func TestMadeInTheMeantime(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		value, want string
		status      int
		says        []string
	}{
		"otherwise": {"theirs", "theirs", 4, []string{"changed since the plan was made", "somebody made it in the meantime", `conflict with "colleague"`}},
		"likewise":  {"ours", "ours", 0, []string{"adopted: colleague made it in the meantime"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := onOwnStore(t)
			see, space := w.see(), "made-"+name
			see.namespace(space)
			lined := w.beforeFirst(http.MethodPatch, "settings", func() error {
				theirs := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "settings"}, Data: map[string]string{"value": c.value}}
				_, err := see.client.CoreV1().ConfigMaps(space).Create(t.Context(), theirs, metav1.CreateOptions{FieldManager: "colleague"})
				return err
			})
			lined.create(space, newRepository(t, w.play, space, map[string]string{"a.yaml": configMap("settings", "ours")}))
			r := lined.expect(c.status, "app", "sync", space)
			contains(t, r.out+r.err, c.says...)
			if got := see.get(space, "settings").Data["value"]; got != c.want {
				t.Errorf("its value is %q, want %q", got, c.want)
			}
		})
	}
}

// TestMadeInTheMeantimeByAnotherStore has another store make the object that a sync is about to create, with the same values and
// under the same field manager.
func TestMadeInTheMeantimeByAnotherStore(t *testing.T) {
	t.Parallel()
	repo := newRepository(t, onOwnStore(t).play, "made-elsewhere", map[string]string{"a.yaml": configMap("settings", "ours")})
	theirs := onOwnStore(t)
	theirs.create("made-elsewhere", repo)
	ours := onOwnStore(t).beforeFirst(http.MethodPatch, "settings", func() error {
		theirs.must("app", "sync", "made-elsewhere")
		return nil
	})
	ours.create("made-elsewhere", repo)
	contains(t, ours.expect(4, "app", "sync", "made-elsewhere").out, "changed since the plan was made", "the application made-elsewhere made it in the meantime")
	if got := theirs.get("made-elsewhere").Status.Sync.Status; got != "Synced" {
		t.Errorf("the application that was first is %s", got)
	}
	contains(t, ours.must("app", "plan", "made-elsewhere"), "it belongs to the application made-elsewhere of another store")
}

// TestChangedBeforeItsPrune changes an object that a sync is about to prune: what is given to somebody else stays, and what
// only has other content goes as planned.
func TestChangedBeforeItsPrune(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		patch  string
		status int
		says   []string
	}{
		"given-away": {
			`{"metadata":{"annotations":{"argocd.argoproj.io/tracking-id":"other:/ConfigMap:prune-given-away/settings"}}}`, 4,
			[]string{"changed since the plan was made", "somebody changed it in the meantime"},
		},
		"kept":    {`{"metadata":{"annotations":{"argocd.argoproj.io/sync-options":"Prune=false"}}}`, 4, []string{"changed since the plan was made"}},
		"written": {`{"data":{"value":"theirs"}}`, 0, []string{"pruned"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := onOwnStore(t)
			see, space := w.see(), "prune-"+name
			repo := newRepository(t, w.play, space, map[string]string{"a.yaml": configMap("settings", "one"), "b.yaml": configMap("stays", "one")})
			lined := w.beforeFirst(http.MethodDelete, "settings", func() error {
				_, err := see.client.CoreV1().ConfigMaps(space).Patch(t.Context(), "settings", types.MergePatchType, []byte(c.patch), metav1.PatchOptions{})
				return err
			})
			lined.create(space, repo)
			lined.must("app", "sync", space)
			repo.push("drop it", map[string]string{"a.yaml": ""})
			r := lined.expect(c.status, "app", "sync", space, "--prune")
			contains(t, r.out+r.err, c.says...)
			if c.status == 0 {
				see.absent("configmap", space, "settings")
			} else {
				see.present("configmap", space, "settings")
			}
		})
	}
}

// TestChangedBeforeItsWrite changes a live object that a sync is about to write: one with other content is not what was approved, one
// with another status is.
func TestChangedBeforeItsWrite(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		patch        string
		subresources []string
		status       int
		says         string
		replicas     int32
	}{
		"content": {`{"metadata":{"labels":{"team":"theirs"}}}`, nil, 4, "changed since the plan was made", 1},
		"status":  {`{"status":{"conditions":[{"type":"Looked","status":"True"}]}}`, []string{"status"}, 0, "configured", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := onOwnStore(t)
			see, space := w.see(), "write-"+name
			repo := newRepository(t, w.play, space, map[string]string{"front.yaml": deployment("front", 1)})
			w.create(space, repo)
			w.must("app", "sync", space, "--wait", "--timeout", "60s")
			lined := w.beforeFirst(http.MethodPatch, "front", func() error {
				_, err := see.client.AppsV1().Deployments(space).
					Patch(t.Context(), "front", types.MergePatchType, []byte(c.patch), metav1.PatchOptions{FieldManager: "colleague"}, c.subresources...)
				return err
			})
			repo.push("more", map[string]string{"front.yaml": deployment("front", 2)})
			r := lined.expect(c.status, "app", "sync", space, "--yes")
			contains(t, r.out+r.err, c.says)
			if err := see.asksFor(space, "front", c.replicas); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestMadeAnewInTheMeantime has somebody delete an object and make it anew, alike to the last annotation, when a sync is about to write or
// to prune it: what was approved was another object.
func TestMadeAnewInTheMeantime(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method string
		push   string
		args   []string
	}{
		"written": {http.MethodPatch, configMap("settings", "two"), nil},
		"pruned":  {http.MethodDelete, "", []string{"--prune"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := onOwnStore(t)
			see, space := w.see(), "anew-"+name
			repo := newRepository(t, w.play, space, map[string]string{"a.yaml": configMap("settings", "one"), "b.yaml": configMap("stays", "one")})
			w.create(space, repo)
			w.must("app", "sync", space)
			approved := see.get(space, "settings")
			var anew *corev1.ConfigMap
			lined := w.beforeFirst(c.method, "settings", func() (err error) {
				anew, err = see.makeAnew(approved)
				return err
			})
			repo.push("go on", map[string]string{"a.yaml": c.push})
			r := lined.expect(4, append([]string{"app", "sync", space}, c.args...)...)
			contains(t, r.out+r.err, "changed since the plan was made", "somebody made it anew in the meantime", "look at a new plan and approve that")
			if d := cmp.Diff(anew, see.get(space, "settings")); d != "" {
				t.Errorf("the new object was touched (-before +after):\n%s", d)
			}
			w.must(append([]string{"app", "sync", space}, c.args...)...)
			if c.push == "" {
				see.absent("configmap", space, "settings")
			} else if got := see.get(space, "settings"); got.UID != anew.UID || got.Data["value"] != "two" {
				t.Errorf("a new plan does not write it: %v", got)
			}
		})
	}
}

// makeAnew deletes an object and creates it with the same content.
func (e eyes) makeAnew(of *corev1.ConfigMap) (*corev1.ConfigMap, error) {
	client := e.client.CoreV1().ConfigMaps(of.Namespace)
	if err := client.Delete(e.t.Context(), of.Name, metav1.DeleteOptions{}); err != nil {
		return nil, err
	}
	anew := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: of.Name, Labels: of.Labels, Annotations: of.Annotations}, Data: of.Data,
	}
	return client.Create(e.t.Context(), anew, metav1.CreateOptions{FieldManager: "wheelhouse"})
}

// TestChangedBeforeItsReplacement changes an object that a sync is about to delete and make anew: it stays.
func TestChangedBeforeItsReplacement(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	see, space := w.see(), "replace-changed"
	fixed := func(value string) map[string]string {
		return map[string]string{"a.yaml": configMap("settings", value) + "immutable: true\n"}
	}
	repo := newRepository(t, w.play, space, fixed("one"))
	w.create(space, repo)
	w.must("app", "sync", space)
	before := see.get(space, "settings").UID
	lined := w.beforeFirst(http.MethodDelete, "settings", func() error {
		_, err := see.client.CoreV1().ConfigMaps(space).
			Patch(t.Context(), "settings", types.MergePatchType, []byte(`{"metadata":{"labels":{"team":"theirs"}}}`), metav1.PatchOptions{FieldManager: "colleague"})
		return err
	})
	repo.push("two", fixed("two"))
	r := lined.expect(4, "app", "sync", space, "--yes", "--force", "--confirm", "replace:ConfigMap/replace-changed/settings")
	contains(t, r.out+r.err, "changed since the plan was made")
	if got := see.get(space, "settings"); got.UID != before || got.Data["value"] != "one" {
		t.Errorf("it was touched: %v", got)
	}
	w.must("app", "sync", space, "--yes", "--force", "--confirm", "replace:ConfigMap/replace-changed/settings")
	if got := see.get(space, "settings"); got.UID == before || got.Data["value"] != "two" {
		t.Errorf("it was not replaced: %v", got)
	}
}

// TestMadeInThePlaceOfAReplacedOne has somebody make an object of the same name once a sync has deleted the one that it replaces: it is not
// what was approved, and stays.
func TestMadeInThePlaceOfAReplacedOne(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	see, space := w.see(), "replace-taken"
	fixed := func(value string) map[string]string {
		return map[string]string{"a.yaml": configMap("settings", value) + "immutable: true\n"}
	}
	repo := newRepository(t, w.play, space, fixed("one"))
	w.create(space, repo)
	w.must("app", "sync", space)
	var once sync.Once
	lined := w.overLine(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		next.ServeHTTP(w, r)
		if r.Method == http.MethodDelete && !r.URL.Query().Has("dryRun") && strings.HasSuffix(r.URL.Path, "/settings") {
			once.Do(func() {
				see.configMap(space, "settings", map[string]string{"argocd.argoproj.io/tracking-id": "theirs:/ConfigMap:" + space + "/settings"}, map[string]string{"value": "theirs"})
			})
		}
	})
	repo.push("two", fixed("two"))
	r := lined.expect(4, "app", "sync", space, "--yes", "--force", "--confirm", "replace:ConfigMap/replace-taken/settings")
	contains(t, r.out+r.err, "changed since the plan was made", "in the meantime")
	if got := see.get(space, "settings"); got.Data["value"] != "theirs" || !strings.HasPrefix(got.Annotations["argocd.argoproj.io/tracking-id"], "theirs:") {
		t.Errorf("it was written over: %v", got)
	}
}

// TestNamesakeOfAHook has an object that is no hook, and nobody's, carry the name of a hook: it is neither deleted nor written over
// for the hook's sake, and the plan says so.
func TestNamesakeOfAHook(t *testing.T) {
	t.Parallel()
	for name, policy := range map[string]string{"before": "BeforeHookCreation", "succeeded": "HookSucceeded"} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			w := onOwnStore(t)
			see, space := w.see(), "namesake-"+name
			see.namespace(space)
			before := see.configMap(space, "before", nil, map[string]string{"value": "theirs"})
			hook := strings.Replace(configMap("before", "ours"), "  name: before\n",
				"  name: before\n  annotations: {argocd.argoproj.io/hook: PreSync, argocd.argoproj.io/hook-delete-policy: "+policy+"}\n", 1)
			w.create(space, newRepository(t, w.play, space, map[string]string{"hook.yaml": hook}))
			const says = "an object of that name is there, and it is no hook"
			contains(t, w.must("app", "plan", space), says)
			r := w.expect(4, "app", "sync", space)
			contains(t, r.out+r.err, says)
			if got := see.get(space, "before"); got.UID != before.UID || got.Data["value"] != "theirs" {
				t.Errorf("it was touched: %v", got)
			}
		})
	}
}

// TestHookThatRunsForAnother has two applications with a hook of one name in one namespace: the second does not end the first's
// while it runs, and takes its place when it has ended.
func TestHookThatRunsForAnother(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("hook-first", newRepository(t, w.play, "hook-first", map[string]string{"hook.yaml": endless}))
	w.create("hook-second", newRepository(t, w.play, "hook-second", map[string]string{"hook.yaml": endless}), "--dest-namespace", "hook-first")
	first := w.begin("app", "sync", "hook-first", "--yes")
	see := w.see()
	playtest.Eventually(t, playtest.Patience, "the first's hook runs", func() error { return see.find("job", "hook-first", "gate") })
	uid := see.jobUID("hook-first", "gate")
	r := w.expect(4, "app", "sync", "hook-second", "--yes")
	contains(t, r.out+r.err, "a hook of that name runs for the application hook-first")
	if see.jobUID("hook-first", "gate") != uid {
		t.Error("the first's hook is another one")
	}
	see.letGo("hook-first")
	if err := first.Wait(); err != nil {
		t.Errorf("the first sync ended with %v", err)
	}
	second := w.begin("app", "sync", "hook-second", "--yes")
	playtest.Eventually(t, playtest.Patience, "the second's hook runs", func() error {
		job, err := see.client.BatchV1().Jobs("hook-first").Get(t.Context(), "gate", metav1.GetOptions{})
		if err == nil && job.UID == uid {
			err = errors.New("it is the first's")
		}
		return err
	})
	see.letGo("hook-first")
	if err := second.Wait(); err != nil {
		t.Errorf("the second sync ended with %v", err)
	}
}
