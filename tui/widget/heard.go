package widget

import (
	"fmt"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/engine"
)

// Unreachable says that an application's cluster cannot be reached, and how old is what is known of it; "" while it can.
func Unreachable(v engine.View, now time.Time) string {
	if v.Knowledge.Err == nil {
		return ""
	}
	return fmt.Sprintf("the cluster cannot be reached: %v; %s", v.Knowledge.Err, Heard(v, now))
}

// Heard says how old is what is known of a cluster that cannot be reached.
func Heard(v engine.View, now time.Time) string {
	switch at := v.App.Status.ReconciledAt; {
	case !v.Knowledge.AsOf.IsZero():
		return "last heard of " + ago(v.Knowledge.AsOf, now)
	case at != nil:
		return Compared(*at, now)
	}
	return "never heard of"
}

// Compared says how old a comparison is.
func Compared(at, now time.Time) string { return "last compared " + ago(at, now) }

// ago is an age in a sentence.
func ago(t, now time.Time) string {
	if age := Age(t, now); age != "now" {
		return age + " ago"
	}
	return "just now"
}
