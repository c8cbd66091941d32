package engine

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/action"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// ActionPlan is what an action on one live object would do, checked by the API server.
type ActionPlan struct {
	App         app.Key
	Destination app.Destination
	Ref         object.Ref
	UID         types.UID
	Action      action.Action
	Write       action.Write
	// Diff shows the fields that would change; it has no Changes for a deletion and a new object.
	Diff diff.Diff
	// Guards are to be confirmed by name, as those of a plan: it deletes data or other objects, or what is another's.
	Guards []plan.Guard
}

// ActionRequest names an action, the object and the values of its parameters.
type ActionRequest struct {
	Ref    object.Ref
	Action string
	Values map[string]string
}

// Actions lists what an object of an application's tree offers, with what stands against it now.
func (e *Engine) Actions(ctx context.Context, key app.Key, ref object.Ref) ([]action.Offer, error) {
	live, _, err := e.actedUpon(ctx, key, ref)
	if err != nil {
		return nil, err
	}
	return action.For(live), nil
}

// PlanAction returns what an action would do to an object of an application's tree. The API server has checked it;
// nothing was written.
func (e *Engine) PlanAction(ctx context.Context, p app.Principal, key app.Key, req ActionRequest) (ActionPlan, error) {
	live, cluster, err := e.actedUpon(ctx, key, req.Ref)
	if err != nil {
		return ActionPlan{}, err
	}
	a, err := action.Find(live, req.Action)
	if err != nil {
		return ActionPlan{}, err
	}
	if err := e.Allowed(p, ActOfAction(a)); err != nil {
		return ActionPlan{}, err
	}
	v, _ := e.View(key)
	pl := ActionPlan{App: key, Destination: v.App.Spec.Destination, Ref: req.Ref, UID: live.GetUID(), Action: a}
	if pl.Write, err = a.Make(action.Input{Object: live, Values: req.Values, Now: e.opts.Clock.Now()}); err != nil {
		return pl, err
	}
	if pl.Write.Delete != nil {
		pl.Guards = plan.GuardsOfDeletion(live, key.Tracking(), e.ports.Store.Installation(), pl.Write.Values["propagation"])
	}
	after, err := perform(ctx, cluster, pl.Write, true)
	if err != nil {
		return pl, fmt.Errorf("%s %s: %w", a.Name, req.Ref, answered(err))
	}
	if pl.Write.Patch != nil {
		pl.Guards = plan.GuardsOfChange(live, after)
		pl.Diff = changed(live, after)
	}
	return pl, nil
}

// Act does what was planned, to the object that it was planned for and no other of its name; a guard whose name is not among those
// confirmed is refused with a [GuardError]. It is noted in the history before the request and with its outcome after it; an action
// that cannot be noted is not done.
func (e *Engine) Act(ctx context.Context, p app.Principal, pl ActionPlan, confirmed []string) error {
	if err := e.Allowed(p, ActOfAction(pl.Action)); err != nil {
		return err
	}
	if err := guarded(&plan.Plan{Guards: pl.Guards}, confirmed); err != nil {
		return err
	}
	cluster, id, err := e.boundCluster(ctx, pl.Destination)
	if err != nil {
		return fmt.Errorf("%s %s: %w", pl.Action.Name, pl.Ref, err)
	}
	if err := stillSays(ctx, cluster, &pl); err != nil {
		return fmt.Errorf("%s %s: %w", pl.Action.Name, pl.Ref, err)
	}
	r, open, err := e.ports.Actions.BeginAction(ctx, e.intended(p, &pl, id))
	if err != nil {
		return fmt.Errorf("%s %s was not done: %w", pl.Action.Name, pl.Ref, err)
	}
	_, err = perform(ctx, cluster, pl.Write, false)
	if lost := e.keepOutcome(open, r, err); lost != nil {
		e.opts.Log.Error("outcome of an action not kept", "app", pl.App.String(), "id", r.ID, "error", lost)
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", pl.Action.Name, pl.Ref, answered(err))
	}
	e.opts.Log.Info("action", "app", pl.App.String(), "id", r.ID, "action", pl.Action.Name, "object", pl.Ref.String(), "by", p.Name)
	e.enqueue(pl.App, levelCompare)
	return nil
}

// changed is what a change comes to, empty where it changes nothing.
func changed(live, after *unstructured.Unstructured) diff.Diff {
	for _, d := range diff.ChangedSince([]*unstructured.Unstructured{live}, []*unstructured.Unstructured{after}) {
		return d
	}
	return diff.Diff{}
}

// stillSays refuses a change that would come to something else than was planned, for its object has moved since: a patch that somebody
// wrote, and one of what takes data along that nobody confirmed. Other actions say the same whatever the object is like.
func stillSays(ctx context.Context, cluster Cluster, pl *ActionPlan) error {
	written := pl.Action.Class == action.Edit
	if pl.Write.Patch == nil || !written && !plan.LosesClaims(pl.Ref) {
		return nil
	}
	live, err := cluster.Read(ctx, pl.Ref)
	if err != nil {
		return err
	}
	after, err := perform(ctx, cluster, pl.Write, true)
	if err != nil {
		return answered(err)
	}
	if !slices.Equal(plan.GuardsOfChange(live, after), pl.Guards) {
		return hint.With(fmt.Errorf("%w: somebody scaled it in the meantime, and other claims would go", ErrMoved), "look at it again and confirm that")
	}
	if now := changed(live, after); written && !slices.EqualFunc(now.Changes, pl.Diff.Changes, sameChange) {
		return hint.With(fmt.Errorf("%w: somebody changed it in the meantime, and the patch would do something else", ErrMoved), "look at it again; nothing was changed")
	}
	return nil
}

// sameChange reports whether two changes are of the same field, from the same value to the same.
func sameChange(a, b diff.Change) bool {
	return a.Path == b.Path && a.HasOld == b.HasOld && a.HasNew == b.HasNew && reflect.DeepEqual(a.Old, b.Old) && reflect.DeepEqual(a.New, b.New)
}

// ActOfAction is the act whose right an action needs.
func ActOfAction(a action.Action) Act {
	switch a.Class {
	case action.Edit:
		return ActPatch
	case action.Remove:
		return ActRemove
	case action.Steer:
	}
	return ActSteer
}

// perform makes the one request of an action; a dry run has the server check it.
func perform(ctx context.Context, cluster Cluster, w action.Write, dryRun bool) (*unstructured.Unstructured, error) {
	switch {
	case w.Patch != nil:
		req := *w.Patch
		req.DryRun = dryRun
		return cluster.Patch(ctx, req)
	case w.Delete != nil:
		req := *w.Delete
		req.DryRun = dryRun
		return nil, cluster.Delete(ctx, req)
	case w.Create != nil:
		answer, err := cluster.Apply(ctx, object.ApplyRequest{Object: w.Create, New: true, DryRun: dryRun, NoForce: true})
		return answer.Object, err
	}
	return nil, errors.New("there is nothing to write")
}

// answered marks what the cluster refuses: as [ErrForbidden] for want of a right, and as [ErrDeclined] for what it does not take. The
// object, which the server may repeat whole, is cut short.
func answered(err error) error {
	var answer apierrors.APIStatus // no error type, which AsType wants
	switch {
	case diff.Denied(err):
		return fmt.Errorf("%w: %w", ErrForbidden, err)
	case errors.As(err, &answer) && !apierrors.IsNotFound(err) && answer.Status().Code < http.StatusInternalServerError:
		return &declined{err}
	}
	return err
}

// declined is an answer of the API server that says no.
type declined struct{ err error }

// Error is the server's sentence, without what it repeats of the object.
func (d *declined) Error() string { return ErrDeclined.Error() + ": " + diff.Brief(d.err.Error()) }

// Unwrap makes errors.Is(err, ErrDeclined) true, and the answer found.
func (d *declined) Unwrap() []error { return []error{ErrDeclined, d.err} }

// actedUpon reads an object that is to be acted upon: it must be one of the application's, or have come of one.
func (e *Engine) actedUpon(ctx context.Context, key app.Key, ref object.Ref) (*unstructured.Unstructured, Cluster, error) {
	nodes, err := e.Tree(ctx, key)
	if err != nil {
		return nil, nil, err
	}
	if !slices.ContainsFunc(nodes, func(n TreeNode) bool { return n.Ref == ref }) {
		return nil, nil, hint.With(fmt.Errorf("%s in application %s: %w", ref, key, app.ErrNotFound),
			"wheelhouse app resources "+key.String()+" -o tree shows what there is")
	}
	cluster, err := e.clusterOf(ctx, key)
	if err != nil {
		return nil, nil, err
	}
	live, err := cluster.Read(ctx, ref)
	return live, cluster, err
}
