package comparetest

import (
	"context"
	"fmt"

	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// others are the owners, an application and its store, whose objects are not ours.
var others = [][2]string{{"another", installation}, {owner, "another-store"}, {"another", ""}, {owner, ""}}

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
