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

// asPlanned refuses a plan whose application is another one by now in what the plan depends on, that a pin holds back by now, or that
// whoever approved it would not approve any more. The caller holds the application's lock.
func (e *Engine) asPlanned(ctx context.Context, pl *plan.Plan, approval *Approval) error {
	a, err := e.ports.Store.Load(ctx, pl.App)
	if pl.Kind == app.KindDelete && errors.Is(err, app.ErrNotFound) {
		// A released application has no document.
		return nil
	}
	if err == nil && pl.Kind == app.KindSync {
		err = e.unpinned(&a)
	}
	if err != nil {
		return err
	}
	changed, err := pl.Changed(&a)
	if err == nil && changed != "" {
		err = hint.With(fmt.Errorf("%w: %s of the application", ErrMoved, changed), lookAgain)
	}
	if err == nil && approval.still != nil {
		err = approval.still(ctx, &a)
	}
	return err
}

// lookPatience bounds how long git is asked whether it has moved on. An answer that is younger than lookAge serves: that of a plan which
// was approved at once.
const (
	lookPatience = 5 * time.Second
	lookAge      = time.Second
)

// movedOn says which sources are at another commit than the approved one by now. The operation carries out what was approved, as
// Argo CD does with a commit that is named; a git that does not answer is no news.
func (e *Engine) movedOn(ctx context.Context, pl *plan.Plan) string {
	if pl.Kind != app.KindSync || pl.Options.DryRun || pl.Resumes != nil {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	var texts []string
	for i := range min(len(pl.Sources), len(pl.Commits)) {
		if _, named := pl.Options.Revisions[i]; named {
			continue
		}
		newest, err := e.ports.Fetcher.Resolve(ctx, pl.Sources[i], lookAge)
		if err == nil && newest.ID != pl.Commits[i].ID {
			texts = append(texts, fmt.Sprintf("%s has moved on to %s, and this was %s, as approved", pl.Sources[i].Revision(), newest.Short(), pl.Commits[i].Short()))
		}
	}
	return strings.Join(texts, "; ")
}
