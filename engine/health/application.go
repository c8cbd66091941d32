package health

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// badness orders the codes; no health is the best.
var badness = map[app.HealthCode]int{
	app.Healthy: 1, app.Suspended: 2, app.Progressing: 3, app.Missing: 4, app.Degraded: 5, app.HealthUnknown: 6,
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

// Counts reports whether the health of an object is that of its application too: it is live, or nothing is known of it, and neither
// a hook nor one whose health is ignored. Of the Application of another one, as an object of the cluster, it does not count that it
// is missing, or that nothing is known of it.
func (it *Item) Counts() bool {
	child := it.Ref.Group == app.Group && it.Ref.Kind == app.KindApplication
	unseen := it.Health.Status == app.Missing || it.Health.Status == app.HealthUnknown
	return !it.Hook && it.present() && !it.Ignored && (!child || !unseen)
}

// present reports whether an object is live, as far as anybody knows.
func (it *Item) present() bool { return it.Object != nil || it.Health.Status == app.HealthUnknown }

// Application judges directly managed objects together: the worst of those that are live. A missing object does not
// count, unless none is live at all; one of which nothing is known does. The message names the worst object.
func Application(items []*Item) app.Health {
	live, all := 0, 0
	for i := range items {
		if items[i].Hook {
			continue
		}
		all++
		if items[i].present() {
			live++
		}
	}
	if live == 0 && all > 0 {
		return app.Health{Status: app.Missing, Message: "none of its objects is in the cluster"}
	}
	worst := Decisive(items)
	if worst == nil {
		return app.Health{Status: app.Healthy}
	}
	out := app.Health{Status: worst.Health.Status, Message: worst.Ref.String()}
	if worst.Health.Message != "" {
		out.Message += ": " + worst.Health.Message
	}
	return out
}

// Decisive returns the object whose health is that of the application, the first of the worst that count; nil when none that
// counts is worse than healthy.
func Decisive(items []*Item) *Item {
	var out *Item
	worst := app.Healthy
	for i := range items {
		if it := items[i]; it.Counts() && Worse(it.Health.Status, worst) {
			out, worst = it, it.Health.Status
		}
	}
	return out
}
