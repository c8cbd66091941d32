package action

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// merge makes a merge patch of the main resource, or of a subresource.
func merge(u *unstructured.Unstructured, subresource, says string, body map[string]any) (Write, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return Write{}, err
	}
	return Write{Says: says, Patch: &object.PatchRequest{
		Ref: object.Of(u), UID: u.GetUID(), Type: types.MergePatchType, Body: b, Subresource: subresource,
	}}, nil
}

// restartedAt is the annotation by which kubectl rollout restart makes a template differ.
const restartedAt = "kubectl.kubernetes.io/restartedAt"

func restartPods(in Input) (Write, error) {
	at := in.Now.UTC().Format(time.RFC3339)
	return merge(in.Object, "", "replaces all Pods", map[string]any{"spec": map[string]any{"template": map[string]any{
		"metadata": map[string]any{"annotations": map[string]any{restartedAt: at}},
	}}})
}

func restartRollout(in Input) (Write, error) {
	return merge(in.Object, "", "replaces all Pods", map[string]any{"spec": map[string]any{"restartAt": in.Now.UTC().Format(time.RFC3339)}})
}

func replicasOf(u *unstructured.Unstructured) string {
	n, found, err := unstructured.NestedInt64(u.Object, "spec", "replicas")
	if err != nil || !found {
		n = 1
	}
	return strconv.FormatInt(n, 10)
}

func scale(in Input) (Write, error) {
	if in.Values["replicas"] == "" {
		return Write{}, app.Misused(fmt.Errorf("the parameter replicas is missing: write how many, such as replicas=3; now it is %s", replicasOf(in.Object)))
	}
	n, err := strconv.ParseInt(in.Values["replicas"], 10, 32)
	if err != nil || n < 0 {
		return Write{}, app.Misused(fmt.Errorf("replicas is a number from 0 on, not %q", in.Values["replicas"]))
	}
	says := fmt.Sprintf("goes from %s to %d replicas", replicasOf(in.Object), n)
	return merge(in.Object, "", says, map[string]any{"spec": map[string]any{"replicas": n}})
}

// set makes an action that sets a boolean of the spec.
func set(field string, value bool) func(Input) (Write, error) {
	return func(in Input) (Write, error) {
		return merge(in.Object, "", fmt.Sprintf("sets .spec.%s to %v", field, value), map[string]any{"spec": map[string]any{field: value}})
	}
}

// unless is the reason against an action on an object whose boolean of the spec has not this value.
func unless(field string, value bool, why string) func(*unstructured.Unstructured) string {
	return func(u *unstructured.Unstructured) string {
		if is, _, err := unstructured.NestedBool(u.Object, "spec", field); err != nil || is != value {
			return why
		}
		return ""
	}
}

// first is the first reason against an action.
func first(reasons ...func(*unstructured.Unstructured) string) func(*unstructured.Unstructured) string {
	return func(u *unstructured.Unstructured) string {
		for _, r := range reasons {
			if why := r(u); why != "" {
				return why
			}
		}
		return ""
	}
}

// ended is the reason against what is of no use to a Job that has ended.
func ended(u *unstructured.Unstructured) string {
	conditions, _, err := unstructured.NestedSlice(u.Object, "status", "conditions")
	if err != nil {
		return ""
	}
	for _, c := range conditions {
		m, ok := c.(map[string]any)
		if ok && m["status"] == "True" && (m["type"] == "Complete" || m["type"] == "Failed") {
			return "it has ended"
		}
	}
	return ""
}

// terminate gives a Job no more time, which makes its controller end it as failed. The time of a suspended one begins when it is
// resumed: it would run for a second first, so it is not on offer there.
func terminate(in Input) (Write, error) {
	return merge(in.Object, "", "ends the Job as failed", map[string]any{"spec": map[string]any{"activeDeadlineSeconds": 1}})
}

// manual is the annotation that kubectl create job --from leaves on the Job.
const manual = "cronjob.kubernetes.io/instantiate"

// createJob makes what kubectl create job --from makes: a Job of the template, owned by the CronJob.
func createJob(in Input) (Write, error) {
	template, found, err := unstructured.NestedMap(in.Object.Object, "spec", "jobTemplate")
	if err != nil || !found {
		return Write{}, errors.New("it has no template of a Job")
	}
	made := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "batch/v1", "kind": "Job", "spec": template["spec"]}}
	if m, ok := template["metadata"].(map[string]any); ok {
		made.Object["metadata"] = map[string]any{"labels": m["labels"], "annotations": m["annotations"]}
		if m["labels"] == nil {
			made.SetLabels(nil)
		}
		if m["annotations"] == nil {
			made.SetAnnotations(nil)
		}
	}
	// A name may have 63 characters; the time takes ten of them, and the dash one.
	name := in.Object.GetName()
	made.SetName(name[:min(len(name), 52)] + "-" + strconv.FormatInt(in.Now.Unix(), 10))
	made.SetNamespace(in.Object.GetNamespace())
	annotations := made.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[manual] = "manual"
	made.SetAnnotations(annotations)
	made.Object["metadata"].(map[string]any)["ownerReferences"] = []any{map[string]any{
		"apiVersion": in.Object.GetAPIVersion(), "kind": in.Object.GetKind(), "name": in.Object.GetName(),
		"uid": string(in.Object.GetUID()), "controller": true,
	}}
	return Write{Create: made, Says: "makes " + object.Of(made).String()}, nil
}

// pausedBySteps reports whether a Rollout's controller has paused it: at a step, for an analysis or before a switch.
func pausedBySteps(u *unstructured.Unstructured) bool {
	conditions, _, err := unstructured.NestedSlice(u.Object, "status", "pauseConditions")
	return err == nil && len(conditions) > 0
}

func pausedRollout(want bool, why string) func(*unstructured.Unstructured) string {
	return func(u *unstructured.Unstructured) string {
		byHand, _, err := unstructured.NestedBool(u.Object, "spec", "paused")
		if err != nil || (byHand || pausedBySteps(u)) != want {
			return why
		}
		return ""
	}
}

// resumeRollout ends the pause that somebody made, or else that of the steps, as kubectl argo rollouts promote does.
func resumeRollout(in Input) (Write, error) {
	if byHand, _, err := unstructured.NestedBool(in.Object.Object, "spec", "paused"); err == nil && byHand {
		return merge(in.Object, "", "sets .spec.paused to false", map[string]any{"spec": map[string]any{"paused": false}})
	}
	return merge(in.Object, "status", "goes on to the next step", map[string]any{"status": map[string]any{"pauseConditions": nil}})
}

func promoted(u *unstructured.Unstructured) string {
	current, _, errA := unstructured.NestedString(u.Object, "status", "currentPodHash")
	stable, _, errB := unstructured.NestedString(u.Object, "status", "stableRS")
	if errA != nil || errB != nil || current == stable {
		return "no update is under way"
	}
	return ""
}

func promoteFull(in Input) (Write, error) {
	return merge(in.Object, "status", "takes the new version everywhere", map[string]any{"status": map[string]any{"promoteFull": true}})
}

func aborted(want bool, why string) func(*unstructured.Unstructured) string {
	return func(u *unstructured.Unstructured) string {
		if is, _, err := unstructured.NestedBool(u.Object, "status", "abort"); err != nil || is != want {
			return why
		}
		return ""
	}
}

func abort(value bool) func(Input) (Write, error) {
	says := "goes back to the stable version"
	if !value {
		says = "tries the update again"
	}
	return func(in Input) (Write, error) {
		return merge(in.Object, "status", says, map[string]any{"status": map[string]any{"abort": value}})
	}
}

func fixed(s string) func(*unstructured.Unstructured) string {
	return func(*unstructured.Unstructured) string { return s }
}

// patchTypes are what Argo CD's command line calls the types of a patch, and the API's names of them.
var patchTypes = map[string]types.PatchType{
	"merge": types.MergePatchType, "json": types.JSONPatchType, "strategic": types.StrategicMergePatchType,
}

// likeThis shows a patch.
const likeThis = `write one such as {"metadata":{"labels":{"team":"shop"}}}`

func patch(in Input) (Write, error) {
	body := []byte(in.Values["patch"])
	t, ok := patchTypes[in.Values["type"]]
	switch {
	case !ok:
		return Write{}, app.Misused(fmt.Errorf("the type of a patch is merge, json or strategic, not %q", in.Values["type"]))
	case len(body) == 0:
		return Write{}, app.Misused(errors.New("the parameter patch is missing: " + likeThis))
	case !json.Valid(body):
		// What it says may be a Secret's.
		return Write{}, app.Misused(errors.New("the patch is not JSON: " + likeThis))
	case t == types.JSONPatchType && !begins(body, '['):
		return Write{}, app.Misused(errors.New(`a patch of the type json is a list of steps: write one such as [{"op":"remove","path":"/metadata/labels/team"}]`))
	case t != types.JSONPatchType && !begins(body, '{'):
		return Write{}, app.Misused(errors.New("the patch is no object: " + likeThis))
	}
	return Write{Says: "patches the live object", Patch: &object.PatchRequest{
		Ref: object.Of(in.Object), UID: in.Object.GetUID(), Type: t, Body: body,
	}}, nil
}

// begins reports whether JSON begins with a letter.
func begins(text []byte, with byte) bool {
	text = bytes.TrimSpace(text)
	return len(text) > 0 && text[0] == with
}

// remove deletes an object. Of one that is being deleted already the server only shortens the grace period.
func remove(in Input) (Write, error) {
	propagation, force := in.Values["propagation"], in.Values["force"]
	names := map[string]string{"foreground": "Foreground", "background": "Background", "orphan": "Orphan"}
	if names[propagation] == "" {
		return Write{}, app.Misused(fmt.Errorf("propagation is foreground, background or orphan, not %q", propagation))
	}
	if !slices.Contains([]string{"true", "false"}, force) {
		return Write{}, app.Misused(fmt.Errorf("force is true or false, not %q", force))
	}
	if in.Object.GetDeletionTimestamp() != nil && force != "true" {
		return Write{}, app.Unfit(errors.New("it is being deleted already: force=true ends its grace period"))
	}
	return Write{Says: "deletes it", Delete: &object.DeleteRequest{
		Ref: object.Of(in.Object), UID: in.Object.GetUID(), Propagation: names[propagation], Force: force == "true",
	}}, nil
}
