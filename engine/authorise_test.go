package engine

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/action"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// TestEveryActAndRole holds the table of rights: who may do what is written here once more, by hand.
func TestEveryActAndRole(t *testing.T) {
	t.Parallel()
	least := map[Act]app.Role{
		ActSync: app.Operator, ActRollback: app.Operator, ActTerminate: app.Operator, ActPin: app.Operator, ActEdit: app.Operator,
		ActCreate: app.Operator, ActDelete: app.Admin, ActBind: app.Admin, ActUndo: app.Operator, ActResume: app.Operator,
		ActSteer: app.Operator, ActPatch: app.Admin, ActRemove: app.Admin, ActAutomate: app.Operator, ActRegister: app.Admin,
		ActSkipHook: app.Operator,
	}
	if len(least) != len(acts) {
		t.Errorf("the table has %d acts, and this test knows %d", len(acts), len(least))
	}
	e := New(Ports{}, Options{})
	for act, need := range least {
		for _, role := range []app.Role{app.Viewer, app.Operator, app.Admin} {
			t.Run(fmt.Sprintf("%s as %s", act, role), func(t *testing.T) {
				t.Parallel()
				err := e.Allowed(app.Principal{Name: "ada", Role: role}, act)
				if role >= need {
					if err != nil {
						t.Errorf("refused: %v", err)
					}
					return
				}
				if !errors.Is(err, ErrForbidden) || !strings.Contains(err.Error(), "needs the role "+need.String()) || hint.Of(err) == "" {
					t.Errorf("the refusal is %v, with the remedy %q", err, hint.Of(err))
				}
			})
		}
	}
	t.Run("an act that is not in the table is refused", func(t *testing.T) {
		t.Parallel()
		if err := e.Allowed(app.Principal{Role: app.Admin}, Act(len(acts))); !errors.Is(err, ErrForbidden) {
			t.Errorf("it was answered with %v", err)
		}
	})
}

// TestEveryMethodAsksForItsRight calls every method that changes something as somebody who may not: it is refused before anything is
// asked of a store or a cluster, of which there is none here.
func TestEveryMethodAsksForItsRight(t *testing.T) {
	t.Parallel()
	e := New(Ports{}, Options{})
	key, dest := app.Key{Name: "web"}, app.Destination{Name: "prod"}
	execute := func(pl plan.Plan) func(context.Context, app.Principal) error {
		return func(ctx context.Context, p app.Principal) error {
			_, err := e.Execute(ctx, p, pl, Approval{})
			return err
		}
	}
	does := map[action.Class]func(context.Context, app.Principal) error{}
	for _, class := range []action.Class{action.Steer, action.Edit, action.Remove} {
		does[class] = func(ctx context.Context, p app.Principal) error {
			return e.Act(ctx, p, ActionPlan{Action: action.Action{Class: class}}, nil)
		}
	}
	tried := map[Act]bool{}
	for name, c := range map[string]struct {
		act  Act
		call func(context.Context, app.Principal) error
	}{
		"sync":      {ActSync, execute(plan.Plan{Kind: app.KindSync})},
		"roll back": {ActRollback, execute(plan.Plan{Kind: app.KindRollback})},
		"undo":      {ActUndo, execute(plan.Plan{Kind: app.KindUndo})},
		"delete":    {ActDelete, execute(plan.Plan{Kind: app.KindDelete})},
		// The right to what is resumed is asked for first.
		"resume":    {ActSync, execute(plan.Plan{Kind: app.KindSync, Resumes: &plan.Resumption{}})},
		"settle":    {ActResume, func(ctx context.Context, p app.Principal) error { return e.Discard(ctx, p, key) }},
		"terminate": {ActTerminate, func(ctx context.Context, p app.Principal) error { return e.Terminate(ctx, p, key) }},
		"skip a hook": {ActSkipHook, func(ctx context.Context, p app.Principal) error {
			_, err := e.SkipHook(ctx, p, key, "migrate", "x")
			return err
		}},
		"pin":   {ActPin, func(ctx context.Context, p app.Principal) error { return e.Pin(ctx, p, key, PinRequest{Reason: "x"}) }},
		"unpin": {ActPin, func(ctx context.Context, p app.Principal) error { return e.Unpin(ctx, p, key) }},
		"pause": {ActAutomate, func(ctx context.Context, p app.Principal) error {
			return e.PauseAutomation(ctx, p, key, time.Hour, "x")
		}},
		"let go on": {ActAutomate, func(ctx context.Context, p app.Principal) error { return e.Unhalt(ctx, p, "prod") }},
		"create":    {ActCreate, func(ctx context.Context, p app.Principal) error { return e.Create(ctx, p, app.Application{}) }},
		"switch":    {ActEdit, func(ctx context.Context, p app.Principal) error { return e.SetAutomation(ctx, p, key, true) }},
		"keep values": {ActEdit, func(ctx context.Context, p app.Principal) error {
			return e.KeepValues(ctx, p, key, 0, app.ValuesEdit{})
		}},
		"rebind": {ActBind, func(ctx context.Context, p app.Principal) error { return e.Rebind(ctx, p, dest) }},
		"unbind": {ActBind, func(ctx context.Context, p app.Principal) error { return e.UnbindCluster(ctx, p, dest) }},
		"steer":  {ActSteer, does[action.Steer]},
		"patch":  {ActPatch, does[action.Edit]},
		"remove": {ActRemove, does[action.Remove]},
		"register": {ActRegister, func(ctx context.Context, p app.Principal) error {
			return e.AddRepository(ctx, p, app.RepositoryLogin{})
		}},
		"unregister":      {ActRegister, func(ctx context.Context, p app.Principal) error { return e.RemoveRepository(ctx, p, "x") }},
		"trust a host":    {ActRegister, func(ctx context.Context, p app.Principal) error { return e.TrustHost(ctx, p, app.HostKey{}) }},
		"distrust a host": {ActRegister, func(ctx context.Context, p app.Principal) error { return e.DistrustHost(ctx, p, "x") }},
		"edit": {ActEdit, func(ctx context.Context, p app.Principal) error {
			_, err := e.Update(ctx, p, key, func(*app.Application) error { return nil })
			return err
		}},
		"commit values": {ActEdit, func(ctx context.Context, p app.Principal) error {
			_, err := e.CommitValues(ctx, p, key, 0, app.ValuesEdit{}, CommitRequest{})
			return err
		}},
		"bind": {ActBind, func(ctx context.Context, p app.Principal) error {
			_, err := e.BindCluster(ctx, p, dest)
			return err
		}},
	} {
		tried[c.act] = true
		for _, role := range []app.Role{app.Viewer, app.Operator} {
			p := app.Principal{Name: "eve", Role: role}
			refusal := e.Allowed(p, c.act)
			if refusal == nil {
				continue
			}
			t.Run(name+" as "+role.String(), func(t *testing.T) {
				t.Parallel()
				// The refusal names the act: a method that asks for another right refuses otherwise.
				if err := c.call(t.Context(), p); !errors.Is(err, ErrForbidden) || !strings.Contains(err.Error(), refusal.Error()) {
					t.Errorf("it was answered with %v, not with %v", err, refusal)
				}
			})
		}
	}
	for act := range acts {
		if !tried[act] {
			t.Errorf("nobody tries to %s", acts[act].name)
		}
	}
}

// TestNoMethodForgetsItsRight calls whatever takes a Principal as a viewer: it is refused, unless it writes nothing.
func TestNoMethodForgetsItsRight(t *testing.T) {
	t.Parallel()
	harmless := []string{"Allowed", "PlanAction", "PlanDelete", "PlanResume", "PlanRollback", "PlanSync", "PlanUndo"}
	e := reflect.ValueOf(New(Ports{}, Options{}))
	viewer := reflect.ValueOf(app.Principal{Name: "eve", Role: app.Viewer})
	asked := 0
	for method, call := range e.Methods() {
		signature := call.Type()
		var args []reflect.Value
		takes := false
		for i := range signature.NumIn() {
			switch in := signature.In(i); in {
			case viewer.Type():
				takes, args = true, append(args, viewer)
			case reflect.TypeFor[context.Context]():
				args = append(args, reflect.ValueOf(t.Context()))
			default:
				args = append(args, reflect.Zero(in))
			}
		}
		if !takes || slices.Contains(harmless, method.Name) {
			continue
		}
		asked++
		t.Run(method.Name, func(t *testing.T) {
			t.Parallel()
			results := call.Call(args)
			if err, _ := results[len(results)-1].Interface().(error); !errors.Is(err, ErrForbidden) {
				t.Errorf("a viewer is answered %v", err)
			}
		})
	}
	if asked < 20 {
		t.Errorf("%d methods ask for a right", asked)
	}
}
