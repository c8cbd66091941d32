package command

import (
	"fmt"
	"sync"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

// teller tells of the attempts of an operation: each step as it ends, why an attempt failed and when the next one begins. The operation
// and whoever follows it call it.
type teller struct {
	env     *Env
	approve *approveFlags

	mu sync.Mutex
	// attempt is the one of which the steps are told, and told which of them were; begins is when the next one was to begin.
	attempt int64
	told    map[int]bool
	begins  time.Time
}

func newTeller(env *Env, a *approveFlags) *teller {
	return &teller{env: env, approve: a, told: map[int]bool{}}
}

// steps tells the steps that have ended since it was last called.
func (t *teller) steps(p engine.Progress) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p.Retry < t.attempt {
		return
	}
	if p.Retry > t.attempt {
		t.begin(&p)
	}
	for i, s := range p.Steps {
		if !t.told[i] && (s.State == engine.StepDone || s.State == engine.StepFailed || s.State == engine.StepSkipped) {
			t.told[i] = true
			tellStep(t.env, p.ID, &p.Plan.Steps[i], s)
		}
	}
}

// begin tells what is to be known of the plan of a retry, of which nobody is asked.
func (t *teller) begin(p *engine.Progress) {
	if p.Started.Before(t.begins) {
		t.env.say("%s: git has moved on: retry %d now", p.Plan.App, p.Retry)
	}
	t.attempt, t.told = p.Retry, map[int]bool{}
	tellKept(t.env, &p.Plan)
	t.approve.tellGuards(t.env, &p.Plan)
	if p.Plan.Empty() {
		tellNothing(t.env, &p.Plan)
	}
}

// failed tells that an attempt failed and is followed by another one.
func (t *teller) failed(p engine.Progress) {
	r := p.Retrying
	if r == nil {
		return
	}
	t.steps(p)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begins = r.At
	fmt.Fprintf(t.env.Out, "%s of %s: Failed: %s\n", p.Plan.Kind, p.Plan.App, r.Why)
	t.env.say("%s: %s: retry %d in %s%s", p.Plan.App, r.Why, r.Attempt, plan.RetryPause(t.approve.again.Backoff, r.Attempt), t.approve.remedy)
}

// tellNothing says that a plan has no steps.
func tellNothing(env *Env, p *plan.Plan) {
	fmt.Fprintf(env.Out, "%s: nothing to do, %d objects unchanged\n", p.App, p.Unchanged)
}
