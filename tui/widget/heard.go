package widget

import (
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/engine"
)

// Heard says how old is what is known of a cluster that cannot be reached.
func Heard(v engine.View, now time.Time) string {
	switch at := v.App.Status.ReconciledAt; {
	case !v.Knowledge.AsOf.IsZero():
		return "last heard of " + Age(v.Knowledge.AsOf, now) + " ago"
	case at != nil:
		return "last compared " + Age(*at, now) + " ago"
	}
	return "never heard of"
}
