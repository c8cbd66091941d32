package plan

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// A StatefulSet may ask that the claims of the Pods that it gives up are deleted (persistentVolumeClaimRetentionPolicy.whenScaled:
// Delete). A write that takes Pods from it then deletes data, and is asked about like a deletion.

// statefulSet is the one kind whose controller deletes claims.
var statefulSet = schema.GroupKind{Group: "apps", Kind: "StatefulSet"}

// LosesClaims reports whether an object is of the kind that may lose claims when it is changed.
func LosesClaims(ref object.Ref) bool { return ref.GroupKind() == statefulSet }

// fields reads a field of an object, and whether it is there.
type fields func(path ...string) (any, bool)

func fieldsOf(u *unstructured.Unstructured) fields {
	return func(path ...string) (any, bool) {
		if u == nil {
			return nil, false
		}
		v, found, err := unstructured.NestedFieldNoCopy(u.Object, path...)
		return v, found && err == nil
	}
}

func (f fields) number(otherwise int64, path ...string) int64 {
	switch n, _ := f(path...); n := n.(type) {
	case int64:
		return n
	case float64:
		return int64(n)
	}
	return otherwise
}

// pods are the ordinals of a StatefulSet's Pods: from start on, and less than end.
func (f fields) pods() (start, end int64) {
	start = f.number(0, "spec", "ordinals", "start")
	return start, start + f.number(1, "spec", "replicas")
}

// scalesAway says which claims are deleted when a live object comes to have other fields; "" is none.
func scalesAway(live *unstructured.Unstructured, after fields) string {
	if live == nil || !LosesClaims(object.Of(live)) {
		return ""
	}
	policy, _ := after("spec", "persistentVolumeClaimRetentionPolicy", "whenScaled")
	claims, _ := after("spec", "volumeClaimTemplates")
	if list, _ := claims.([]any); policy != "Delete" || len(list) == 0 {
		return ""
	}
	start, end := fieldsOf(live).pods()
	from, to := after.pods()
	gone := end - start - max(0, min(end, to)-max(start, from))
	switch {
	case gone <= 0:
		return ""
	case gone == 1:
		return "the claims of 1 Pod that goes"
	}
	return fmt.Sprintf("the claims of %d Pods that go", gone)
}

// scaling says which claims a step that writes a StatefulSet has deleted; "" is none.
func scaling(s *Step) string {
	switch s.Verb {
	case Change:
		return scalesAway(s.Live, s.becomes)
	case Replace:
		return scalesAway(s.Live, fieldsOf(s.Desired))
	case Keep, Create, Own, Delete, RunHook, HandBack:
	}
	return ""
}

// becomes reads a field as a step that changes its object leaves it: as the server predicts, or as it is written although the comparison
// leaves it out. What was not predicted, for the server refuses it, leaves what it does not name.
func (s *Step) becomes(path ...string) (any, bool) {
	for _, c := range s.Diff.Ignored {
		if c.Path == "."+strings.Join(path, ".") {
			return c.New, c.HasNew
		}
	}
	v, found := fieldsOf(s.Diff.Predicted)(path...)
	_, counted := fieldsOf(s.Diff.Live)(path...)
	if found || counted && s.Diff.Verdict != diff.Refused {
		return v, found
	}
	return fieldsOf(s.Live)(path...)
}

// GuardsOfChange are those of changing one live object by hand: the data that goes with it. After is what the server would make of it.
func GuardsOfChange(live, after *unstructured.Unstructured) []Guard {
	claims := scalesAway(live, fieldsOf(after))
	if claims == "" {
		return nil
	}
	ref := object.Of(live)
	return []Guard{{Name: scaleGuard(ref), Message: scaleMessage(ref, claims)}}
}

func scaleGuard(ref object.Ref) string { return "scale:" + ref.String() }

func scaleMessage(ref object.Ref, claims string) string {
	return "scales " + ref.String() + " down and deletes " + claims + " (whenScaled: Delete), and perhaps the data on them"
}
