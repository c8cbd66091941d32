package app_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

func TestAnOutlineLeavesTheStateAsItWas(t *testing.T) {
	t.Parallel()
	of := func(results ...app.ResourceResult) *app.OperationState {
		return &app.OperationState{SyncResult: &app.SyncResult{Revision: "c1", Resources: results}}
	}
	s := of(app.ResourceResult{Name: "a"})
	if d := cmp.Diff(of(), s.Outline()) + cmp.Diff(of(app.ResourceResult{Name: "a"}), s); d != "" {
		t.Errorf("the outline and the state (-want +got):\n%s", d)
	}
}
