package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

const (
	// pushTimeout bounds the commits of one rollback: its application is locked meanwhile.
	pushTimeout = 5 * time.Minute
	// pushTries is how often a commit is made again because others were faster.
	pushTries = 5
)

// push makes the commits of a rollback that has succeeded, and adds what came of them to its message. What cannot be pushed
// takes nothing back: the rollback stays, and with it the pin.
func (op *operation) push(ctx context.Context, message string) string {
	ctx, cancel := context.WithTimeout(ctx, pushTimeout)
	defer cancel()
	for i := range op.plan.Restores {
		r := &op.plan.Restores[i]
		if r.Draft.Empty() {
			message += op.pushedBefore(r)
			continue
		}
		c, err := op.pushOne(ctx, r)
		if err != nil {
			err = op.explainUnpushed(r, err)
			op.run.mu.Lock()
			op.run.unpushed = err
			op.run.mu.Unlock()
			op.engine.opts.Log.Warn("not restored in git", "app", op.plan.App.String(), "record", op.plan.Record, "error", err)
			return message + "; " + err.Error()
		}
		if c.ID == "" {
			message += "; " + r.Where() + " has this already"
			continue
		}
		message += "; pushed commit " + c.Short() + " to " + r.Where()
		op.engine.opts.Log.Info("restored in git", "app", op.plan.App.String(), "record", op.plan.Record, "commit", c.ID,
			"branch", r.Draft.Branch, "repository", app.ShownURL(r.Source.RepoURL), "by", op.principal.Name)
	}
	return message
}

// explainUnpushed says what became of a commit that could not be pushed, and how it is made all the same.
func (op *operation) explainUnpushed(r *plan.Restore, err error) error {
	remedy := "the rollback stays; the commit is made by: wheelhouse app rollback " + op.plan.App.String() + " " + op.plan.Record + " --commit"
	if why := hint.Of(err); why != "" {
		remedy = why + "; " + remedy
	}
	return hint.With(fmt.Errorf("the commit to %s was not pushed: %w", r.Where(), err), remedy)
}

// pushOne pushes one commit. When others have committed something else in the meantime, it is made again on top of that, and
// looked at again. The commit has no id where they did the same.
func (op *operation) pushOne(ctx context.Context, r *plan.Restore) (app.Commit, error) {
	committer := op.engine.ports.Committer
	for try := 1; ; try++ {
		if err := op.lease.beat(); err != nil {
			return app.Commit{}, err
		}
		c, err := op.pushDraft(ctx, r)
		if !errors.Is(err, app.ErrMovedOn) || try == pushTries {
			return c, err
		}
		if r.Draft, err = committer.Draft(ctx, r.Source, r.Wish); err != nil {
			return app.Commit{}, err
		}
		if r.Draft.Empty() {
			return app.Commit{}, nil
		}
		if err := op.stillSame(ctx); err != nil {
			return app.Commit{}, err
		}
	}
}

// pushDraft pushes a commit as it is. That it is pushed is on disk before, and what came of it after: git is not asked later whose a
// commit is.
func (op *operation) pushDraft(ctx context.Context, r *plan.Restore) (app.Commit, error) {
	if err := op.notePush(r, app.JournalIntended, ""); err != nil {
		return app.Commit{}, err
	}
	c, err := op.engine.ports.Committer.Push(ctx, r.Source, r.Draft)
	mark, message := app.JournalDone, ""
	if err != nil {
		mark, message = app.JournalFailed, err.Error()
	}
	if err := op.notePush(r, mark, message); err != nil {
		// The journal goes on saying that it may have been pushed, and so does the record.
		op.engine.opts.Log.Error("push not journalled", "app", op.plan.App.String(), "error", err)
	}
	return c, err
}

// notePush writes a line about a push into the journal; it is on disk then.
func (op *operation) notePush(r *plan.Restore, mark app.JournalMark, message string) error {
	e := app.JournalEntry{Time: op.engine.opts.Clock.Now(), Mark: mark, Step: r.Where(), Verb: "push", Pushed: r.Draft.Commit, Message: message}
	if err := op.journal.Write(e); err != nil {
		return fmt.Errorf("journal push to %s: %w", r.Where(), err)
	}
	op.notedMu.Lock()
	op.noted = append(op.noted, e)
	op.notedMu.Unlock()
	return nil
}

// pushedBefore says of a branch that has what was to be committed to it whether the operation itself had pushed it before it was
// interrupted, empty when it had not.
func (op *operation) pushedBefore(r *plan.Restore) string {
	for _, e := range op.soFar().Pushes() {
		if e.Step == r.Where() && e.Mark != app.JournalFailed {
			return "; commit " + e.Pushed.Short() + " was pushed to " + r.Where() + " before the interruption"
		}
	}
	return ""
}

// pushed are the commits that the operation has made in git, those from before an interruption among them.
func (op *operation) pushed() []app.Commit { return pushedBy(op.soFar()) }

// pushedBy are the commits that an operation has made in git as its journal tells; one of which nobody knows whether it was pushed is
// among them.
func pushedBy(j app.Journal) []app.Commit {
	var out []app.Commit
	for _, e := range j.Pushes() {
		if e.Mark != app.JournalFailed {
			out = append(out, e.Pushed)
		}
	}
	return out
}

// stillSame makes sure that what others committed in the meantime is not what the application is made of too.
func (op *operation) stillSame(ctx context.Context) error {
	if op.plan.Accepted() {
		return nil
	}
	e := op.engine
	a, err := e.load(ctx, op.plan.App)
	if err != nil {
		return err
	}
	r, manifests, err := e.record(ctx, op.plan.App, op.plan.Record)
	if err != nil {
		return err
	}
	differs, err := e.differing(ctx, a, op.plan.Restores, &goal{record: r, manifests: manifests})
	if err == nil && len(differs) > 0 {
		err = fmt.Errorf("%w: with what others committed, these would differ from %s: %s", app.ErrMovedOn, op.plan.Record, strings.Join(differs, ", "))
	}
	return err
}
