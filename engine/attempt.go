package engine

import "github.com/wheelhouse-gitops/wheelhouse/app"

// Automation goes by what was attempted of all objects. An operation of some of them, which takes the place of the last operation in
// the status, leaves there what it came after.

// tryBefore returns the operation that one which begins may be a retry of: a heal of the last, a sync of all objects of one of these.
func tryBefore(s *app.Status, begins *app.OperationState) *app.OperationState {
	if begins.Operation.Partial() {
		return s.OperationState
	}
	return s.Attempt()
}

// attemptBeside returns the attempt that the status keeps beside an operation that begins. A rollback of some objects has to be known, as one
// of all has: git was left with it. So has a sync of other commits than those of the attempt.
func attemptBeside(s *app.Status, begins *app.OperationState) *app.OperationState {
	full, o := s.Attempt(), &begins.Operation
	if full == nil || full.Operation.Sync == nil || !o.Partial() || o.Kind() != app.KindSync || !sameTry(&full.Operation, o) {
		return nil
	}
	return full.Outline()
}
