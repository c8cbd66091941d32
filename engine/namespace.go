package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

// buildChecked makes a plan of an examination that asked the server about what a step creates, and has the server judge the step
// of the destination's namespace too: there is one only where the plan needs it.
func (e *Engine) buildChecked(
	ctx context.Context, x *examination, kind app.OperationKind, record string, o plan.Options, begun time.Time,
) (plan.Plan, error) {
	p, err := e.build(x, kind, record, o, begun)
	if err != nil {
		return p, err
	}
	if _, brought := x.want.at[x.namespace]; brought {
		return p, nil
	}
	i := slices.IndexFunc(p.Steps, func(s plan.Step) bool { return s.Ref == x.namespace && s.Desired != nil })
	if i < 0 {
		return p, nil
	}
	c, err := e.comparer(x, question{creates: true})
	if err != nil {
		return p, fmt.Errorf("plan %s of %s: %w", kind, x.app.Key(), err)
	}
	c.Takes = nil // its step takes no fields over first
	d, _, err := c.Compare(ctx, p.Steps[i].Desired, p.Steps[i].Live)
	if err != nil {
		return p, fmt.Errorf("plan %s of %s: %s: %w", kind, x.app.Key(), x.namespace, err)
	}
	p.Steps[i].Checked(d)
	p.Took = e.opts.Clock.Now().Sub(begun)
	return p, nil
}
