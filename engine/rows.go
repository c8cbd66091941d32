package engine

import (
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/health"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// rows are what an examination says about its objects, one by one, as the status has it. Of an object of which nothing has
// changed, the row of the examination before is taken over: the work is proportional to what changed.
type rows struct {
	// rows run parallel to the diffs.
	rows []*row
	// reasons are why unwell objects are so, where something that they own says so, or an event; warnings are what events say, by
	// the object that they are about.
	reasons, warnings map[object.Ref]string
	// askedAt is when the cluster was last asked for events.
	askedAt time.Time
	// resources and items are the rows of all objects but hooks. Nobody changes them, nor an item, which is the one of before where
	// nothing has changed.
	resources []app.ResourceStatus
	items     []*health.Item
	// owned are the live objects that are the application's, sorted.
	owned []object.Ref
}

// row is what is said about one object, and what it is said of. Nobody changes one that was told: later examinations have it too.
type row struct {
	want, live *unstructured.Unstructured
	verdict    diff.Verdict
	reason     string
	health     app.Health
	// at is where it is among the resources and items; told is true when it is there.
	at   int
	told bool
}

// before returns the row of the examination before that was told for the same objects with the same verdict, nil when there is none. Of
// what nothing is known it says why, which has to be the same too.
func (r *rows) before(i int, want, live *unstructured.Unstructured, d *diff.Diff) *row {
	if r == nil || i >= len(r.rows) {
		return nil
	}
	was := r.rows[i]
	blind := live == nil && d.Verdict == diff.NotCompared
	if !was.told || was.want != want || was.live != live || was.verdict != d.Verdict || blind && was.health.Message != d.Reason {
		return nil
	}
	return was
}

// judge finds the health of every object, given the rows of the examination before; nil without one.
func (x *examination) judge(before *rows) {
	if b := x.base; b != nil && before != nil && !b.extras && !b.anew && len(before.rows) == len(x.diffs) {
		x.rows.rows = slices.Clone(before.rows)
		for _, i := range b.places {
			x.rows.rows[i] = x.rowOf(before, i)
		}
		return
	}
	x.rows.rows = make([]*row, len(x.diffs))
	for i := range x.diffs {
		x.rows.rows[i] = x.rowOf(before, i)
	}
}

// rowOf returns the row of one diff, with the health of its object.
func (x *examination) rowOf(before *rows, i int) *row {
	var want *unstructured.Unstructured
	if i < len(x.want.objects) {
		want = x.want.objects[i]
	}
	d := x.diffs[i]
	live := x.live.Objects[d.Ref]
	if r := before.before(i, want, live, d); r != nil {
		return r
	}
	return &row{want: want, live: live, verdict: d.Verdict, health: x.healthOf(d)}
}

// healthOf judges the live object of a diff. One of which nobody can tell is not missing.
func (x *examination) healthOf(d *diff.Diff) app.Health {
	live := x.live.Objects[d.Ref]
	if live == nil && d.Verdict == diff.NotCompared {
		return app.Health{Status: app.HealthUnknown, Message: d.Reason}
	}
	return x.checks.Assess(live)
}

// tell writes down what is said of all objects. While that is what was said before, it is shared.
func (x *examination) tell(before *rows) {
	same := before != nil && len(before.rows) == len(x.rows.rows)
	for i, r := range x.rows.rows {
		reason := x.reasons[x.diffs[i].Ref]
		if r.told && r.reason == reason {
			continue
		}
		if r.told {
			r = &row{want: r.want, live: r.live, verdict: r.verdict, health: r.health}
			x.rows.rows[i] = r
		}
		r.reason, same = reason, false
	}
	if same {
		x.resources, x.items = before.resources, before.items
		return
	}
	x.resources = make([]app.ResourceStatus, 0, len(x.rows.rows))
	x.items = make([]*health.Item, 0, len(x.rows.rows))
	for i, r := range x.rows.rows {
		if x.want.isHook(i) {
			x.rows.rows[i] = r.toldAt(0)
			continue
		}
		var status app.ResourceStatus
		var item *health.Item
		if r.told {
			status, item = before.resources[r.at], before.items[r.at]
		} else {
			status, item = x.resourceStatus(r, x.diffs[i])
		}
		x.rows.rows[i] = r.toldAt(len(x.resources))
		x.resources, x.items = append(x.resources, status), append(x.items, item)
	}
}

// toldAt returns the row as one that is told in a place.
func (r *row) toldAt(place int) *row {
	switch {
	case !r.told:
		r.told, r.at = true, place
	case r.at != place:
		moved := *r
		moved.at = place
		return &moved
	}
	return r
}

func (x *examination) resourceStatus(row *row, d *diff.Diff) (app.ResourceStatus, *health.Item) {
	u := row.want
	if u == nil {
		u = row.live
	}
	r := app.ResourceStatus{
		Group: d.Ref.Group, Kind: d.Ref.Kind, Namespace: d.Ref.Namespace, Name: d.Ref.Name,
		Version: u.GroupVersionKind().Version, Status: app.Synced,
		RequiresPruning: d.Verdict == diff.Prune, SyncWave: int64(object.Wave(u)),
	}
	switch {
	case d.OutOfSync():
		r.Status = app.OutOfSync
	case d.Verdict == diff.NotCompared:
		r.Status = app.SyncUnknown
	}
	item := &health.Item{Ref: d.Ref, Object: row.live, Ignored: x.ignored(row), Health: row.health}
	item.Hook = row.live != nil && plan.IsHook(row.live)
	if row.reason != "" {
		item.Health.Message = strings.TrimPrefix(strings.TrimSuffix(item.Health.Message, ".")+"; "+row.reason, "; ")
	}
	if item.Health.Status != "" {
		h := item.Health
		r.Health = &h
	}
	return r, item
}

// ignored reports whether an object's health does not count: the live object says so, or only git can be asked, or it is the
// application itself, as an object of the cluster. A store may know applications by their names alone.
func (x *examination) ignored(row *row) bool {
	u := row.live
	if u == nil {
		u = row.want
	}
	key := x.app.Key()
	self := u.GroupVersionKind().GroupKind() == schema.GroupKind{Group: app.Group, Kind: app.KindApplication} &&
		u.GetName() == key.Name && (key.Namespace == "" || u.GetNamespace() == key.Namespace)
	return self || health.Ignored(u)
}
