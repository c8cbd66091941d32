package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// Discard settles the interrupted operations of an application by leaving everything as it is: they are recorded, and
// nobody is asked about them any more. The last of them counts as terminated, so that automation, too, leaves everything as it is
// until git has something else.
func (e *Engine) Discard(ctx context.Context, p app.Principal, key app.Key) error {
	if err := e.Allowed(p, ActResume); err != nil {
		return err
	}
	if _, err := e.newestUnfinished(ctx, key); err != nil {
		return err
	}
	holder := e.opts.Holder
	holder.Since = e.opts.Clock.Now()
	lock, err := e.ports.Locks.Lock(ctx, key, holder)
	if err != nil {
		return fmt.Errorf("settle %s: %w", key, err)
	}
	err = errors.Join(e.discard(ctx, p, key), lock.Release())
	e.settled(ctx, key)
	return err
}

// discard gives up what was interrupted. A deletion among that is not wanted any more. The caller holds the application's lock.
func (e *Engine) discard(ctx context.Context, p app.Principal, key app.Key) error {
	journals, err := e.unfinished(ctx, key)
	if err == nil {
		err = e.letBe(ctx, p, key, journals)
	}
	if err == nil {
		err = e.giveUp(ctx, key, "")
	}
	if err == nil && deletionBegun(journals) {
		err = e.forgiveDeletion(ctx, key)
	}
	return err
}

// letBe writes into the status that the operation there was terminated, if it is one of those that were interrupted. Where the
// document is gone there is no status.
func (e *Engine) letBe(ctx context.Context, p app.Principal, key app.Key, journals []app.Journal) error {
	by, now := who(initiator(p)), e.opts.Clock.Now()
	_, err := e.ports.Store.UpdateStatus(ctx, key, func(s *app.Status) {
		for _, j := range slices.Backward(journals) {
			if isOf(s.OperationState, &j.Head) {
				s.OperationState = discarded(s.OperationState, &j.Head, by, now)
				return
			}
		}
	})
	if err != nil && !errors.Is(err, app.ErrNotFound) {
		return fmt.Errorf("settle %s: %w", key, err)
	}
	return nil
}

// isOf reports whether the state of an operation that did not succeed is of the one with this head.
func isOf(state *app.OperationState, head *app.JournalHead) bool {
	return state != nil && state.Phase != app.OperationSucceeded && state.Operation.Sync != nil &&
		state.Operation.Kind() == head.Kind && state.Operation.Sync.Revision == firstCommit(head.Commits)
}

// discarded is the state of an interrupted operation that somebody has left as it is.
func discarded(state *app.OperationState, head *app.JournalHead, by string, now time.Time) *app.OperationState {
	ended := *state
	ended.Phase, ended.Retrying = app.OperationError, nil
	ended.Message = fmt.Sprintf("operation terminated by %s: it was interrupted, and is left as it is", by)
	if ended.FinishedAt == nil {
		ended.FinishedAt = &now
	}
	if ended.SyncResult == nil {
		ended.SyncResult = resultOf(head.Commits, head.Sources)
	}
	return &ended
}
