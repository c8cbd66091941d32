package health

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

var badness = map[app.HealthCode]int{
	"": 0, app.Healthy: 1, app.Suspended: 2, app.Progressing: 3, app.Missing: 4, app.Degraded: 5, app.HealthUnknown: 6,
}

// Worse reports whether a is worse than b: Healthy < Suspended < Progressing < Missing < Degraded < Unknown.
func Worse(a, b app.HealthCode) bool { return badness[a] > badness[b] }

// Worst returns the worse of two codes.
func Worst(a, b app.HealthCode) app.HealthCode {
	if Worse(b, a) {
		return b
	}
	return a
}

// Item is one directly managed object of an application.
type Item struct {
	Ref object.Ref
	// Object is nil for one that is missing, or of which nothing is known.
	Object *unstructured.Unstructured
	Health app.Health
	// Hook is an object that was made as a hook: it is none of those that are to be there.
	Hook bool
	// Ignored is an object whose health does not count.
	Ignored bool
}

// counts reports whether the health of an object is that of its application too. Of the Application of another one, as an
// object of the cluster, it does not count that it is missing, or that nothing is known of it.
func (it *Item) counts() bool {
	child := it.Ref.Group == app.Group && it.Ref.Kind == app.KindApplication
	unseen := it.Health.Status == app.Missing || it.Health.Status == app.HealthUnknown
	return !it.Ignored && (!child || !unseen)
}

// Application judges directly managed objects together: the worst of those that are live. A missing object does not
// count, unless none is live at all; one of which nothing is known does. The message names the worst object.
func Application(items []Item) app.Health {
	out := app.Health{Status: app.Healthy}
	live, all := 0, 0
	for _, it := range items {
		if it.Hook {
			continue
		}
		all++
		if it.Object == nil && it.Health.Status != app.HealthUnknown {
			continue
		}
		live++
		if it.counts() && Worse(it.Health.Status, out.Status) {
			out = app.Health{Status: it.Health.Status, Message: it.Ref.String()}
			if it.Health.Message != "" {
				out.Message += ": " + it.Health.Message
			}
		}
	}
	if live == 0 && all > 0 {
		return app.Health{Status: app.Missing, Message: "none of its objects is in the cluster"}
	}
	return out
}
