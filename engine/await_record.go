package engine

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/compare"
)

// AwaitRecord looks at what an application has of a record until done says that its health is as it was waited for, or ctx ends. Done is
// given that health, or the error in its place. As a rollback, it needs neither git nor a chart repository, and what git asks for beside
// the record is not missed. It looks again when one of the objects has changed. A record that is not there is an [app.ErrNotFound].
func (e *Engine) AwaitRecord(ctx context.Context, key app.Key, record string, done func(app.Health, error) bool) error {
	_, manifests, err := e.record(ctx, key, record)
	if err != nil {
		return err
	}
	var changes *follower
	defer func() { changes.stop() }()
	memo := compare.NewMemo()
	for pause := firstPause; ; pause = min(pause*3/2, longestPause) {
		begun := e.opts.Clock.Now()
		x, err := e.lookBack(ctx, key, manifests, memo)
		took := e.opts.Clock.Now().Sub(begun)
		var h app.Health
		if err == nil {
			h = x.conclude().health
		}
		if done(h, err) {
			return nil
		}
		if err == nil && changes == nil {
			changes = follow(ctx, x.cluster, x.refs)
		}
		if err == nil && changes.hears() {
			pause = heardPause
		}
		if err := e.idle(ctx, max(leastPause, took), nil); err != nil {
			return err
		}
		if err := e.idle(ctx, pause, changes.news()); err != nil {
			return err
		}
	}
}

// idle lets a time pass, unless there is news before; it returns an error when ctx ends.
func (e *Engine) idle(ctx context.Context, d time.Duration, news <-chan struct{}) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-news:
	case <-e.opts.Clock.After(d):
	}
	return nil
}

// lookBack examines an application as the manifests of a record have it, which it does not change.
func (e *Engine) lookBack(ctx context.Context, key app.Key, manifests []*unstructured.Unstructured, memo *compare.Memo) (*examination, error) {
	a, err := e.load(ctx, key)
	if err != nil {
		return nil, err
	}
	copies := make([]*unstructured.Unstructured, len(manifests))
	for i, u := range manifests {
		copies[i] = u.DeepCopy()
	}
	whole, masked := splitMasked(copies)
	x, err := e.examine(ctx, a, question{manifests: whole, memo: memo})
	if err != nil {
		return nil, fmt.Errorf("look at %s as its record has it: %w", key, err)
	}
	x.forget(masked)
	e.account(ctx, nil, x, true)
	return x, nil
}
