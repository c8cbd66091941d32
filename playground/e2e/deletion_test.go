package e2e

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// withOption gives a manifest a sync option of its own.
func withOption(option, manifest string) string {
	return strings.Replace(manifest, "metadata:\n", "metadata:\n  annotations: {argocd.argoproj.io/sync-options: \""+option+"\"}\n", 1)
}

// failing gives the Pods of a Job no node to run on, which the cluster gives up on after two seconds.
func failing(manifest string) string {
	manifest = strings.Replace(manifest, "  backoffLimit: 0\n", "  backoffLimit: 0\n  activeDeadlineSeconds: 2\n", 1)
	return strings.Replace(manifest, "      restartPolicy:", "      nodeSelector: {there-is: none}\n      restartPolicy:", 1)
}

// helmHook is a hook as Helm's charts say it.
func helmHook(name, phase string) string {
	return strings.Replace(hook(name, "Never"), "argocd.argoproj.io/hook: Never", "helm.sh/hook: "+phase, 1)
}

// TestDeletionHooks deletes an application with hooks before and after, Argo CD's and Helm's: they run in their order and are waited for,
// and one that fails before stops the deletion.
func TestDeletionHooks(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "ending", map[string]string{
		"settings.yaml": configMap("settings", "one"), "front.yaml": inWave("1", deployment("front", 1)),
		"drain.yaml": failing(hook("drain", "PreDelete")), "bye.yaml": hook("bye", "PostDelete"),
		"save.yaml": helmHook("save", "pre-delete"), "sweep.yaml": helmHook("sweep", "post-delete"),
	})
	w.create("ending", repo)
	w.must("app", "sync", "ending", "--timeout", "120s")
	see := w.see()
	for _, name := range []string{"drain", "bye", "save", "sweep"} {
		see.absent("job", "ending", name)
	}
	t.Run("a hook that fails before stops it", func(t *testing.T) {
		w := w.in(t)
		r := w.expect(4, "app", "delete", "ending", "--yes", "--timeout", "120s")
		contains(t, r.out+r.err, "hook Job/ending/drain failed")
		see.present("configmap", "ending", "settings")
		see.present("deployment", "ending", "front")
		see.absent("job", "ending", "bye")
		see.absent("job", "ending", "sweep")
		contains(t, w.must("app", "get", "ending"), "DeletionError", "hook Job/ending/drain failed")
	})
	t.Run("repaired, all is done in its order", func(t *testing.T) {
		w := w.in(t)
		repo.push("repair", map[string]string{"drain.yaml": hook("drain", "PreDelete")})
		w.must("app", "sync", "ending", "--timeout", "120s")
		out := w.must("app", "delete", "ending", "--yes", "--timeout", "120s")
		inOrder(t, out, "Job/ending/drain", "Deployment/ending/front", "ConfigMap/ending/settings", "Job/ending/bye", "deleted")
		inOrder(t, out, "Job/ending/save", "Deployment/ending/front", "ConfigMap/ending/settings", "Job/ending/sweep", "deleted")
		see.absent("configmap", "ending", "settings")
		see.absent("deployment", "ending", "front")
		see.present("job", "ending", "bye")
		see.present("job", "ending", "sweep")
		w.expect(3, "app", "get", "ending")
	})
}

// TestDeletionOptions deletes with the options of objects and of the command.
func TestDeletionOptions(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "optional", map[string]string{
		"kept.yaml": withOption("Delete=false", configMap("kept", "one")), "asked.yaml": withOption("Prune=confirm,Delete=confirm", configMap("asked", "one")),
		"unpruned.yaml": withOption("Prune=false", configMap("unpruned", "one")), "confirmed.yaml": withOption("Prune=confirm", configMap("confirmed", "one")),
		"front.yaml": deployment("front", 1), "last.yaml": configMap("last", "one"),
	})
	w.create("optional", repo)
	w.must("app", "sync", "optional", "--timeout", "120s")
	see := w.see()
	t.Run("Prune=false is kept, Prune=confirm asked about", func(t *testing.T) {
		w := w.in(t)
		repo.push("drop two", map[string]string{"unpruned.yaml": "", "confirmed.yaml": ""})
		r := w.expect(6, "app", "sync", "optional", "--prune")
		contains(t, r.out+r.err, "kept by Prune=false", "prune:ConfigMap/optional/confirmed")
		see.present("configmap", "optional", "confirmed")
		contains(t, w.must("app", "confirm-deletion", "optional"), "approved for its next operation")
		w.must("app", "sync", "optional", "--prune")
		see.absent("configmap", "optional", "confirmed")
		see.present("configmap", "optional", "unpruned")
		contains(t, w.must("app", "get", "optional", "--refresh"), "OutOfSync")
	})
	t.Run("Delete=confirm is asked about, and an approval serves once", func(t *testing.T) {
		w := w.in(t)
		r := w.expect(6, "app", "delete", "optional", "--yes")
		contains(t, r.out+r.err, "prune:ConfigMap/optional/asked")
		see.present("configmap", "optional", "last")
	})
	t.Run("orphaned are what the objects own, and Delete=false stays", func(t *testing.T) {
		w := w.in(t)
		w.must("app", "confirm-deletion", "optional")
		pods := see.pods("optional")
		if len(pods) == 0 {
			t.Fatal("the Deployment has no Pod")
		}
		w.must("app", "delete", "optional", "--yes", "--propagation-policy", "orphan", "--timeout", "120s")
		see.absent("configmap", "optional", "asked")
		see.absent("deployment", "optional", "front")
		see.present("configmap", "optional", "kept")
		if left := see.pods("optional"); !maps.Equal(left, pods) {
			t.Errorf("the Pods were %v and are %v", pods, left)
		}
	})
}

// TestDeletionWithoutObjects removes the application alone.
func TestDeletionWithoutObjects(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("left-behind", newRepository(t, w.play, "left-behind", map[string]string{"a.yaml": configMap("a", "one")}))
	w.must("app", "sync", "left-behind")
	w.must("app", "delete", "left-behind", "--cascade=false", "--yes")
	w.expect(3, "app", "get", "left-behind")
	w.see().present("configmap", "left-behind", "a")
}

// TestHandBack gives the objects of one store's application to that of another store, which need not adopt them.
func TestHandBack(t *testing.T) {
	t.Parallel()
	w, other := onOwnStore(t), onOwnStore(t)
	repo := newRepository(t, w.play, "handed-back", map[string]string{"a.yaml": configMap("a", "one"), "b.yaml": configMap("b", "one")})
	w.create("handed-back", repo)
	w.must("app", "sync", "handed-back")
	other.createFrom("handed-back", repo, "")
	contains(t, other.must("app", "plan", "handed-back"), "keep", "another store")
	before := w.see().get("handed-back", "a")

	contains(t, w.must("app", "hand-back", "handed-back", "--dry-run"), "unmark", "ConfigMap/handed-back/a", "nothing was written")
	if d := cmp.Diff(before, w.see().get("handed-back", "a")); d != "" {
		t.Errorf("a dry run changed the object (-before +after):\n%s", d)
	}
	// What somebody else has taken by then is not this store's to unmark.
	mark := []byte(`{"metadata":{"annotations":{"argocd.argoproj.io/installation-id":"yet-another-store"}}}`)
	if _, err := w.see().client.CoreV1().ConfigMaps("handed-back").Patch(t.Context(), "b", types.MergePatchType, mark, metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	contains(t, w.must("app", "hand-back", "handed-back", "--yes"), "ConfigMap/handed-back/b is left alone", "Succeeded: handed back: the objects stay")
	w.expect(3, "app", "get", "handed-back")

	got := w.see().get("handed-back", "a")
	if d := cmp.Diff(before.Data, got.Data); d != "" || got.UID != before.UID {
		t.Errorf("the object is another one (-before +after):\n%s", d)
	}
	for name := range got.Annotations {
		if strings.HasPrefix(name, "argocd.argoproj.io/") {
			t.Errorf("the annotation %s is left", name)
		}
	}
	if got := w.see().get("handed-back", "b").Annotations["argocd.argoproj.io/installation-id"]; got != "yet-another-store" {
		t.Errorf("the other store's mark is %q", got)
	}
	contains(t, other.must("app", "plan", "handed-back"), "ConfigMap/handed-back/a", "adopted")
	other.run("app", "sync", "handed-back", "--yes")
	contains(t, other.must("app", "get", "handed-back", "--refresh"), "ConfigMap/handed-back/b")
	if w.see().get("handed-back", "a").Annotations["argocd.argoproj.io/tracking-id"] == "" {
		t.Error("the other store has not got the object")
	}
}

// TestBackgroundFinalizer has the application's finalizer choose that nobody waits for what the objects own, unless the command
// says otherwise.
func TestBackgroundFinalizer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		flags []string
		want  string
	}{
		"finalized":  {want: "Background"},
		"overridden": {[]string{"--propagation-policy", "foreground"}, "Foreground"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var policy atomic.Value
			w := onOwnStore(t).overLine(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				if r.Method == http.MethodDelete && strings.HasSuffix(r.URL.Path, "/deployments/front") {
					body, err := io.ReadAll(r.Body)
					if err != nil {
						panic(http.ErrAbortHandler)
					}
					policy.Store(string(body))
					r.Body = io.NopCloser(bytes.NewReader(body))
				}
				next.ServeHTTP(w, r)
			})
			w.create(name, newRepository(t, w.play, name, map[string]string{"front.yaml": deployment("front", 1)}))
			w.editDocument(name, "  name: "+name+"\nspec:", "  name: "+name+"\n  finalizers: [resources-finalizer.argocd.argoproj.io/background]\nspec:")
			w.must("app", "sync", name, "--timeout", "120s")
			w.must(append([]string{"app", "delete", name, "--yes", "--timeout", "120s"}, c.flags...)...)
			if got, _ := policy.Load().(string); !strings.Contains(got, `"propagationPolicy":"`+c.want+`"`) {
				t.Errorf("the request says %s, want %s", got, c.want)
			}
			w.see().absent("deployment", name, "front")
		})
	}
}

// TestChangeOfOwner moves an object in git from one application to another: it is taken over by an adopt step that the plan
// shows, and the application that had it does not delete it.
func TestChangeOfOwner(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	from := newRepository(t, w.play, "owner-from", map[string]string{"moved.yaml": configMap("moved", "one"), "own.yaml": configMap("own", "one")})
	to := newRepository(t, w.play, "owner-to", map[string]string{"other.yaml": configMap("other", "one")})
	w.create("owner-from", from)
	w.create("owner-to", to, "--dest-namespace", "owner-from")
	w.must("app", "sync", "owner-from")
	w.must("app", "sync", "owner-to")
	see := w.see()
	before := see.get("owner-from", "moved").UID
	from.push("give it away", map[string]string{"moved.yaml": ""})
	to.push("take it", map[string]string{"moved.yaml": configMap("moved", "two")})
	contains(t, w.must("app", "plan", "owner-to"), "keep", "ConfigMap/owner-from/moved", "belongs to the application owner-from", "--adopt")
	contains(t, w.must("app", "plan", "owner-to", "--adopt"), "change", "ConfigMap/owner-from/moved", "adopted from the application owner-from")
	w.must("app", "sync", "owner-to", "--adopt")
	w.must("app", "sync", "owner-from", "--prune")
	w.must("app", "get", "owner-from", "--refresh")
	got := see.get("owner-from", "moved")
	if got.UID != before || got.Data["value"] != "two" {
		t.Errorf("the object is another one, or not the new owner's: %v", got)
	}
	w.must("app", "delete", "owner-from", "--yes")
	see.present("configmap", "owner-from", "moved")
	see.absent("configmap", "owner-from", "own")
	contains(t, w.must("app", "get", "owner-to", "--refresh"), "Synced")
}

// TestAdoptionOfWhatIsThere takes over objects that nobody's mark is on: the plan says so before.
func TestAdoptionOfWhatIsThere(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	see := w.see()
	see.namespace("existing")
	before := see.configMap("existing", "settings", nil, map[string]string{"value": "one", "theirs": "yes"})
	w.create("existing", newRepository(t, w.play, "existing", map[string]string{"a.yaml": configMap("settings", "two")}))
	contains(t, w.must("app", "plan", "existing"), "change", "ConfigMap/existing/settings", "adopted: the live object was made by somebody else")
	w.must("app", "sync", "existing")
	got := see.get("existing", "settings")
	if got.UID != before.UID || got.Data["value"] != "two" || got.Data["theirs"] != "yes" {
		t.Errorf("it is not the same object with one value changed: %v", got)
	}
}

// TestDeletionAsksForClaimsThatGo deletes applications with a StatefulSet: one whose claims go with it is asked for by name.
func TestDeletionAsksForClaimsThatGo(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	for name, policy := range map[string]string{"claims-stay": "Retain", "claims-go": "Delete"} {
		set := workload("StatefulSet", "db", "  serviceName: db\n  replicas: 0\n  persistentVolumeClaimRetentionPolicy: {whenDeleted: "+policy+"}\n"+
			"  volumeClaimTemplates:\n  - metadata: {name: data}\n    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n")
		w.create(name, newRepository(t, w.play, name, map[string]string{"db.yaml": set}))
		w.must("app", "sync", name, "--timeout", "120s")
	}
	w.must("app", "delete", "claims-stay", "--yes", "--timeout", "120s")
	contains(t, w.expect(6, "app", "delete", "claims-go", "--yes").err, "prune:StatefulSet/claims-go/db", "its claims")
	w.see().present("statefulset", "claims-go", "db")
	w.must("app", "delete", "claims-go", "--yes", "--confirm", "prune:StatefulSet/claims-go/db", "--timeout", "120s")
	w.see().absent("statefulset", "claims-go", "db")
}

// TestDeletionKilledAtItsVeryEnd leaves what a process leaves that is killed when the application is gone and the journal not yet: an
// application that is made anew has nothing to do with it.
func TestDeletionKilledAtItsVeryEnd(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "again", map[string]string{"settings.yaml": configMap("settings", "one")})
	w.create("again", repo)
	w.must("app", "sync", "again")
	cmd := w.begin("app", "delete", "again", "--yes")
	path, journal := w.lastJournal(cmd, "again")
	w.must("app", "list")
	w.expect(3, "app", "get", "again")
	if err := os.WriteFile(path, journal, 0o600); err != nil {
		t.Fatal(err)
	}
	w.create("again", repo)
	if out := w.must("app", "get", "again", "--refresh"); strings.Contains(out, "interrupted") {
		t.Errorf("it is taken for the one that was deleted:\n%s", out)
	}
	contains(t, w.expect(3, "app", "resume", "again").err, "none of its operations was interrupted")
	contains(t, w.must("app", "history", "again"), "delete", "Succeeded")
	w.must("app", "sync", "again")
	w.see().present("configmap", "again", "settings")
}

// lastJournal waits for the end of an operation, and returns the path of its journal and what was last read of it while the operation ran.
func (p *program) lastJournal(cmd *exec.Cmd, name string) (path string, journal []byte) {
	p.t.Helper()
	ended := make(chan error)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case err := <-ended:
			if err != nil || path == "" {
				p.t.Fatalf("the operation ended with %v, and of its journal was read %q", err, journal)
			}
			return path, journal
		default:
		}
		paths, err := filepath.Glob(filepath.Join(p.store, ".wheelhouse", "journal", name, "*.jsonl"))
		if err != nil {
			p.t.Fatal(err)
		}
		for _, at := range paths {
			if b, err := os.ReadFile(at); err == nil && len(b) > 0 && !bytes.Contains(b, []byte(`"mark":"end"`)) {
				path, journal = at, b
			}
		}
	}
}
