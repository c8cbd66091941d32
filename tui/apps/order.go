package apps

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// order is a column that the list is sorted by.
type order int

const (
	byAttention order = iota
	byName
	bySync
	byHealth
	byLast
	orders
)

func (o order) String() string { return [...]string{"attention", "name", "sync", "health", "last"}[o] }

// compare orders two rows by a column, and by name where that says nothing.
func (o order) compare(a, b *row) int {
	c := 0
	switch o {
	case byAttention:
		c = cmp.Compare(urgency(b), urgency(a))
	case bySync:
		c = cmp.Compare(a.view.App.Status.Sync.Status, b.view.App.Status.Sync.Status)
	case byHealth:
		c = cmp.Compare(healthRank(b.view.App.Status.Health.Status), healthRank(a.view.App.Status.Health.Status))
	case byLast:
		c = lastTime(b).Compare(lastTime(a))
	case byName, orders:
	}
	if c != 0 {
		return c
	}
	return strings.Compare(a.key.String(), b.key.String())
}

// urgency ranks what needs a person first.
func urgency(r *row) int {
	st := &r.view.App.Status
	op := st.OperationState
	switch {
	case r.broken != nil:
		return 7
	case st.Health.Status == app.Degraded:
		return 6
	case op != nil && op.Phase.Done() && op.Phase != app.OperationSucceeded:
		return 5
	case r.view.Released:
		return 4
	case st.Sync.Status != app.Synced && st.Sync.Status != app.OutOfSync:
		return 3
	case st.Sync.Status == app.OutOfSync:
		return 2
	case st.Health.Status != app.Healthy:
		return 1
	}
	return 0
}

func healthRank(h app.HealthCode) int {
	return slices.Index([]app.HealthCode{app.Healthy, app.Suspended, app.Progressing, app.Missing, app.HealthUnknown, app.Degraded}, h)
}

func lastTime(r *row) time.Time {
	op := r.view.App.Status.OperationState
	if op == nil {
		return time.Time{}
	}
	return op.StartedAt
}
