package engine

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// TestEveryActAndRole holds the table of rights: who may do what is written here once more, by hand.
func TestEveryActAndRole(t *testing.T) {
	t.Parallel()
	least := map[Act]app.Role{
		ActSync: app.Operator, ActRollback: app.Operator, ActTerminate: app.Operator, ActPin: app.Operator, ActEdit: app.Operator,
		ActCreate: app.Operator, ActDelete: app.Admin, ActBind: app.Admin, ActUndo: app.Operator, ActResume: app.Operator,
		ActSteer: app.Operator, ActPatch: app.Admin, ActRemove: app.Admin, ActAutomate: app.Operator,
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
