package widget

import (
	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
)

// Failure says why an application's last operation failed, "" when it did not. A condition whose message is part of it
// has nothing to add.
func Failure(v engine.View) string {
	op := v.App.Status.OperationState
	if op == nil || !op.Phase.Done() || op.Phase == app.OperationSucceeded {
		return ""
	}
	return "the last operation failed: " + op.Message
}
