package action_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/action"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// live is an object of a kind with a spec and a status written as JSON.
func live(t *testing.T, apiVersion, kind, spec, status string) *unstructured.Unstructured {
	t.Helper()
	u := &unstructured.Unstructured{Object: map[string]any{}}
	text := `{"apiVersion":"` + apiVersion + `","kind":"` + kind + `","metadata":{"name":"web","namespace":"shop","uid":"u-1"},"spec":` + spec + `,"status":` + status + `}`
	if err := u.UnmarshalJSON([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return u
}

// TestWhatKindsOffer says for each kind in each state which actions are on offer; those in parentheses are not now.
func TestWhatKindsOffer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ apiVersion, kind, spec, status, offers string }{
		"a Deployment":            {"apps/v1", "Deployment", `{}`, `{}`, "restart scale pause (resume) patch delete"},
		"a paused Deployment":     {"apps/v1", "Deployment", `{"paused":true}`, `{}`, "(restart) scale (pause) resume patch delete"},
		"a StatefulSet":           {"apps/v1", "StatefulSet", `{}`, `{}`, "restart scale patch delete"},
		"a DaemonSet":             {"apps/v1", "DaemonSet", `{}`, `{}`, "restart patch delete"},
		"a ReplicaSet":            {"apps/v1", "ReplicaSet", `{}`, `{}`, "scale patch delete"},
		"a Pod":                   {"v1", "Pod", `{}`, `{}`, "patch delete"},
		"a CronJob":               {"batch/v1", "CronJob", `{}`, `{}`, "suspend (resume) create-job patch delete"},
		"a suspended CronJob":     {"batch/v1", "CronJob", `{"suspend":true}`, `{}`, "(suspend) resume create-job patch delete"},
		"a Job":                   {"batch/v1", "Job", `{}`, `{}`, "suspend (resume) terminate patch delete"},
		"a suspended Job":         {"batch/v1", "Job", `{"suspend":true}`, `{}`, "(suspend) resume (terminate) patch delete"},
		"a Job that has ended":    {"batch/v1", "Job", `{}`, `{"conditions":[{"type":"Complete","status":"True"}]}`, "(suspend) (resume) (terminate) patch delete"},
		"a Job that has failed":   {"batch/v1", "Job", `{}`, `{"conditions":[{"type":"Failed","status":"True"}]}`, "(suspend) (resume) (terminate) patch delete"},
		"a Rollout at rest":       {"argoproj.io/v1alpha1", "Rollout", `{}`, `{"currentPodHash":"a","stableRS":"a"}`, "restart scale pause (resume) (promote-full) (abort) (retry) patch delete"},
		"a Rollout in an update":  {"argoproj.io/v1alpha1", "Rollout", `{}`, `{"currentPodHash":"b","stableRS":"a"}`, "restart scale pause (resume) promote-full abort (retry) patch delete"},
		"an aborted Rollout":      {"argoproj.io/v1alpha1", "Rollout", `{}`, `{"abort":true,"currentPodHash":"b","stableRS":"a"}`, "restart scale pause (resume) promote-full (abort) retry patch delete"},
		"a Rollout at a step":     {"argoproj.io/v1alpha1", "Rollout", `{}`, `{"currentPodHash":"b","stableRS":"a","pauseConditions":[{"reason":"CanaryPauseStep"}]}`, "restart scale (pause) resume promote-full abort (retry) patch delete"},
		"a paused Rollout":        {"argoproj.io/v1alpha1", "Rollout", `{"paused":true}`, `{}`, "restart scale (pause) resume (promote-full) (abort) (retry) patch delete"},
		"another group's Job":     {"example.com/v1", "Job", `{}`, `{}`, "patch delete"},
		"an object of its own":    {"example.com/v1", "Thing", `{}`, `{}`, "patch delete"},
		"a ConfigMap, like a Pod": {"v1", "ConfigMap", `{}`, `{}`, "patch delete"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var words []string
			for _, o := range action.For(live(t, c.apiVersion, c.kind, c.spec, c.status)) {
				word := o.Name
				if o.Disabled != "" {
					word = "(" + word + ")"
				}
				words = append(words, word)
			}
			if got := strings.Join(words, " "); got != c.offers {
				t.Errorf("it offers %s\nwant      %s", got, c.offers)
			}
		})
	}
}

// TestWhatActionsWrite makes every write of the table.
func TestWhatActionsWrite(t *testing.T) {
	t.Parallel()
	const at = "2026-03-04T12:00:00Z"
	for name, c := range map[string]struct {
		apiVersion, kind, spec, status, action string
		values                                 map[string]string
		patch, subresource                     string
	}{
		"restart a Deployment": {
			"apps/v1", "Deployment", `{}`, `{}`, "restart", nil,
			`{"spec":{"template":{"metadata":{"annotations":{"kubectl.kubernetes.io/restartedAt":"` + at + `"}}}}}`, "",
		},
		"restart a Rollout":   {"argoproj.io/v1alpha1", "Rollout", `{}`, `{}`, "restart", nil, `{"spec":{"restartAt":"` + at + `"}}`, ""},
		"scale":               {"apps/v1", "StatefulSet", `{"replicas":1}`, `{}`, "scale", map[string]string{"replicas": "3"}, `{"spec":{"replicas":3}}`, ""},
		"pause":               {"apps/v1", "Deployment", `{}`, `{}`, "pause", nil, `{"spec":{"paused":true}}`, ""},
		"resume a Deployment": {"apps/v1", "Deployment", `{"paused":true}`, `{}`, "resume", nil, `{"spec":{"paused":false}}`, ""},
		"suspend a CronJob":   {"batch/v1", "CronJob", `{}`, `{}`, "suspend", nil, `{"spec":{"suspend":true}}`, ""},
		"resume a Job":        {"batch/v1", "Job", `{"suspend":true}`, `{}`, "resume", nil, `{"spec":{"suspend":false}}`, ""},
		"terminate":           {"batch/v1", "Job", `{}`, `{}`, "terminate", nil, `{"spec":{"activeDeadlineSeconds":1}}`, ""},
		"promote": {
			"argoproj.io/v1alpha1", "Rollout", `{}`, `{"currentPodHash":"b","stableRS":"a"}`, "promote-full", nil, `{"status":{"promoteFull":true}}`, "status",
		},
		"pause a Rollout":           {"argoproj.io/v1alpha1", "Rollout", `{}`, `{}`, "pause", nil, `{"spec":{"paused":true}}`, ""},
		"resume a Rollout":          {"argoproj.io/v1alpha1", "Rollout", `{"paused":true}`, `{"pauseConditions":[{}]}`, "resume", nil, `{"spec":{"paused":false}}`, ""},
		"resume a Rollout's update": {"argoproj.io/v1alpha1", "Rollout", `{}`, `{"pauseConditions":[{}]}`, "resume", nil, `{"status":{"pauseConditions":null}}`, "status"},
		"abort":                     {"argoproj.io/v1alpha1", "Rollout", `{}`, `{"currentPodHash":"b","stableRS":"a"}`, "abort", nil, `{"status":{"abort":true}}`, "status"},
		"retry":                     {"argoproj.io/v1alpha1", "Rollout", `{}`, `{"abort":true}`, "retry", nil, `{"status":{"abort":false}}`, "status"},
		"patch":                     {"v1", "ConfigMap", `{}`, `{}`, "patch", map[string]string{"patch": `{"data":{"a":"b"}}`}, `{"data":{"a":"b"}}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := made(t, live(t, c.apiVersion, c.kind, c.spec, c.status), c.action, c.values)
			if w.Patch == nil || w.Patch.UID != "u-1" || w.Patch.Subresource != c.subresource || w.Says == "" {
				t.Fatalf("the write is %+v", w)
			}
			var got, want any
			if err := errors.Join(json.Unmarshal(w.Patch.Body, &got), json.Unmarshal([]byte(c.patch), &want)); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func made(t *testing.T, u *unstructured.Unstructured, name string, values map[string]string) action.Write {
	t.Helper()
	a, err := action.Find(u, name)
	if err != nil {
		t.Fatal(err)
	}
	w, err := a.Make(action.Input{Object: u, Values: values, Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// TestAJobOfACronJob makes the Job that kubectl create job --from would make.
func TestAJobOfACronJob(t *testing.T) {
	t.Parallel()
	u := live(t, "batch/v1", "CronJob", `{"jobTemplate":{"metadata":{"labels":{"a":"b"}},"spec":{"backoffLimit":3}}}`, `{}`)
	u.SetName(strings.Repeat("long", 15))
	job := made(t, u, "create-job", nil).Create
	if job.GetKind() != "Job" || job.GetNamespace() != "shop" || len(job.GetName()) > 63 || job.GetLabels()["a"] != "b" ||
		job.GetAnnotations()["cronjob.kubernetes.io/instantiate"] != "manual" {
		t.Errorf("the Job is %v", job.Object)
	}
	if o := job.GetOwnerReferences(); len(o) != 1 || o[0].UID != "u-1" || o[0].Controller == nil || !*o[0].Controller {
		t.Errorf("its owners are %v", o)
	}
	if n, _, err := unstructured.NestedInt64(job.Object, "spec", "backoffLimit"); err != nil || n != 3 {
		t.Errorf("its spec is %v", job.Object["spec"])
	}
}

// TestDelete deletes as it is asked to.
func TestDelete(t *testing.T) {
	t.Parallel()
	pod := live(t, "v1", "Pod", `{}`, `{}`)
	if w := made(t, pod, "delete", nil).Delete; w.Propagation != "Foreground" || w.Force || w.UID != "u-1" {
		t.Errorf("by default: %+v", w)
	}
	if w := made(t, pod, "delete", map[string]string{"propagation": "orphan", "force": "true"}).Delete; w.Propagation != "Orphan" || !w.Force {
		t.Errorf("by wish: %+v", w)
	}
}

// TestDeleteOfWhatIsBeingDeleted ends the grace period, and does nothing else.
func TestDeleteOfWhatIsBeingDeleted(t *testing.T) {
	t.Parallel()
	pod := live(t, "v1", "Pod", `{}`, `{}`)
	pod.SetDeletionTimestamp(&metav1.Time{Time: noon})
	if w := made(t, pod, "delete", map[string]string{"force": "true"}).Delete; !w.Force {
		t.Errorf("by force: %+v", w)
	}
	a, err := action.Find(pod, "delete")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Make(action.Input{Object: pod, Now: noon}); !errors.Is(err, app.ErrUnfit) || !strings.Contains(err.Error(), "force=true") {
		t.Errorf("without: %v", err)
	}
}

// TestWhatIsRefused gives actions what they cannot take.
func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind, action string
		values       map[string]string
		says         string
		// misused is true for what can never work, whatever the object is like.
		misused bool
	}{
		"replicas without a number":     {"Deployment", "scale", nil, "replicas is missing: write how many, such as replicas=3; now it is 1", true},
		"replicas that are no number":   {"Deployment", "scale", map[string]string{"replicas": "many"}, "not \"many\"", true},
		"fewer replicas than none":      {"Deployment", "scale", map[string]string{"replicas": "-1"}, "not \"-1\"", true},
		"a parameter of no action":      {"Deployment", "restart", map[string]string{"fast": "true"}, "takes no parameter \"fast\": it takes none", true},
		"a parameter of another action": {"Deployment", "delete", map[string]string{"fast": "true"}, "takes no parameter \"fast\": it takes propagation, force", true},
		"a patch that is no JSON":       {"Deployment", "patch", map[string]string{"patch": "{"}, "is not JSON: write one such as", true},
		"a patch without one":           {"Deployment", "patch", nil, "patch is missing: write one such as", true},
		"a patch that is null":          {"Deployment", "patch", map[string]string{"patch": "null"}, "is no object: write one such as", true},
		"a patch that is a list":        {"Deployment", "patch", map[string]string{"patch": "[]", "type": "strategic"}, "is no object", true},
		"steps that are no list":        {"Deployment", "patch", map[string]string{"patch": "{}", "type": "json"}, "is a list of steps", true},
		"a patch of another type":       {"Deployment", "patch", map[string]string{"patch": "{}", "type": "smart"}, "not \"smart\"", true},
		"another propagation":           {"Deployment", "delete", map[string]string{"propagation": "maybe"}, "not \"maybe\"", true},
		"a force that is neither":       {"Deployment", "delete", map[string]string{"force": "may"}, "not \"may\"", true},
		"an action of another kind":     {"Deployment", "create-job", nil, "offers no create-job", false},
		"one that is not on offer":      {"Deployment", "resume", nil, "it is not paused", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := live(t, "apps/v1", c.kind, `{}`, `{}`)
			a, err := action.Find(u, c.action)
			if err == nil {
				_, err = a.Make(action.Input{Object: u, Values: c.values, Now: noon})
			}
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "Deployment/shop/web") {
				t.Errorf("the refusal is %v", err)
			}
			if errors.Is(err, app.ErrMisused) != c.misused {
				t.Errorf("misused is %v of %v", !c.misused, err)
			}
		})
	}
	if _, err := action.Find(live(t, "v1", "Pod", `{}`, `{}`), "scale"); !errors.Is(err, app.ErrNotFound) {
		t.Errorf("an action that does not exist is %v", err)
	}
}

// TestTheTableOfActions reads every row.
func TestTheTableOfActions(t *testing.T) {
	t.Parallel()
	for _, a := range action.Table() {
		if a.Name == "" || a.Title == "" || !strings.HasSuffix(a.Help, ".") {
			t.Errorf("%q needs a name, a title and a sentence", a.Name)
		}
		for _, p := range a.Parameters {
			if p.Name == "" || p.Help == "" {
				t.Errorf("%s: a parameter is not explained", a.Name)
			}
		}
		if (a.Name == "delete") != (a.Class == action.Remove) || (a.Name == "patch") != (a.Class == action.Edit) {
			t.Errorf("%s is of the class %d", a.Name, a.Class)
		}
	}
}

// TestWhatIsKeptOfValues keeps no data of a Secret.
func TestWhatIsKeptOfValues(t *testing.T) {
	t.Parallel()
	body := `{"data":{"a":"canary"}}`
	for kind, want := range map[string]map[string]string{
		"Secret":    {"patch": "not kept: it may hold data of the Secret", "type": "merge"},
		"ConfigMap": {"patch": body, "type": "merge"},
	} {
		u := live(t, "v1", kind, `{}`, `{}`)
		kept := made(t, u, "patch", map[string]string{"patch": body}).Kept(object.Of(u))
		if d := cmp.Diff(want, kept); d != "" {
			t.Errorf("of a %s:\n%s", kind, d)
		}
	}
	u := live(t, "v1", "ConfigMap", `{}`, `{}`)
	long := made(t, u, "patch", map[string]string{"patch": `{"data":{"a":"` + strings.Repeat("x", 5000) + `"}}`}).Kept(object.Of(u))["patch"]
	if len(long) > 4100 || !strings.HasSuffix(long, "(5017 characters)") {
		t.Errorf("of a long patch %d bytes are kept, which end with %s", len(long), long[len(long)-30:])
	}
}
