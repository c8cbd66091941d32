package cli

import (
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// TestAStatusIsOneLine has the messages of an operation and of a condition have several.
func TestAStatusIsOneLine(t *testing.T) {
	t.Parallel()
	st := app.Status{
		OperationState: &app.OperationState{Phase: app.OperationFailed, Message: "two failed:\none\n\ttwo"},
		Conditions:     []app.Condition{{Type: app.ConditionSyncError, Message: "refused:\nno"}},
	}
	const want = "web OutOfSync Healthy operation Failed: two failed: one two [SyncError: refused: no]"
	if got := statusLine("web OutOfSync Healthy", st); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
