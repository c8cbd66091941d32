package comparetest

import (
	"context"
	"fmt"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// fact is something that annotations, as they stand in the cluster, say of a live object. MINE stands for the application's name,
// STORE for the id of its store, and IT, KIND and SPACE for the object.
type fact struct {
	says        string
	annotations map[string]string
	// spares is true when the object is not the application's to delete.
	spares bool
}

// Argo CD's names of what wheelhouse marks objects with.
const (
	trackingID     = "argocd.argoproj.io/tracking-id"
	installationID = "argocd.argoproj.io/installation-id"
)

// ours is the mark of the application itself.
var ours = fact{says: "it is ours", annotations: map[string]string{trackingID: "MINE:KIND:SPACE/IT", installationID: "STORE"}}

// marks are all others that an object may carry.
var marks = []fact{
	{"it is another application's", map[string]string{trackingID: "another:KIND:SPACE/IT", installationID: "STORE"}, true},
	{"it is that of an application whose name begins like ours", map[string]string{trackingID: "MINE-more:KIND:SPACE/IT", installationID: "STORE"}, true},
	{"it is another store's", map[string]string{trackingID: "MINE:KIND:SPACE/IT", installationID: "another-store"}, true},
	{"it is an Argo CD's", map[string]string{trackingID: "MINE:KIND:SPACE/IT"}, true},
	{"nobody marked it", nil, true},
	{"only a store marked it", map[string]string{installationID: "STORE"}, true},
	{"its mark was written for another name", map[string]string{trackingID: "MINE:KIND:SPACE/IT-original", installationID: "STORE"}, true},
	{"its mark was written for another namespace", map[string]string{trackingID: "MINE:KIND:elsewhere/IT", installationID: "STORE"}, true},
	{"its mark was written for another kind", map[string]string{trackingID: "MINE:example.com/Original:SPACE/IT", installationID: "STORE"}, true},
	{"its mark cannot be read", map[string]string{trackingID: "MINE", installationID: "STORE"}, true},
}

// stays are what an object says beside its mark.
var stays = []fact{
	{"it is a hook", map[string]string{"argocd.argoproj.io/hook": "PostSync"}, true},
	{"it is Helm's hook", map[string]string{"helm.sh/hook": "post-install"}, true},
	{"it is what Helm calls a hook and is none", map[string]string{"helm.sh/hook": "crd-install"}, false},
	{"it is not to be pruned", map[string]string{"argocd.argoproj.io/sync-options": "Prune=false"}, true},
	{"Helm is to keep it", map[string]string{"helm.sh/resource-policy": "keep"}, true},
}

// prune is the case of a live object that an application had once. Whether it is to be deleted follows from what is drawn here
// alone: who marked it, what it says of itself, and whether git has it still or has it under another name. A plan of the engine has
// to say the same, and the server has to delete what it says.
func (t *trial) prune(ctx context.Context) (diff.Diff, error) {
	facts, still := []fact{ours}, t.r.IntN(12) == 0
	if t.r.IntN(6) == 0 {
		facts[0] = pick(t.r, marks)
	}
	if t.r.IntN(6) == 0 {
		facts = append(facts, pick(t.r, stays))
	}
	return t.pruneOf(ctx, facts, still)
}

// pruneOf is that case with what was drawn; still says that git has the object.
func (t *trial) pruneOf(ctx context.Context, facts []fact, still bool) (diff.Diff, error) {
	rendered, to := t.base.DeepCopy(), !still
	if !still {
		rendered.SetName(t.name + "-now")
	}
	t.tell("git has it still: %v", still)
	live := diff.Normalise(t.base)
	annotations := live.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	gvk := live.GroupVersionKind()
	filled := strings.NewReplacer("MINE", t.name, "STORE", t.store.Installation(), "KIND", gvk.Group+"/"+gvk.Kind, "SPACE", t.namespace, "IT", t.name)
	for _, f := range facts {
		t.tell("%s", f.says)
		to = to && !f.spares
		for name, value := range f.annotations {
			annotations[name] = filled.Replace(value)
		}
	}
	live.SetAnnotations(annotations)
	if err := t.applyAs(ctx, live, ourManager); err != nil {
		return diff.Diff{}, fmt.Errorf("make the live object: %w", err)
	}
	ref := object.Ref{Group: gvk.Group, Kind: gvk.Kind, Namespace: t.namespace, Name: t.name}
	if err := t.store.add(ctx, t.name, t.namespace, rendered, ref); err != nil {
		return diff.Diff{}, err
	}
	p, err := t.store.engine.PlanSync(ctx, app.Principal{Name: owner, Role: app.Admin}, app.Key{Name: t.name}, plan.Options{Prune: true})
	if err != nil {
		return diff.Diff{}, err
	}
	var deletes []plan.Step
	for _, s := range p.Steps {
		if s.Verb == plan.Delete {
			deletes = append(deletes, s)
		}
	}
	switch {
	case !to && len(deletes) == 0:
		return diff.Diff{}, nil
	case !to, len(deletes) != 1, deletes[0].Ref != ref, deletes[0].Diff.Verdict != diff.Prune:
		return diff.Diff{}, fmt.Errorf("it is to be deleted: %v, and the plan is\n%+v", to, p.Steps)
	}
	return deletes[0].Diff, t.end(ctx, deletes[0])
}

// end deletes what a plan says, by the object that the plan saw.
func (t *trial) end(ctx context.Context, s plan.Step) error {
	for range attempts {
		live, err := t.live(ctx, t.base)
		if err != nil || live == nil {
			return err
		}
		err = t.cluster.Delete(ctx, object.DeleteRequest{Ref: s.Ref, UID: s.Live.GetUID(), ResourceVersion: live.GetResourceVersion(), Propagation: "Background"})
		if apierrors.IsConflict(err) {
			continue
		}
		if err != nil {
			return err
		}
		if live, err = t.live(ctx, t.base); err == nil && live != nil && live.GetDeletionTimestamp() == nil {
			err = fmt.Errorf("it is there after its deletion: %s", text(live))
		}
		return err
	}
	return errNeverStill
}

// TestWhatIsNotOursIsNotPruned takes all that a live object may say one by one, where random cases draw it.
func TestWhatIsNotOursIsNotPruned(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.store = newStore(t, b.cluster)
	cases := map[string][]fact{"it is ours": {ours}}
	for _, f := range marks {
		cases[f.says] = []fact{f}
	}
	for _, f := range stays {
		cases["it is ours and "+f.says] = []fact{ours, f}
	}
	number := uint64(0)
	for name, facts := range cases {
		for _, still := range []bool{false, true} {
			number++
			one := newTrial(b, b.cluster, number, 0)
			t.Run(fmt.Sprintf("%s, in git %v", name, still), func(t *testing.T) {
				t.Parallel()
				if _, err := one.pruneOf(t.Context(), facts, still); err != nil {
					t.Fatal(err)
				}
			})
		}
	}
}
