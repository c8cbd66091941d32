package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

// measureWrites measures operations on many objects, beside the same writes in a loop.
func measureWrites(ctx context.Context, b *bench) error {
	again, err := b.alone()
	for _, k := range b.kinds {
		if err == nil {
			err = (&writes{bench: b, kind: k}).measure(ctx)
		}
	}
	return errors.Join(err, again(ctx))
}

// writes is the measuring of one kind.
type writes struct {
	*bench
	kind
	loop loop
	// version is the newest one, and base that of all objects but the first.
	version, base int

	plans, creates, changes, single compared
	programs                        []program
}

func (w *writes) measure(ctx context.Context) error {
	if err := w.prepare(ctx); err != nil {
		return err
	}
	for n := range w.rounds {
		w.note("%s, round %d of %d, %d in flight", w.name, n+1, w.rounds, w.loop.inFlight)
		for _, turn := range []func(context.Context, int) error{w.fromNothing, w.changed, w.oneChanged, w.byOthers} {
			if err := turn(ctx, n); err != nil {
				return err
			}
		}
		if err := errors.Join(w.loop.empty(ctx, w.loop.namespace), w.loop.empty(ctx, w.resource)); err != nil {
			return err
		}
	}
	w.report()
	return nil
}

// report writes the rows of a kind.
func (w *writes) report() {
	what := fmt.Sprintf("%d %s", w.objects, w.name)
	const goal = "≤ 1.15 ×"
	for _, r := range []struct {
		what string
		compared
	}{
		{what + " from nothing, plan", w.plans},
		{what + " from nothing, approval to last answer", w.creates},
		{what + ", all changed, approval to last answer", w.changes},
	} {
		w.table.pairs(r.what+", as a command's", r.oneShot, r.beside(asCommand), goal)
		w.table.pairs(r.what+", as a console's", r.following, r.beside(asConsole), goal)
		w.table.pairs(r.what+", the loop beside a watch", r.watched, r.beside(besideWatch), "")
	}
	w.table.pairs(what+" from nothing, approval to the kept record, as a command's", w.creates.whole, w.creates.beside(asCommand), "")
	one := fmt.Sprintf("one of %s changed, beside all of them", what)
	w.table.ratio(one+", as a command's", w.single.oneShot, w.changes.bare)
	w.table.ratio(one+", as a console's", w.single.following, w.changes.bare)
	for _, p := range w.programs {
		w.table.ratio(what+" from nothing, `"+p.name+"`", p.creates, w.creates.bare)
		w.table.ratio(what+", all changed, `"+p.name+"`", p.changes, w.changes.bare)
	}
}

// prepare makes repository, application, loop and the programs of others, and tunes the loop.
func (w *writes) prepare(ctx context.Context) error {
	if err := w.play.MakeRepository(ctx, w.resource); err != nil {
		return err
	}
	w.loop = loop{client: w.client(w.bench), resource: w.resource, namespace: "loop-" + w.resource}
	err := errors.Join(w.commit(ctx, w.objects), w.application(ctx, w.resource, w.resource, w.resource, "."), w.namespace(ctx, w.loop.namespace))
	if err != nil {
		return err
	}
	if err := w.planned(ctx, false, func(_ *running, p plan.Plan) error { return w.loop.take(p) }); err != nil {
		return err
	}
	if w.programs, err = w.programsFor(ctx, w.kind); err != nil {
		return err
	}
	return w.loop.tune(ctx, min(3, w.rounds))
}

// commit changes the first manifests.
func (w *writes) commit(ctx context.Context, changed int) error {
	w.version++
	if changed > 1 {
		w.base = w.version
	}
	files := w.files(w.objects, func(i int) int {
		if i < changed {
			return w.version
		}
		return w.base
	})
	_, err := w.play.Commit(ctx, w.resource, "main", fmt.Sprintf("version %d", w.version), files)
	return err
}

// planned opens an engine, has it follow if it is to, plans, and hands both over.
func (w *writes) planned(ctx context.Context, follow bool, f func(*running, plan.Plan) error) error {
	r, err := w.open(w.resource)
	if err != nil {
		return err
	}
	err = func() error {
		if err := r.Load(ctx); err != nil {
			return err
		}
		if follow {
			r.follow(ctx)
			if err := r.compared(ctx, w.resource, app.OutOfSync); err != nil {
				return err
			}
		}
		p, err := r.PlanSync(ctx, admin, app.Key{Name: w.resource}, plan.Options{})
		if err != nil {
			return err
		}
		return f(r, p)
	}()
	return errors.Join(err, r.close())
}

// execute carries a plan out. It returns the time from the approval to the last answer, and to the operation's end.
func execute(ctx context.Context, r *running, p plan.Plan) (answered, whole time.Duration, err error) {
	begun := time.Now()
	run, err := r.Execute(ctx, admin, p, engine.Approval{})
	if err != nil {
		return 0, 0, err
	}
	state, err := run.Wait(ctx)
	whole = time.Since(begun)
	if err != nil {
		return 0, 0, err
	}
	if state.Phase != app.OperationSucceeded {
		return 0, 0, fmt.Errorf("the operation ended as %s: %s", state.Phase, state.Message)
	}
	for _, s := range run.Progress().Steps {
		answered = max(answered, s.Ended.Sub(begun))
	}
	return answered, whole, nil
}

// fromNothing gives loop and engines their turns at objects that are not there.
func (w *writes) fromNothing(ctx context.Context, round int) error {
	loop := func(watched bool) error {
		if err := w.loop.empty(ctx, w.loop.namespace); err != nil {
			return err
		}
		err := w.plans.loop(watched).timed(func() error { return w.loop.apply(ctx, metav1.DryRunAll) })
		if err == nil {
			err = w.creates.loop(watched).timed(func() error { return w.loop.apply(ctx) })
		}
		return err
	}
	return w.takeTurns(ctx, round, loop, func(follow bool) error {
		if err := w.loop.empty(ctx, w.resource); err != nil {
			return err
		}
		return w.planned(ctx, follow, func(r *running, p plan.Plan) error {
			err := w.plans.of(follow).timed(func() error {
				var err error
				p, err = r.PlanSync(ctx, admin, app.Key{Name: w.resource}, plan.Options{})
				return err
			})
			if err != nil {
				return err
			}
			answered, whole, err := execute(ctx, r, p)
			*w.creates.of(follow) = append(*w.creates.of(follow), answered)
			if !follow {
				w.creates.whole = append(w.creates.whole, whole)
			}
			return err
		})
	})
}

// changed gives loop and engines their turns at objects that are all there in another version.
func (w *writes) changed(ctx context.Context, round int) error {
	loop := func(watched bool) error {
		if err := w.commit(ctx, w.objects); err != nil {
			return err
		}
		if err := w.planned(ctx, false, func(_ *running, p plan.Plan) error { return w.loop.take(p) }); err != nil {
			return err
		}
		return w.changes.loop(watched).timed(func() error { return w.loop.apply(ctx) })
	}
	return w.takeTurns(ctx, round, loop, func(follow bool) error { return w.change(ctx, follow, w.objects, &w.changes) })
}

// oneChanged gives engines their turns at objects of which one is there in another version. What the loop sent last is not in
// the cluster before.
func (w *writes) oneChanged(ctx context.Context, _ int) error {
	if err := w.change(ctx, false, 1, &compared{}); err != nil {
		return err
	}
	return errors.Join(w.change(ctx, false, 1, &w.single), w.change(ctx, true, 1, &w.single))
}

// change commits another version of the first objects and has an engine write them.
func (w *writes) change(ctx context.Context, follow bool, count int, took *compared) error {
	if err := w.commit(ctx, count); err != nil {
		return err
	}
	return w.planned(ctx, follow, func(r *running, p plan.Plan) error {
		answered, _, err := execute(ctx, r, p)
		*took.of(follow) = append(*took.of(follow), answered)
		return err
	})
}
