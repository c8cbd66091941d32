package comparetest

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// others are the owners, an application and its store, whose objects are not ours.
var others = [][2]string{{"another", installation}, {owner, "another-store"}, {"another", ""}, {owner, ""}}

// prune is the case of an object that nobody wants any more: if it is ours it is to be deleted, and can be by the version that was
// seen. One whose mark is another's, or was copied from another object, stays.
func (t *trial) prune(ctx context.Context) (diff.Diff, error) {
	made, ours := wanted(t.base), true
	switch t.r.IntN(10) {
	case 0:
		who := pick(t.r, others)
		t.tell("it is %s's in %q", who[0], who[1])
		object.SetMark(made, who[0], who[1])
		ours = false
	case 1:
		t.tell("its mark is a copy")
		mark := object.MarkOf(made)
		mark.Ref.Name += "-original"
		annotations := made.GetAnnotations()
		annotations[object.AnnotationTracking] = mark.String()
		made.SetAnnotations(annotations)
		ours = false
	}
	answer, err := t.cluster.Apply(ctx, object.ApplyRequest{Object: made})
	if err != nil {
		return diff.Diff{}, err
	}
	if owned := object.Owned(answer.Object, owner, installation); owned != ours {
		return diff.Diff{}, fmt.Errorf("it is called ours: %v", owned)
	}
	if !ours {
		return diff.Diff{}, nil
	}
	d := diff.Extra(answer.Object)
	for range attempts {
		live, err := t.live(ctx, t.want)
		if err != nil || live == nil {
			return d, err
		}
		err = t.cluster.Delete(ctx, object.DeleteRequest{Ref: d.Ref, UID: live.GetUID(), ResourceVersion: live.GetResourceVersion(), Propagation: "Background"})
		if !apierrors.IsConflict(err) {
			return d, err
		}
	}
	return d, errNeverStill
}

// leave is the case of an object that we want and somebody else has: whatever differs it is not ours to change.
func (t *trial) leave(ctx context.Context) (diff.Diff, error) {
	theirs, who := t.base.DeepCopy(), pick(t.r, others)
	t.tell("it is %s's in %q", who[0], who[1])
	object.SetMark(theirs, who[0], who[1])
	if err := t.applyAs(ctx, diff.Normalise(theirs), "other"); err != nil {
		return diff.Diff{}, err
	}
	for range t.r.IntN(3) {
		t.tell("%s", t.kind.change(t.r, t.want))
	}
	live, err := t.live(ctx, t.want)
	if err != nil {
		return diff.Diff{}, err
	}
	d, _, err := by(t.under, t.plan, t.noForce, t.takes).Compare(ctx, wanted(t.want), live)
	if err == nil && d.Verdict != diff.Foreign {
		err = fmt.Errorf("the verdict is %s by %s (%s), and it is another's", d.Verdict, d.How, d.Reason)
	}
	return d, err
}
