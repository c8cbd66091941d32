package planview

import (
	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

// retries returns how often the operation is tried again when it fails, as the application says of its syncs, and of what: the newest
// commits, as on the command line. It is false for whatever is tried once.
func (s *Screen) retries() (app.Retry, bool) {
	v, ok := s.Engine.View(s.key)
	if !ok || s.kind() != app.KindSync || s.plan.Resumes != nil || plan.RetryNote(v.App.Spec.SyncPolicy) == "" {
		return app.Retry{}, false
	}
	policy := *v.App.Spec.SyncPolicy.Retry
	policy.Refresh = true
	return policy, true
}

// retryNote says before the approval that the operation is tried again, and what that may do.
func (s *Screen) retryNote() string {
	if _, ok := s.retries(); !ok || s.operating() || s.plan.Empty() {
		return ""
	}
	v, _ := s.Engine.View(s.key)
	return plan.RetryNote(v.App.Spec.SyncPolicy) + "; what is not shown here is not done then"
}
