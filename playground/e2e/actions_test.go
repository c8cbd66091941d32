package e2e

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// cronJob starts a Job at New Year only.
const cronJob = `apiVersion: batch/v1
kind: CronJob
metadata:
  name: report
spec:
  schedule: "0 0 1 1 *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers: [{name: main, image: example/report:1}]
`

// TestActions does to live objects what their kinds offer.
func TestActions(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("acted", newRepository(t, w.play, "acted", map[string]string{"web.yaml": deployment("web", 2), "cron.yaml": cronJob}))
	w.must("app", "sync", "acted")
	see := w.see()
	run := func(w *program, name, kind, object string, more ...string) string {
		return w.must(append([]string{"app", "actions", "run", "acted", name, "--kind", kind, "--resource-name", object}, more...)...)
	}

	t.Run("a list says what is on offer, and why not", func(t *testing.T) {
		out := w.in(t).must("app", "actions", "list", "acted", "--kind", "Deployment", "--resource-name", "web")
		contains(t, out, "restart", "scale", "replicas", "it is not paused")
	})
	t.Run("scale", func(t *testing.T) {
		contains(t, run(w.in(t), "scale", "Deployment", "web", "--param", "replicas=3"), ".spec.replicas: 2 → 3", "done")
		see.replicasAre("acted", "web", 3)
	})
	t.Run("restart replaces the Pods", func(t *testing.T) {
		before := see.pods("acted")
		run(w.in(t), "restart", "deployment", "web")
		playtest.Eventually(t, playtest.Patience, "other Pods", func() error {
			for name := range see.pods("acted") {
				if before[name] {
					return fmt.Errorf("%s is still there", name)
				}
			}
			return nil
		})
	})
	t.Run("pause and resume", func(t *testing.T) {
		w := w.in(t)
		run(w, "pause", "Deployment", "web")
		contains(t, w.expect(6, "app", "actions", "run", "acted", "pause", "--kind", "Deployment", "--resource-name", "web").err, "it is paused already")
		r := w.expect(2, "app", "actions", "run", "acted", "scale", "--kind", "Deployment", "--resource-name", "web", "--param", "replicas=-3")
		contains(t, r.err, "scale Deployment/acted/web: replicas is a number from 0 on, not \"-3\"")
		scale := []string{"app", "actions", "run", "acted", "scale", "--kind", "Deployment", "--resource-name", "web"}
		contains(t, w.expect(2, scale...).err, "the parameter replicas is missing: write how many, such as replicas=3; now it is ")
		contains(t, w.expect(2, append(scale, "-p", "replicas=1", "-p", "replicas=2")...).err, "replicas is given twice")
		run(w, "resume", "Deployment", "web")
	})
	t.Run("what is not held is not let go", func(t *testing.T) {
		w := w.in(t)
		r := w.expect(3, "app", "unpin", "acted")
		contains(t, r.err, "unpin acted: not found: it is not pinned")
		r = w.expect(6, "app", "pause", "acted", "--for", "5m")
		contains(t, r.err, "pause automation of acted: it is not synced automatically", "app pin acted keeps people from it as well")
	})
	t.Run("a CronJob runs now, is suspended and resumed", func(t *testing.T) {
		w := w.in(t)
		contains(t, run(w, "create-job", "CronJob", "report"), "makes Job/acted/report-")
		run(w, "suspend", "CronJob", "report")
		run(w, "resume", "CronJob", "report")
		playtest.Eventually(t, playtest.Patience, "the Job", func() error {
			jobs, err := see.client.BatchV1().Jobs("acted").List(t.Context(), metav1.ListOptions{})
			if err == nil && (len(jobs.Items) != 1 || jobs.Items[0].OwnerReferences[0].Name != "report") {
				err = errors.New("it is not there")
			}
			return err
		})
	})
	t.Run("a Pod is deleted when that is confirmed", func(t *testing.T) {
		w := w.in(t)
		var pod string
		playtest.Eventually(t, playtest.Patience, "a Pod", func() error {
			for pod = range see.pods("acted") {
				return nil
			}
			return errors.New("there is none")
		})
		contains(t, w.expect(6, "app", "actions", "run", "acted", "delete", "--kind", "Pod", "--resource-name", pod).err, "--yes confirms it")
		run(w, "delete", "Pod", pod, "--param", "force=true", "--param", "propagation=background", "--yes")
		playtest.Eventually(t, playtest.Patience, "it is gone", func() error {
			if see.pods("acted")[pod] {
				return errors.New("it is there")
			}
			return nil
		})
	})
	t.Run("a patch changes the live object, which then differs by whom", func(t *testing.T) {
		w := w.in(t)
		run(w, "patch", "Deployment", "web", "--param", `patch={"spec":{"minReadySeconds":1,"replicas":1}}`, "--yes")
		contains(t, w.expect(1, "app", "diff", "acted").out, "wheelhouse-action")
		contains(t, w.must("app", "plan", "acted"), "1 field differs; fields are taken over from wheelhouse-action")
	})
	t.Run("a patch that the server refuses says why, and not what the object is", func(t *testing.T) {
		w := w.in(t)
		patch := []string{"app", "actions", "run", "acted", "patch", "--kind", "Deployment", "--resource-name", "web", "--yes", "--param"}
		contains(t, w.expect(4, append(patch, `patch={"spec":{"nonsense":1}}`)...).err, "the API server refuses it", `unknown field "spec.nonsense"`)
		r := w.expect(4, append(patch, `patch={"spec":{"replicas":"many"}}`)...)
		if contains(t, r.err, "the API server refuses it"); strings.Contains(r.err, "managedFields") {
			t.Errorf("it repeats the object: %s", r.err)
		}
	})
	t.Run("a viewer may look only", func(t *testing.T) {
		w := w.in(t)
		w.must("app", "actions", "list", "acted", "--kind", "Deployment", "--resource-name", "web", "--read-only")
		contains(t, w.expect(6, "app", "actions", "run", "acted", "restart", "--kind", "Deployment", "--resource-name", "web", "--read-only").err, "not allowed")
	})
	t.Run("an operator steers, and neither patches nor deletes", func(t *testing.T) {
		w := w.in(t)
		web := []string{"--kind", "Deployment", "--resource-name", "web", "--role", "operator"}
		run := func(action string) []string {
			return append([]string{"app", "actions", "run", "acted", action, "--yes"}, web...)
		}
		w.must(run("restart")...)
		contains(t, w.expect(6, append(run("patch"), "--param", "patch={}")...).err, "patch a live object: not allowed: needs the role admin")
		contains(t, w.expect(6, run("delete")...).err, "delete a live object: not allowed: needs the role admin", "--role operator")
		listed := w.must(append([]string{"app", "actions", "list", "acted"}, web...)...)
		contains(t, rowOf(t, listed, "delete"), "needs the role admin")
		if row := rowOf(t, listed, "restart"); strings.Contains(row, "needs the role") {
			t.Errorf("an operator may restart:\n%s", row)
		}
	})
	t.Run("what is no part of the application is not acted upon", func(t *testing.T) {
		w := w.in(t)
		see.configMap("acted", "stranger", nil, nil)
		w.expect(3, "app", "actions", "run", "acted", "delete", "--kind", "ConfigMap", "--resource-name", "stranger", "--yes")
		see.present("configmap", "acted", "stranger")
	})
}

// pods names the Pods of a namespace that are not ending.
func (e eyes) pods(namespace string) map[string]bool {
	e.t.Helper()
	list, err := e.client.CoreV1().Pods(namespace).List(e.t.Context(), metav1.ListOptions{})
	if err != nil {
		e.t.Fatal(err)
	}
	out := map[string]bool{}
	for _, p := range list.Items {
		if p.DeletionTimestamp == nil {
			out[p.Name] = true
		}
	}
	return out
}

// TestDeletingALiveObjectAsksForWhatGoesWithIt deletes, with --yes alone, what holds data and what is another application's.
func TestDeletingALiveObjectAsksForWhatGoesWithIt(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	set := workload("StatefulSet", "db", "  serviceName: db\n  replicas: 0\n  persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete}\n"+
		"  volumeClaimTemplates:\n  - metadata: {name: data}\n    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n")
	w.create("by-hand", newRepository(t, w.play, "by-hand", map[string]string{"db.yaml": set, "a.yaml": configMap("a", "one")}))
	w.must("app", "sync", "by-hand")
	w.create("sharing", newRepository(t, w.play, "sharing", map[string]string{"a.yaml": configMap("a", "one")}), "--dest-namespace", "by-hand")
	see := w.see()
	for name, c := range map[string]struct{ application, kind, object, guard, says string }{
		"a StatefulSet whose claims go": {"by-hand", "statefulset", "db", "prune:StatefulSet/by-hand/db", "its Pods and its claims"},
		"what is another application's": {"sharing", "configmap", "a", "foreign:ConfigMap/by-hand/a", "which belongs to the application by-hand"},
	} {
		t.Run(name, func(t *testing.T) {
			w := w.in(t)
			remove := []string{"app", "actions", "run", c.application, "delete", "--kind", c.kind, "--resource-name", c.object, "--yes"}
			r := w.expect(6, remove...)
			contains(t, r.err, c.guard+": deletes", c.says, "--confirm")
			contains(t, r.out, "guard "+c.guard)
			see.present(c.kind, "by-hand", c.object)
			w.expect(6, append(remove, "--confirm", "prune:"+c.object)...)
			see.present(c.kind, "by-hand", c.object)
			w.must(append(remove, "--confirm", c.guard)...)
			playtest.Eventually(t, playtest.Patience, "it is gone", func() error {
				if see.find(c.kind, "by-hand", c.object) == nil {
					return errors.New("it is there")
				}
				return nil
			})
		})
	}
}
