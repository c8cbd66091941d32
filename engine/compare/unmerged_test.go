package compare_test

import (
	"context"
	"errors"
	"net/url"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/engine/compare"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// mayNot is how the server refuses a dry run to who may only read.
var mayNot = &apierrors.StatusError{ErrStatus: metav1.Status{
	Code: 403, Reason: metav1.StatusReasonForbidden, Message: `configmaps "settings" is forbidden: User "reader" cannot patch resource "configmaps"`,
}}

// TestWhatCannotBeMergedIsNotCompared has the server give no answer, and the merge in its place fail: that is of one object, and says
// nothing of others.
func TestWhatCannotBeMergedIsNotCompared(t *testing.T) {
	t.Parallel()
	for name, unmerged := range map[string]error{
		"a field that no schema has":       errors.New("predict ConfigMap/shop/settings: .dota: field not declared in schema"),
		"the server keeps the schema back": apierrors.NewForbidden(schema.GroupResource{}, "", errors.New("no")),
		"the server fails to give it":      apierrors.NewInternalError(errors.New("no")),
		"the server is too busy for it":    apierrors.NewTooManyRequests("no", 1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, memo := &cluster{refusal: mayNot, unmerged: unmerged}, compare.NewMemo()
			for asked := range 2 {
				d, _ := verdict(t, comparer(server, memo, noon), server, configMap("", "blue"), configMap("1", "red"))
				if d.Verdict != diff.NotCompared || d.Reason != unmerged.Error() || d.Denied != mayNot.Error() {
					t.Errorf("it is %s because %q, for want of a right %q", d.Verdict, d.Reason, d.Denied)
				}
				if d.Live == nil || d.Predicted == nil || d.OutOfSync() || d.Invalid {
					t.Errorf("it is %+v", d)
				}
				if server.asked != asked+1 {
					t.Errorf("after %d questions it is remembered", server.asked)
				}
			}
			theirs := configMap("1", "red")
			object.SetMark(theirs, "other", "")
			if d, _ := verdict(t, comparer(server, memo, noon), server, configMap("", "blue"), theirs); d.Verdict != diff.Foreign {
				t.Errorf("another application's is %s", d.Verdict)
			}
		})
	}
}

// TestWhatIsTakenOverCannotBeRead has managed fields that nobody can read.
func TestWhatIsTakenOverCannotBeRead(t *testing.T) {
	t.Parallel()
	server, live := &cluster{refusal: mayNot}, managed(configMap("1", "red"), "kubectl")
	entries := live.GetManagedFields()
	entries[0].FieldsV1.SetRawString(`{"unknown:data":{}}`)
	live.SetManagedFields(entries)
	by := comparer(server, nil, noon)
	by.Takes = func(*unstructured.Unstructured) []string { return []string{"kubectl"} }
	if d, _ := verdict(t, by, server, configMap("", "blue"), live); d.Verdict != diff.NotCompared || d.Reason == "" || server.predicted != 0 {
		t.Errorf("it is %s because %q after %d predictions", d.Verdict, d.Reason, server.predicted)
	}
}

// TestNoWayToTheServerIsAnError ends the way to the server, and the comparison itself, while the schema is read.
func TestNoWayToTheServerIsAnError(t *testing.T) {
	t.Parallel()
	ended, end := context.WithCancel(t.Context())
	end()
	cut := &url.Error{Op: "Get", URL: "https://api/openapi/v3", Err: errors.New("connection refused")}
	for name, c := range map[string]struct {
		ctx      context.Context
		unmerged error
	}{"no way": {t.Context(), cut}, "the end": {ended, errors.New("no longer")}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			by := comparer(&cluster{refusal: mayNot, unmerged: c.unmerged}, nil, noon)
			d, _, err := by.Compare(c.ctx, configMap("", "blue"), configMap("1", "red"))
			if !errors.Is(err, c.unmerged) {
				t.Errorf("it is %s because %q, the error %v", d.Verdict, d.Reason, err)
			}
		})
	}
}
