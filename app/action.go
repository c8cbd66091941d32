package app

import "github.com/wheelhouse-gitops/wheelhouse/kube/object"

// KindAction is the kind of the record of an action on one live object. Such records have a sequence of their own, a1, a2, …
// per application, and are kept 200 deep whatever is kept of operations. They have no manifests: nothing can be rolled back
// to them. It is no kind of operation, which is why it has not their type.
const KindAction = "action"

// ActionTaken says what an action did to which object. It holds no data of Secrets.
type ActionTaken struct {
	// Name is the action's name in its table, such as "scale", and Values are the values of its parameters.
	Name   string            `json:"name"`
	Values map[string]string `json:"values,omitempty"`
	Object object.Ref        `json:"object"`
	UID    string            `json:"uid,omitempty"`
	// Says tells in words what it was to do, and Changes lists the fields that the server said it would change.
	Says    string   `json:"says"`
	Changes []string `json:"changes,omitempty"`
}

// String describes the action for a line of a history: scale Deployment/shop/web: goes from 1 to 3 replicas.
func (a *ActionTaken) String() string { return a.Name + " " + a.Object.String() + ": " + a.Says }

// OpenAction is an action that is noted and has no outcome yet.
type OpenAction interface {
	// End keeps the record of the outcome; it is on disk when End returns.
	End(r Record) error
	// Close ends the writing. Without an outcome the action counts as interrupted from then on, as it does when the process
	// dies.
	Close() error
}
