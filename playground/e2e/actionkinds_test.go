package e2e

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// act runs an action on an object of the application that is called like its namespace.
func (p *program) act(application, name, kind, object string, more ...string) string {
	p.t.Helper()
	return p.must(append([]string{"app", "actions", "run", application, name, "--kind", kind, "--resource-name", object, "--yes"}, more...)...)
}

// workload is a manifest of a kind of apps/v1 with one container.
func workload(kind, name, more string) string {
	return fmt.Sprintf(`apiVersion: apps/v1
kind: %s
metadata:
  name: %s
spec:
%s  selector: {matchLabels: {app: %[2]s}}
  template:
    metadata: {labels: {app: %[2]s}}
    spec:
      containers: [{name: main, image: "example/%[2]s:1"}]
`, kind, name, more)
}

// TestActionsOnWorkloads restarts and scales the other workloads than Deployments.
func TestActionsOnWorkloads(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("workloads", newRepository(t, w.play, "workloads", map[string]string{
		"db.yaml":    workload("StatefulSet", "db", "  serviceName: db\n  replicas: 1\n"),
		"agent.yaml": workload("DaemonSet", "agent", ""),
		"old.yaml":   workload("ReplicaSet", "old", "  replicas: 1\n"),
	}))
	w.must("app", "sync", "workloads")
	apps := w.see().client.AppsV1()
	const restarted = "kubectl.kubernetes.io/restartedAt"
	t.Run("a StatefulSet is restarted and scaled", func(t *testing.T) {
		w := w.in(t)
		w.act("workloads", "restart", "StatefulSet", "db")
		w.act("workloads", "scale", "StatefulSet", "db", "--param", "replicas=2")
		got, err := apps.StatefulSets("workloads").Get(t.Context(), "db", metav1.GetOptions{})
		if err != nil || *got.Spec.Replicas != 2 || got.Spec.Template.Annotations[restarted] == "" {
			t.Errorf("it is %+v, %v", got, err)
		}
	})
	t.Run("a DaemonSet is restarted and has no number", func(t *testing.T) {
		w := w.in(t)
		w.act("workloads", "restart", "DaemonSet", "agent")
		w.expect(3, "app", "actions", "run", "workloads", "scale", "--kind", "DaemonSet", "--resource-name", "agent", "--param", "replicas=2")
		got, err := apps.DaemonSets("workloads").Get(t.Context(), "agent", metav1.GetOptions{})
		if err != nil || got.Spec.Template.Annotations[restarted] == "" {
			t.Errorf("it is %+v, %v", got, err)
		}
	})
	t.Run("a ReplicaSet is scaled to none", func(t *testing.T) {
		w := w.in(t)
		contains(t, w.act("workloads", "scale", "ReplicaSet", "old", "--param", "replicas=0"), "1 → 0")
		got, err := apps.ReplicaSets("workloads").Get(t.Context(), "old", metav1.GetOptions{})
		if err != nil || *got.Spec.Replicas != 0 {
			t.Errorf("it is %+v, %v", got, err)
		}
	})
	t.Run("a number that is none is refused", func(t *testing.T) {
		w := w.in(t)
		contains(t, w.expect(2, "app", "actions", "run", "workloads", "scale", "--kind", "StatefulSet", "--resource-name", "db", "--param", "replicas=many").err, `not "many"`)
	})
}

// TestActionsOnAJob suspends, resumes and terminates a Job that runs.
func TestActionsOnAJob(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("job-acts", newRepository(t, w.play, "job-acts", map[string]string{"job.yaml": `apiVersion: batch/v1
kind: Job
metadata: {name: report}
spec:
  template:
    spec:
      restartPolicy: Never
      nodeSelector: {no: such-node}
      containers: [{name: main, image: "example/report:1"}]
`}))
	w.must("app", "sync", "job-acts")
	see := w.see()
	has := func(condition string) error {
		job, err := see.client.BatchV1().Jobs("job-acts").Get(t.Context(), "report", metav1.GetOptions{})
		if err != nil {
			return err
		}
		for _, c := range job.Status.Conditions {
			if string(c.Type) == condition && c.Status == "True" {
				return nil
			}
		}
		return fmt.Errorf("its conditions are %+v", job.Status.Conditions)
	}
	w.act("job-acts", "suspend", "Job", "report")
	playtest.Eventually(t, playtest.Patience, "the Job is suspended", func() error { return has("Suspended") })
	contains(t, w.expect(6, "app", "actions", "run", "job-acts", "suspend", "--kind", "Job", "--resource-name", "report").err, "it is suspended already")
	contains(t, w.expect(6, "app", "actions", "run", "job-acts", "terminate", "--kind", "Job", "--resource-name", "report").err, "it is suspended, and no Pod of it runs")
	w.act("job-acts", "resume", "Job", "report")
	playtest.Eventually(t, playtest.Patience, "the Job has a Pod", func() error {
		if len(see.pods("job-acts")) == 0 {
			return errors.New("it has none")
		}
		return nil
	})
	w.act("job-acts", "terminate", "Job", "report")
	playtest.Eventually(t, playtest.Patience, "the Job fails", func() error { return has("Failed") })
	contains(t, w.expect(6, "app", "actions", "run", "job-acts", "terminate", "--kind", "Job", "--resource-name", "report").err, "it has ended")
}

// TestDeletingAndPatchingObjects deletes with each propagation and patches with each type.
func TestDeletingAndPatchingObjects(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	files := map[string]string{"settings.yaml": configMap("settings", "one")}
	for _, name := range []string{"foreground", "background", "orphan"} {
		files[name+".yaml"] = workload("ReplicaSet", name, "  replicas: 1\n")
	}
	w.create("removed", newRepository(t, w.play, "removed", files))
	w.must("app", "sync", "removed", "--wait")
	see := w.see()
	podOf := func(name string) error {
		list, err := see.client.CoreV1().Pods("removed").List(t.Context(), metav1.ListOptions{LabelSelector: "app=" + name})
		if err == nil && len(list.Items) == 0 {
			err = apierrors.NewNotFound(schema.GroupResource{Resource: "pods"}, name)
		}
		return err
	}
	for name, stays := range map[string]bool{"foreground": false, "background": false, "orphan": true} {
		t.Run(name, func(t *testing.T) {
			w := w.in(t)
			contains(t, w.expect(6, "app", "actions", "run", "removed", "delete", "--kind", "ReplicaSet", "--resource-name", name).err, "--yes confirms it")
			w.act("removed", "delete", "ReplicaSet", name, "--param", "propagation="+name, "--param", "force=false")
			playtest.Eventually(t, playtest.Patience, "it is gone, and its Pod with it or not", func() error {
				_, err := see.client.AppsV1().ReplicaSets("removed").Get(t.Context(), name, metav1.GetOptions{})
				if !apierrors.IsNotFound(err) {
					return fmt.Errorf("it is there: %w", err)
				}
				if err := podOf(name); apierrors.IsNotFound(err) == stays {
					return fmt.Errorf("its Pod: %w", err)
				}
				return nil
			})
		})
	}
	t.Run("a propagation that is none is refused", func(t *testing.T) {
		w := w.in(t)
		w.expect(2, "app", "actions", "run", "removed", "delete", "--kind", "ConfigMap", "--resource-name", "settings", "--yes", "--param", "propagation=sideways")
		see.present("configmap", "removed", "settings")
	})
	for kind, patch := range map[string]string{
		"merge": `{"data":{"merge":"x"}}`, "json": `[{"op":"add","path":"/data/json","value":"x"}]`, "strategic": `{"data":{"strategic":"x","with":"a=b,c=d"}}`,
	} {
		t.Run("a patch of the type "+kind, func(t *testing.T) {
			w := w.in(t)
			w.must("app", "actions", "run", "removed", "patch", "--kind", "ConfigMap", "--resource-name", "settings", "--yes",
				"--param", "type="+kind, "--param", "patch="+patch)
			if got := see.get("removed", "settings").Data; got[kind] != "x" {
				t.Errorf("the data is %v", got)
			}
		})
	}
}

const rolloutKind = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: rollouts.argoproj.io
spec:
  group: argoproj.io
  scope: Namespaced
  names: {kind: Rollout, plural: rollouts}
  versions:
    - name: v1alpha1
      served: true
      storage: true
      subresources: {status: {}}
      schema: {openAPIV3Schema: {type: object, properties: {
        spec: {type: object, x-kubernetes-preserve-unknown-fields: true}, status: {type: object, x-kubernetes-preserve-unknown-fields: true}}}}
`

const rolloutManifest = `apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: front}
spec:
  replicas: 2
  strategy: {canary: {steps: [{setWeight: 20}, {pause: {}}]}}
`

// TestActionsOnARollout does to an Argo Rollout what its controller obeys; the test is the controller.
func TestActionsOnARollout(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("rolled", newRepository(t, w.play, "rolled", map[string]string{"kind.yaml": rolloutKind, "front.yaml": rolloutManifest}))
	w.must("app", "sync", "rolled", "--timeout", "120s")
	config, err := w.play.Config()
	if err != nil {
		t.Fatal(err)
	}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	rollouts := client.Resource(schema.GroupVersionResource{Group: "argoproj.io", Version: "v1alpha1", Resource: "rollouts"}).Namespace("rolled")
	// reports is the controller's turn: the next status.
	reports := func(status map[string]any) {
		t.Helper()
		u, err := rollouts.Get(t.Context(), "front", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		u.Object["status"] = status
		if _, err := rollouts.UpdateStatus(t.Context(), u, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	is := func(want any, path ...string) {
		t.Helper()
		u, err := rollouts.Get(t.Context(), "front", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got, _, err := unstructured.NestedFieldNoCopy(u.Object, path...); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%v is %v, want %v (%v)", path, got, want, err)
		}
	}
	refused := func(name, why string) {
		t.Helper()
		contains(t, w.expect(6, "app", "actions", "run", "rolled", name, "--kind", "Rollout", "--resource-name", "front").err, why)
	}
	act := func(name string, more ...string) { t.Helper(); w.act("rolled", name, "Rollout", "front", more...) }

	refused("promote-full", "no update is under way")
	reports(map[string]any{"currentPodHash": "b", "stableRS": "a", "pauseConditions": []any{map[string]any{"reason": "CanaryPauseStep"}}, "currentStepIndex": int64(1)})
	refused("pause", "it is paused already")
	act("resume")
	is(nil, "status", "pauseConditions")
	is(1, "status", "currentStepIndex")
	act("pause")
	is(true, "spec", "paused")
	act("resume")
	is(false, "spec", "paused")
	act("promote-full")
	is(true, "status", "promoteFull")
	act("abort")
	is(true, "status", "abort")
	refused("abort", "it is aborted already")
	act("retry")
	is(false, "status", "abort")
	act("scale", "--param", "replicas=4")
	is(4, "spec", "replicas")
	act("restart")
	u, err := rollouts.Get(t.Context(), "front", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	at, _, err := unstructured.NestedString(u.Object, "spec", "restartAt")
	if _, wrong := time.Parse(time.RFC3339, at); err != nil || wrong != nil {
		t.Errorf("it restarts at %q: %v, %v", at, err, wrong)
	}
}

// TestAnActionIsBoundToItsObject has a colleague make the object anew between the check of an action and its request.
func TestAnActionIsBoundToItsObject(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	see := w.see()
	w.create("bound", newRepository(t, w.play, "bound", map[string]string{"a.yaml": configMap("settings", "one")}))
	w.must("app", "sync", "bound")
	maps := see.client.CoreV1().ConfigMaps("bound")
	another := func() error {
		theirs, err := maps.Get(t.Context(), "settings", metav1.GetOptions{})
		if err != nil {
			return err
		}
		theirs.ResourceVersion, theirs.UID, theirs.ManagedFields = "", "", nil
		err = maps.Delete(t.Context(), "settings", metav1.DeleteOptions{})
		if err == nil {
			_, err = maps.Create(t.Context(), theirs, metav1.CreateOptions{})
		}
		return err
	}
	r := w.beforeFirst(http.MethodPatch, "settings", another).fails("app", "actions", "run", "bound", "patch", "--kind", "ConfigMap",
		"--resource-name", "settings", "--yes", "--param", `patch={"data":{"value":"two"}}`)
	contains(t, r.err, "patch ConfigMap/bound/settings")
	if got := see.get("bound", "settings").Data["value"]; got != "one" {
		t.Errorf("the new object's value is %q", got)
	}
	r = w.beforeFirst(http.MethodDelete, "settings", another).fails("app", "actions", "run", "bound", "delete", "--kind", "ConfigMap",
		"--resource-name", "settings", "--yes")
	contains(t, r.err, "delete ConfigMap/bound/settings")
	see.present("configmap", "bound", "settings")
}

// TestAPatchDoesWhatWasShown has a colleague change the object between the check of a patch and the look before its request.
func TestAPatchDoesWhatWasShown(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	see := w.see()
	w.create("shown", newRepository(t, w.play, "shown", map[string]string{"a.yaml": configMap("settings", "one")}))
	w.must("app", "sync", "shown")
	patch := []string{
		"app", "actions", "run", "shown", "patch", "--kind", "ConfigMap", "--resource-name", "settings", "--yes",
		"--param", "type=json", "--param", `patch=[{"op":"replace","path":"/data/value","value":"two"}]`,
	}
	var checked atomic.Bool
	var once sync.Once
	overtaken := w.overLine(func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
		if strings.HasSuffix(r.URL.Path, "/settings") && r.Method == http.MethodGet && checked.Load() {
			once.Do(func() { see.edit("shown", "settings", "theirs") })
		}
		next.ServeHTTP(rw, r)
		if r.Method == http.MethodPatch && strings.HasSuffix(r.URL.Path, "/settings") {
			checked.Store(true)
		}
	})
	contains(t, overtaken.expect(6, patch...).err, "changed since the plan was made", "the patch would do something else")
	if got := see.get("shown", "settings").Data["value"]; got != "theirs" {
		t.Errorf("the value is %q", got)
	}
	w.must(patch...)
	if got := see.get("shown", "settings").Data["value"]; got != "two" {
		t.Errorf("the value is %q", got)
	}
}
