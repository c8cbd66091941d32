package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/compare"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// stepsAtOnce bounds the steps of one operation that are under way; how many applies are in flight is the cluster's to decide.
// They are twice as many as there are ever in flight, so that the next ones' intentions reach the disk meanwhile.
const stepsAtOnce = 128

// groups carries out one group after another: a phase and wave begins when everything that git declares before it is healthy,
// written or not. Hooks for failure wait for one.
func (op *operation) groups(ctx context.Context) error {
	if err := op.unserved(ctx); err != nil {
		return err
	}
	for _, g := range op.plan.Groups() {
		if g.Phase == plan.SyncFail {
			continue
		}
		if err := op.held(g); err != nil {
			return err
		}
		if err := op.awaitUnwritten(ctx, func(w plan.Wait) bool { return w.Precedes(g) }); err != nil {
			return err
		}
		if err := op.group(ctx, g); err != nil {
			return errors.Join(err, op.awaitBegunHooks(ctx, g))
		}
		if err := op.awaitGroup(ctx, g); err != nil {
			return err
		}
	}
	// Waves that have nothing to write may come last.
	return op.awaitUnwritten(ctx, func(plan.Wait) bool { return true })
}

// awaitGroup waits until a group lets the operation go on: until it is healthy when git declares anything but failure hooks after it, and
// until its hooks have ended and its prunes are gone in any case. The last wave is not waited for otherwise, as in Argo CD: it is applied,
// and settles by itself.
func (op *operation) awaitGroup(ctx context.Context, g plan.Group) error {
	if op.plan.Options.DryRun {
		return nil
	}
	if op.plan.Goes(g) {
		return op.await(ctx, g, func(plan.Verb) bool { return true })
	}
	return op.await(ctx, g, func(v plan.Verb) bool { return v == plan.RunHook || v == plan.Delete })
}

// failureHooks runs the SyncFail hooks after a failed group. In a dry run the server judges them, and nothing is awaited.
func (op *operation) failureHooks(ctx context.Context) error {
	for _, g := range op.plan.Groups() {
		if g.Phase != plan.SyncFail {
			continue
		}
		if err := errors.Join(op.group(ctx, g), op.awaitGroup(ctx, g)); err != nil {
			return fmt.Errorf("after the failure: %w", err)
		}
	}
	return nil
}

// group writes the objects of one group, kind after kind and each kind in parallel. One object that is refused does not
// stop its neighbours, of its kind or of others, unless they need it to be there; all refusals are returned together.
func (op *operation) group(ctx context.Context, g plan.Group) error {
	var refusals []error
	for _, same := range op.byKind(g.Steps) {
		failed := op.alike(ctx, same)
		if len(failed) == 0 {
			if err := op.established(ctx, same); err != nil {
				failed = append(failed, err)
			}
		}
		refusals = append(refusals, failed...)
		over := ctx.Err() != nil || op.lease.Check() != nil || op.outages.end() != nil
		if len(failed) > 0 && (over || founds(op.plan.Steps[same[0]].Ref)) {
			break
		}
	}
	return errors.Join(refusals...)
}

// alike carries out steps in parallel and returns what they failed with.
func (op *operation) alike(ctx context.Context, steps []int) []error {
	var mu sync.Mutex
	var failed []error
	spread(len(steps), stepsAtOnce, func(i int) {
		if err := op.perform(ctx, steps[i]); err != nil {
			mu.Lock()
			failed = append(failed, err)
			mu.Unlock()
		}
	})
	return failed
}

// founds reports whether objects of other kinds cannot be there before those of this kind are.
func founds(ref object.Ref) bool {
	return object.IsNamespace(ref) || ref.Kind == "CustomResourceDefinition"
}

// byKind parts the steps of a group, which are sorted, into runs that may be written together.
func (op *operation) byKind(steps []int) [][]int {
	var out [][]int
	rank := func(i int) [2]int {
		s := &op.plan.Steps[i]
		if s.Verb == plan.Delete {
			return [2]int{0, -object.Rank(s.Ref)}
		}
		return [2]int{1, object.Rank(s.Ref)}
	}
	for n, i := range steps {
		if n == 0 || rank(i) != rank(steps[n-1]) {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], i)
	}
	return out
}

// perform does one step: journal the intention, act, journal the outcome.
func (op *operation) perform(ctx context.Context, i int) error {
	s := &op.plan.Steps[i]
	if s.Left || s.Verb == plan.Keep {
		return nil
	}
	if ctx.Err() != nil {
		return app.ErrTerminated
	}
	if err := op.lease.glance(); err != nil {
		return fmt.Errorf("%s: %w", s.Ref, err)
	}
	if err := op.outages.end(); err != nil {
		return fmt.Errorf("%s: %w", s.Ref, err)
	}
	op.step(i, StepRunning, "")
	if err := op.refused(s); err != nil {
		return op.refuse(i, err)
	}
	if how := s.Diff.How; op.plan.Options.DryRun && (how == diff.Shape || how == diff.Schema) {
		// What it needs would be there by now, but is not: the server cannot say more than it did for the plan.
		op.step(i, StepDone, asPlanned(how, s.Diff.Reason))
		return nil
	}
	if !op.plan.Options.DryRun {
		if err := op.note(s, app.JournalIntended, ""); err != nil {
			op.step(i, StepFailed, err.Error())
			return err
		}
	}
	message, err := op.act(ctx, s)
	if why := op.unjudged(s, err); why != "" {
		message, err = why, nil
	}
	if errors.Is(err, errCut) && op.awaits(s) {
		// It may run by now: it is looked for, and deleted, with the hooks that wait.
		op.step(i, StepWaiting, err.Error())
		return fmt.Errorf("%s %s: %w", s.Verb, s.Ref, err)
	}
	if errors.Is(err, errCut) || errors.Is(err, errFate) || err != nil && op.lease.beat() != nil {
		// The journal says no more than that it was intended.
		op.step(i, StepFailed, err.Error())
		return fmt.Errorf("%s %s: %w", s.Verb, s.Ref, err)
	}
	if err != nil {
		err = fmt.Errorf("%s %s: %w", s.Verb, s.Ref, err)
		op.step(i, StepFailed, serverWords(err))
		return errors.Join(err, op.noteUnlessDry(s, app.JournalFailed, serverWords(err)))
	}
	op.wrote.Store(true)
	if op.awaits(s) {
		// Its outcome is journalled when it has ended: a hook that was started may have done anything.
		op.step(i, StepWaiting, message)
		return nil
	}
	op.step(i, StepDone, message)
	return op.noteUnlessDry(s, app.JournalDone, message)
}

// awaits reports whether a step is followed by a wait for the health of its object.
func (op *operation) awaits(s *plan.Step) bool {
	return s.Verb == plan.RunHook && !op.plan.Options.DryRun
}

func (op *operation) noteUnlessDry(s *plan.Step, mark app.JournalMark, message string) error {
	if op.plan.Options.DryRun {
		return nil
	}
	return op.note(s, mark, message)
}

// note writes one line of the journal. The outcome of a write waits for no disk: if the machine loses it, the object itself
// tells. What became of a hook nothing else may tell.
func (op *operation) note(s *plan.Step, mark app.JournalMark, message string) error {
	e := app.JournalEntry{
		Time: op.engine.opts.Clock.Now(), Mark: mark, Step: s.ID, Ref: op.writtenBy(s), Verb: s.Verb.String(), Message: message,
	}
	write := op.journal.Write
	if (mark == app.JournalDone || mark == app.JournalFailed) && s.Verb != plan.RunHook {
		write = op.journal.Note
	}
	if err := write(e); err != nil {
		return fmt.Errorf("journal %s: %w", s.Ref, err)
	}
	op.notedMu.Lock()
	op.noted = append(op.noted, e)
	op.notedMu.Unlock()
	return nil
}

// serverWords returns the API server's own message when there is one, without what it repeats of the object.
func serverWords(err error) string {
	var status apierrors.APIStatus
	if errors.As(err, &status) {
		return diff.Brief(status.Status().Message)
	}
	return err.Error()
}

// change applies an object that is there.
func (op *operation) change(ctx context.Context, s *plan.Step) (string, error) {
	return "configured", op.apply(ctx, s, s.Desired, s.Live)
}

// act does what a step's verb says and returns a word about it.
func (op *operation) act(ctx context.Context, s *plan.Step) (string, error) {
	switch s.Verb {
	case plan.Create:
		return op.inForce(ctx, s, op.create)
	case plan.Change, plan.Own:
		return op.inForce(ctx, s, op.change)
	case plan.Replace:
		if err := op.delete(ctx, s, replacePropagation(s.Ref.Kind), compare.SameContent); err != nil {
			return "", err
		}
		if err := op.gone(ctx, s.Ref, s.Live); err != nil {
			return "", err
		}
		if op.plan.Options.DryRun {
			return "", errInPlace
		}
		return op.inPlace(ctx, s)
	case plan.Delete:
		if s.Dying() {
			return "pruned: it was being deleted already", nil
		}
		return "pruned", op.delete(ctx, s, op.plan.Options.Propagation, plan.SameGrounds)
	case plan.RunHook:
		return op.runHook(ctx, s)
	case plan.HandBack:
		return "handed back", op.handBack(ctx, s)
	case plan.Keep:
		return "", nil
	}
	return "", fmt.Errorf("unknown verb %s", s.Verb)
}

// inPlace makes the object that takes the place of a deleted one. What somebody else has made there meanwhile is not what was approved:
// it is adopted or refused as where nothing was.
func (op *operation) inPlace(ctx context.Context, s *plan.Step) (string, error) {
	said, err := op.create(ctx, s)
	if err == nil && said == "created" {
		said = "replaced"
	}
	return said, err
}

// replacePropagation is what happens to the objects that a replaced one owns: the Pods of a StatefulSet, which hold its
// data, are left for the new one to adopt.
func replacePropagation(kind string) string {
	if kind == "StatefulSet" {
		return "orphan"
	}
	return "background"
}

// title spells a propagation policy as the API has it.
func title(p string) string {
	if p == "" {
		return "Foreground"
	}
	return strings.ToUpper(p[:1]) + p[1:]
}

// errLeft is the end of a wait for a deletion: the object is still there, and what was to take its place is not made.
var errLeft = fmt.Errorf("%w while the old one is being deleted: it may vanish later, and nothing is made in its place", app.ErrTerminated)

// lefts are the parts of an operation's outcome that say what its end left undone.
func lefts(outcome error) []error {
	parts := []error{outcome}
	if joined, ok := outcome.(interface{ Unwrap() []error }); ok {
		parts = nil
		for _, err := range joined.Unwrap() {
			parts = append(parts, lefts(err)...)
		}
	}
	return slices.DeleteFunc(parts, func(err error) bool { return !errors.Is(err, errCut) && !errors.Is(err, errLeft) })
}

// gone waits until an object has vanished, so that its name is free.
func (op *operation) gone(ctx context.Context, ref object.Ref, live *unstructured.Unstructured) error {
	if op.plan.Options.DryRun {
		return nil
	}
	err := op.until(ctx, one(ref), func(ctx context.Context) (bool, string, error) {
		u, err := op.cluster.Read(ctx, ref)
		if errors.Is(err, app.ErrNotFound) {
			return true, "", nil
		}
		if err != nil {
			return false, "", err
		}
		if live != nil && u.GetUID() != live.GetUID() {
			return true, "", nil
		}
		return false, toBeDeleted(ref, u), nil
	})
	if errors.Is(err, app.ErrTerminated) {
		return errLeft
	}
	return err
}
