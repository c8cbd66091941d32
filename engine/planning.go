package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// PlanSync returns what a sync would do, checked by the API server. It writes nothing, and anybody may ask for it.
func (e *Engine) PlanSync(ctx context.Context, _ app.Principal, key app.Key, o plan.Options) (plan.Plan, error) {
	a, err := e.load(ctx, key)
	if err != nil {
		return plan.Plan{}, err
	}
	at := LookAt{Revisions: o.Revisions}
	if err := at.check(&a); err != nil {
		return plan.Plan{}, err
	}
	begun := e.opts.Clock.Now()
	x, err := e.examine(ctx, a, question{at: at, maxAge: time.Second, creates: true, takeOver: o.TakeOver})
	if err != nil {
		return plan.Plan{}, fmt.Errorf("plan sync of %s: %w", key, err)
	}
	p, err := e.buildChecked(ctx, x, app.KindSync, "", o, begun)
	if err != nil {
		return p, err
	}
	return p, e.guardHooks(ctx, &p)
}

// PlanRollback returns what going back to a record would do. It needs neither git nor a chart repository: the record's
// stored manifests are compared with what is live; with o.Prune, what the record does not have is deleted. Secrets, whose data is not
// stored, are kept as they are live. A hook of which an interrupted operation left open what it did is asked about. With o.Commit it has the commits too that make git say the same; those are drafted, and nobody
// else sees them yet.
func (e *Engine) PlanRollback(
	ctx context.Context, p app.Principal, key app.Key, record string, o plan.Options,
) (plan.Plan, error) {
	pl, err := e.planRollback(ctx, p, key, record, o)
	if err != nil {
		return pl, err
	}
	return pl, e.guardHooks(ctx, &pl)
}

// planRollback is PlanRollback without the hooks that an interrupted operation left open.
func (e *Engine) planRollback(
	ctx context.Context, p app.Principal, key app.Key, record string, o plan.Options,
) (plan.Plan, error) {
	a, err := e.load(ctx, key)
	if err != nil {
		return plan.Plan{}, err
	}
	begun := e.opts.Clock.Now()
	r, manifests, err := e.record(ctx, key, record)
	if err != nil {
		return plan.Plan{}, err
	}
	g := goal{kind: app.KindRollback, record: r, manifests: manifests, pin: app.Pin{Record: r.ID}}
	pl, err := e.planBack(ctx, a, g, o, begun)
	if err == nil && o.Commit != nil {
		err = e.addRestores(ctx, p, a, g, &pl)
	}
	return pl, err
}

// goal is a state that an application goes back to.
type goal struct {
	kind      app.OperationKind
	record    app.Record
	manifests []*unstructured.Unstructured
	pin       app.Pin
	// only, where it is not nil, names the only objects that may be deleted.
	only []object.Ref
}

// planBack plans the way back to a state whose manifests were kept.
func (e *Engine) planBack(ctx context.Context, a app.Application, g goal, o plan.Options, begun time.Time) (plan.Plan, error) {
	whole, masked := splitMasked(g.manifests)
	x, err := e.examine(ctx, a, question{manifests: whole, creates: true})
	if err != nil {
		return plan.Plan{}, fmt.Errorf("plan %s of %s to %s: %w", g.kind, a.Key(), g.record.ID, err)
	}
	x.want.commits, x.want.sources = g.record.Commits, g.record.Sources
	x.only, x.kept = g.only, g.record.Kept
	x.forget(masked)
	live, err := x.liveOf(ctx, masked)
	if err != nil {
		return plan.Plan{}, fmt.Errorf("plan %s of %s to %s: %w", g.kind, a.Key(), g.record.ID, err)
	}
	// What an undo may delete it names; a rollback deletes what the record does not have where that is wished for.
	o.Prune = o.Prune || g.kind == app.KindUndo
	p, err := e.buildChecked(ctx, x, g.kind, g.record.ID, o, begun)
	if err != nil {
		return p, err
	}
	p.Pin = g.pin
	if g.record.Cluster != "" && g.record.Cluster != x.id {
		p.Notes = append(p.Notes, fmt.Sprintf("%s was recorded in another cluster than %s: what was there then says nothing of here",
			g.record.ID, a.Spec.Destination.Cluster()))
	}
	p.Desired = append(p.Desired, masked...)
	for _, u := range masked {
		p.Notes = append(p.Notes, maskedNote(object.Of(u), live))
	}
	return p, nil
}

// maskedNote says what becomes of a Secret on the way back to a record that holds it without its data.
func maskedNote(ref object.Ref, live object.LiveSet) string {
	switch {
	case live.Objects[ref] != nil:
		return fmt.Sprintf("%s is kept as it is live: records hold no data of Secrets", ref)
	case live.Unreadable[ref.Place()] != nil:
		return fmt.Sprintf("%s is left alone, if it is there: it cannot be read, and records hold no data of Secrets", ref)
	}
	return fmt.Sprintf("%s is not there and cannot be made again: records hold no data of Secrets; a sync from git brings it back", ref)
}

// liveOf reads what the cluster has of objects.
func (x *examination) liveOf(ctx context.Context, objects []*unstructured.Unstructured) (object.LiveSet, error) {
	if len(objects) == 0 {
		return object.LiveSet{}, nil
	}
	refs := make([]object.Ref, len(objects))
	for i, u := range objects {
		refs[i] = object.Of(u)
	}
	return x.cluster.Live(ctx, object.LiveQuery{Refs: refs})
}

// splitMasked parts the objects that a record holds in full from Secrets that it holds without their data.
func splitMasked(manifests []*unstructured.Unstructured) (whole, masked []*unstructured.Unstructured) {
	// Nothing is a state too: without a list the application would be rendered.
	whole = []*unstructured.Unstructured{}
	for _, u := range manifests {
		if _, ok := u.GetAnnotations()[object.AnnotationMasked]; ok {
			masked = append(masked, u)
			continue
		}
		whole = append(whole, u)
	}
	return whole, masked
}

// forget takes objects out of an examination that are neither to be applied nor to be pruned.
func (x *examination) forget(objects []*unstructured.Unstructured) {
	drop := map[object.Ref]bool{}
	for _, u := range objects {
		if u.GetNamespace() == "" {
			u.SetNamespace(x.app.Spec.Destination.Namespace)
		}
		drop[object.Of(u)] = true
	}
	keep := x.diffs[:0:0]
	for _, d := range x.diffs {
		if !drop[d.Ref] {
			keep = append(keep, d)
		}
	}
	x.diffs = keep
}

// PlanDelete returns what deleting an application would do to its objects; with o.Orphan nothing, with
// o.HandBack that they are nobody's afterwards. It works for a
// released application too, from its inventory.
func (e *Engine) PlanDelete(ctx context.Context, _ app.Principal, key app.Key, o plan.Options) (plan.Plan, error) {
	return e.planDelete(ctx, key, o, "")
}

// planDelete plans a deletion, or what is left of the one that is resumed.
func (e *Engine) planDelete(ctx context.Context, key app.Key, o plan.Options, resumed string) (plan.Plan, error) {
	begun := e.opts.Clock.Now()
	a, err := e.ports.Store.Load(ctx, key)
	inventory, invErr := e.ports.Bindings.Inventory(ctx, key)
	switch {
	case err == nil:
	case errors.Is(err, app.ErrNotFound) && invErr == nil:
		a.Metadata = app.Metadata{Name: key.Name, Namespace: key.Namespace}
		a.Spec.Destination = inventory.Destination
	case errors.Is(err, app.ErrNotFound):
		return plan.Plan{}, e.Unknown(key)
	default:
		return plan.Plan{}, fmt.Errorf("plan deletion of %s: %w", key, err)
	}
	if o.Orphan {
		return plan.Deletion(plan.DeletionInput{App: a, Installation: e.ports.Store.Installation(), Options: o})
	}
	cluster, id, err := e.boundCluster(ctx, a.Spec.Destination)
	if err != nil {
		return plan.Plan{}, fmt.Errorf("plan deletion of %s: %w", key, alone(err, key))
	}
	var refs []object.Ref
	if invErr == nil && inventory.Cluster == id {
		refs = inventory.Objects
	}
	for _, r := range a.Status.Resources {
		refs = append(refs, r.Ref())
	}
	live, err := cluster.Live(ctx, object.LiveQuery{App: key.Tracking(), Refs: union(refs, nil)})
	if err != nil {
		return plan.Plan{}, fmt.Errorf("plan deletion of %s: %w", key, err)
	}
	for place, reason := range live.Unreadable {
		return plan.Plan{}, fmt.Errorf("plan deletion of %s: read %s: %w", key, place, reason)
	}
	records, err := e.endings(ctx, key, resumed)
	if err != nil {
		return plan.Plan{}, fmt.Errorf("plan deletion of %s: %w", key, err)
	}
	manifests, from := e.manifestsAtEnd(ctx, a, o)
	p, err := plan.Deletion(plan.DeletionInput{
		App: a, Cluster: id, Installation: e.ports.Store.Installation(), Live: live.Objects, Options: o, Manifests: manifests,
		Ran: ranAtEnd(records, id),
	})
	if err != nil {
		return p, err
	}
	if invErr == nil && movedFrom(&inventory, &a, id) {
		p.GuardMove(&inventory)
	}
	if from != "" {
		p.Notes = append(p.Notes, from)
	}
	p.Took = e.opts.Clock.Now().Sub(begun)
	return p, e.guardHooks(ctx, &p)
}

// alone adds to the remedy of a cluster that cannot be used what helps where it is gone for good.
func alone(err error, key app.Key) error {
	remedy := "where its cluster is gone for good, remove the application alone: wheelhouse app delete " + key.String() + " --cascade=false"
	if first := hint.Of(err); first != "" {
		remedy = first + "; " + remedy
	}
	return hint.With(err, remedy)
}

// load reads an application that is to be acted upon: it must be in the store and readable.
func (e *Engine) load(ctx context.Context, key app.Key) (app.Application, error) {
	a, err := e.ports.Store.Load(ctx, key)
	switch {
	case err == nil:
		return a, nil
	case !errors.Is(err, app.ErrNotFound):
		return a, fmt.Errorf("read application %s: %w", key, err)
	}
	if _, invErr := e.ports.Bindings.Inventory(ctx, key); invErr == nil {
		return a, hint.With(fmt.Errorf("application %s: %w: its document is gone", key, ErrReleased),
			"put the document back, or delete its objects with: wheelhouse app delete "+key.String()+" --cascade")
	}
	return a, e.Unknown(key)
}

// record finds a record by its id or, as `app rollback NAME ID` has it, by the id of Argo CD's history.
func (e *Engine) record(ctx context.Context, key app.Key, id string) (app.Record, []*unstructured.Unstructured, error) {
	records, err := e.ports.History.Records(ctx, key)
	if err != nil {
		return app.Record{}, nil, fmt.Errorf("read history of %s: %w", key, err)
	}
	for _, r := range records {
		if r.ID != id && r.ID != "r"+id {
			continue
		}
		manifests, err := e.ports.History.Manifests(ctx, key, r.ID)
		if errors.Is(err, app.ErrNotFound) {
			err = hint.With(err, whyNone(&r)+"; wheelhouse app history "+key.String()+" shows which records have manifests")
		}
		if err != nil {
			return r, nil, fmt.Errorf("read manifests of record %s of %s: %w", r.ID, key, err)
		}
		return r, manifests, nil
	}
	err = e.notOperation(ctx, key, id)
	if err == nil {
		err = fmt.Errorf("record %s of %s: %w", id, key, app.ErrNotFound)
	}
	return app.Record{}, nil, hint.With(err, "wheelhouse app history "+key.String()+" lists the records")
}

// build makes a plan of an examination.
func (e *Engine) build(
	x *examination, kind app.OperationKind, record string, o plan.Options, begun time.Time,
) (plan.Plan, error) {
	in := plan.Input{
		App: x.app, Kind: kind, Record: record, Cluster: x.id, Commits: x.want.renderedFrom(), Sources: x.want.sources, Brought: x.want.brought, Read: x.want.read,
		Installation: e.ports.Store.Installation(), Live: x.live.Objects, Options: o, Unreadable: x.live.Unreadable,
		Holds: holds(x.checks), NamespaceMissing: x.namespaceMissing, Previous: x.previous, Only: x.only, Kept: x.kept,
		Resumes: x.resumes,
	}
	for i, d := range x.diffs {
		var want *unstructured.Unstructured
		if i < len(x.want.objects) {
			want = x.want.objects[i]
		}
		in.Objects = append(in.Objects, plan.Object{Desired: want, Diff: *d})
	}
	p, err := plan.Build(in)
	if err != nil {
		return p, fmt.Errorf("plan %s of %s: %w", kind, x.app.Key(), err)
	}
	p.Took, p.Unread = e.opts.Clock.Now().Sub(begun), x.unread()
	if x.former != nil {
		p.GuardMove(x.former)
	}
	return p, nil
}
