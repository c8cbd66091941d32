package app

import "github.com/wheelhouse-gitops/wheelhouse/kube/object"

// HookSkip asks a running operation to go on without the end of one of its hooks.
type HookSkip struct {
	// Operation is the id of the operation: the next one runs the hook again.
	Operation string     `json:"operation"`
	Hook      object.Ref `json:"hook"`
	By        string     `json:"by"`
	Why       string     `json:"why"`
}

// String says what becomes of the hook, for the history.
func (s HookSkip) String() string { return "skipped by " + s.By + " while it ran: " + s.Why }
