package health

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// HookState says where an object stands that is to run to an end. The zero HookState is running.
type HookState int

// The states of a hook.
const (
	HookRunning HookState = iota
	HookSucceeded
	HookFailed
)

// String returns the state in words.
func (s HookState) String() string {
	switch s {
	case HookRunning:
		return "running"
	case HookSucceeded:
		return "succeeded"
	case HookFailed:
		return "failed"
	}
	return "unknown"
}

// Hook judges as [Checks.Hook] does without checks of the users' own.
func Hook(u *unstructured.Unstructured) (HookState, string) { return (*Checks)(nil).Hook(u) }

// Hook judges a hook by its health, as Argo CD does: it has succeeded when it is healthy. An object whose health holds
// nothing back has succeeded once it exists, unless one of its conditions says that it failed: many controllers write first that it
// is not ready.
func (c *Checks) Hook(u *unstructured.Unstructured) (HookState, string) {
	h := c.Assess(u)
	switch h.Status {
	case app.Degraded, app.HealthUnknown:
		if c.Gates(u) || saysFailed(u) != "" {
			return HookFailed, h.Message
		}
	case app.Progressing, app.Suspended, app.Missing:
		if u == nil || c.Gates(u) || u.GetDeletionTimestamp() != nil {
			return HookRunning, orElse(h.Message, "running")
		}
	case app.Healthy:
	}
	return HookSucceeded, h.Message
}
