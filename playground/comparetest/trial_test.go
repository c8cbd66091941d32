package comparetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/wheelhouse-gitops/wheelhouse/engine/compare"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// trial is one random case.
type trial struct {
	*bench
	r       *rand.Rand
	under   compare.Cluster
	name    string
	kind    kind
	base    *unstructured.Unstructured
	want    *unstructured.Unstructured
	plan    bool
	noForce bool
	// takes are the managers whose fields are taken over.
	takes []string
	scene scene
	told  []string
	// stirred is true when an apply moved the object and changed nothing.
	stirred bool
}

// scene is what a case is about.
type scene string

const (
	absent    scene = "there is nothing yet"
	unserved  scene = "a kind that is not served"
	unwanted  scene = "nobody wants it any more"
	claimed   scene = "somebody else's"
	unforced  scene = "without force"
	immutable scene = "what cannot be changed"
	coOwned   scene = "a default that is written out"
	wrong     scene = "what no server takes"
	random    scene = "anything"
)

// pickScene chooses a scene, each as often as it takes for every verdict to occur.
func pickScene(r *rand.Rand) scene {
	n := r.IntN(100)
	for _, s := range []struct {
		scene scene
		share int
	}{{absent, 6}, {unserved, 6}, {unwanted, 8}, {claimed, 6}, {unforced, 14}, {immutable, 12}, {coOwned, 8}, {wrong, 8}, {unwanted, 4}} {
		if n -= s.share; n < 0 {
			return s.scene
		}
	}
	return random
}

// newTrial makes up the case of a number in a series.
func newTrial(b *bench, under compare.Cluster, seed uint64, n int) *trial {
	r := rand.New(rand.NewPCG(seed, uint64(n)))
	t := &trial{bench: b, r: r, under: under, name: fmt.Sprintf("case-%x-%d", seed, n), plan: r.IntN(2) == 0, scene: pickScene(r)}
	var fit []string
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		if k := kinds[name]; (t.scene != immutable || len(k.fixed) > 0) && (t.scene != coOwned || len(k.defaults) > 0) {
			fit = append(fit, name)
		}
	}
	t.kind = kinds[pick(r, fit)]
	t.base = b.place(read(t.kind.manifest), t.name)
	t.want = t.base.DeepCopy()
	return t
}

func (t *trial) tell(format string, args ...any) {
	t.told = append(t.told, fmt.Sprintf(format, args...))
}

// run carries the case out, and returns the verdict that turned out to be true, and by what it was reached.
func (t *trial) run(ctx context.Context) (diff.Diff, error) {
	d, err := t.play(ctx)
	if err != nil {
		err = fmt.Errorf("%s: %w\n  %s", object.Of(t.want), err, strings.Join(t.told, "\n  "))
	}
	if end := t.cluster.Delete(ctx, object.DeleteRequest{Ref: object.Of(t.want), Propagation: "Background"}); !apierrors.IsNotFound(end) {
		err = errors.Join(err, end)
	}
	return d, err
}

func (t *trial) play(ctx context.Context) (diff.Diff, error) {
	t.tell("%s", t.scene)
	switch t.scene {
	case absent:
		t.plan = true
		t.tell("%s", t.kind.change(t.r, t.want))
		return t.judge(ctx)
	case unserved:
		t.plan = true
		t.unserve()
		return t.judge(ctx)
	case unwanted:
		return t.prune(ctx)
	case claimed:
		return t.leave(ctx)
	case unforced, immutable, coOwned, wrong, random:
	}
	t.noForce = t.scene == unforced
	if err := t.history(ctx, t.noForce || t.scene == random && t.r.IntN(3) == 0); err != nil {
		return diff.Diff{}, err
	}
	switch t.scene {
	case immutable:
		t.tell("%s", put(t.want, t.r, listed(t.kind.fixed), "change the fixed"))
	case coOwned:
		t.tell("%s", put(t.want, t.r, listed(t.kind.defaults), "default"))
	case wrong:
		t.tell("%s", put(t.want, t.r, listed(t.kind.wrong), "write the wrong"))
	case random:
		for range []int{0, 1, 1, 1, 2, 3}[t.r.IntN(6)] {
			t.tell("%s", t.kind.change(t.r, t.want))
		}
	case absent, unserved, unwanted, claimed, unforced:
	}
	return t.judge(ctx)
}

// history makes the live object, by several managers.
func (t *trial) history(ctx context.Context, edited bool) error {
	var err error
	switch n := t.r.IntN(10); {
	case n < 1:
		t.tell("created by kubectl")
		err = t.create(ctx, t.base, "kubectl-create")
	case n < 3:
		t.tell("applied by kubectl on the client's side, then by us")
		err = t.create(ctx, t.base, "kubectl-client-side-apply")
		if err == nil {
			err = t.applied(ctx)
		}
		if t.r.IntN(3) > 0 && !t.noForce {
			t.tell("and taken over")
			t.takes = object.ClientSideManagers
		}
	default:
		t.tell("applied by us")
		err = t.applied(ctx)
	}
	if err == nil && t.r.IntN(6) == 0 {
		t.tell("applied by another too")
		err = t.applyAs(ctx, t.base, "other")
	}
	if err == nil && edited && len(t.kind.edits) > 0 {
		patch := pick(t.r, t.kind.edits)
		t.tell("edited by a colleague: %s", patch)
		if err = t.patch(ctx, t.base, pick(t.r, []string{"kubectl-edit", "colleague"}), patch); apierrors.IsInvalid(err) {
			err = nil
		}
	}
	if err != nil {
		return fmt.Errorf("make the live object: %w", err)
	}
	return nil
}

func (t *trial) applied(ctx context.Context) error {
	_, err := t.cluster.Apply(ctx, object.ApplyRequest{Object: wanted(t.base)})
	return err
}

// attempts bounds how often a case is begun anew because a controller wrote the object in between.
const attempts = 20

var errNeverStill = errors.New("the object never stood still")

// judge compares, applies, and says whether the verdict was true.
func (t *trial) judge(ctx context.Context) (diff.Diff, error) {
	want := wanted(t.want)
	for range attempts {
		live, err := t.live(ctx, want)
		if err != nil {
			return diff.Diff{}, err
		}
		d, newer, err := by(t.under, t.plan, t.noForce, t.takes).Compare(ctx, want, live)
		if err != nil {
			return d, fmt.Errorf("compare: %w", err)
		}
		if newer != nil {
			live = newer
		}
		says, err := t.apply(ctx, want, live)
		if err != nil {
			return d, err
		}
		if says.overtaken() {
			continue
		}
		truth, err := t.truth(ctx, want, live, says)
		if err != nil {
			return d, err
		}
		if truth != d.Verdict {
			return d, fmt.Errorf("the verdict is %s by %s (%s), the truth %s\nlive %v\nwant %v\nanswer %d %s",
				d.Verdict, d.How, d.Reason, truth, text(live), text(want), says.code, says.body)
		}
		if err := says.namedIn(d); err != nil {
			return d, err
		}
		return d, errors.Join(t.consequences(ctx, d, want, says.made), t.asFiles(ctx, d, want, live))
	}
	return diff.Diff{}, errNeverStill
}

// asFiles compares the same objects without a server, as `admin diff` does. The verdict is the same but for kinds whose schema only a
// server has, for what only a server refuses, and for defaults that it would write: of those files know nothing, and differ.
func (t *trial) asFiles(ctx context.Context, d diff.Diff, want, live *unstructured.Unstructured) error {
	refuses := slices.Contains([]diff.Verdict{diff.Refused, diff.Immutable, diff.Conflict, diff.MissingKind}, d.Verdict)
	if refuses || !scheme.Scheme.Recognizes(want.GroupVersionKind()) {
		return nil
	}
	got, _, err := by(kube.Offline{}, false, false, t.takes).Compare(ctx, diff.Normalise(want), live)
	// A zero that git names alone is none: either the server stores it, or the prediction drops it too.
	defaulted := d.How == diff.Server && got.Verdict == diff.Differs && !slices.ContainsFunc(got.Changes, func(c diff.Change) bool {
		return !c.HasOld && (c.New == false || c.New == "" || c.New == int64(0))
	})
	if err == nil && got.Verdict != d.Verdict && !defaulted {
		err = fmt.Errorf("in files it is %s by %s and not %s by %s, with %+v\nlive %v\nwant %v", got.Verdict, got.How, d.Verdict, d.How, got.Changes, text(live), text(want))
	}
	return err
}

// consequences checks what else is said of an apply: the prediction, and that the same apply would do nothing again.
func (t *trial) consequences(ctx context.Context, d diff.Diff, want, made *unstructured.Unstructured) error {
	if made == nil {
		return nil
	}
	// A Secret is masked, and the ports of a Service are allotted.
	if kind := want.GetKind(); d.Verdict == diff.Differs && kind != "Secret" && kind != "Service" {
		if change := cmp.Diff(content(made), content(d.Predicted)); change != "" {
			return fmt.Errorf("the prediction (-made +predicted):\n%s", change)
		}
	}
	// What the apply is remembered for must be true: the same apply does nothing again.
	c := by(t.under, t.plan, t.noForce, t.takes)
	epoch, err := t.under.Epoch(ctx, want.GroupVersionKind())
	if err != nil {
		return err
	}
	c.Memo = compare.NewMemo()
	c.Memo.Learn(want, object.Answer{Object: made}, epoch, c.Now)
	if _, known := c.Known(ctx, object.Of(want), want, made); !known {
		return nil
	}
	sent := want.DeepCopy()
	sent.SetResourceVersion(made.GetResourceVersion())
	again, err := t.cluster.Apply(ctx, object.ApplyRequest{Object: sent, Takes: t.takes})
	if moved(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("apply again: %w", err)
	}
	if again.Object.GetResourceVersion() != made.GetResourceVersion() && !reflect.DeepEqual(everything(made), everything(again.Object)) {
		return fmt.Errorf("the same apply does something again:\n%s", cmp.Diff(made.Object, again.Object.Object))
	}
	return nil
}

func text(u *unstructured.Unstructured) string {
	if u == nil {
		return "nothing"
	}
	b, err := u.MarshalJSON()
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func everything(u *unstructured.Unstructured) []any { return []any{content(u), owners(u)} }
