package engine

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// TestHistoryIsTrimmed appends an entry to a history: the oldest beyond the limit go, and what others share stays as it is.
func TestHistoryIsTrimmed(t *testing.T) {
	t.Parallel()
	history := func(from, to int64) []app.RevisionRecord {
		var h []app.RevisionRecord
		for id := from; id <= to; id++ {
			h = append(h, app.RevisionRecord{ID: id})
		}
		return h
	}
	for name, c := range map[string]struct {
		before []app.RevisionRecord
		limit  int
		want   []app.RevisionRecord
	}{
		"the first":                   {nil, 10, history(5, 5)},
		"below the limit":             {history(3, 4), 10, history(3, 5)},
		"up to the limit":             {history(3, 4), 3, history(3, 5)},
		"one beyond":                  {history(2, 4), 3, history(3, 5)},
		"many beyond a lowered limit": {history(0, 4), 2, history(4, 5)},
		"none is kept":                {history(0, 4), 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// There is room for more, as in a slice that was appended to before.
			given := append(make([]app.RevisionRecord, 0, len(c.before)+1), c.before...)
			got := appendHistory(given, app.RevisionRecord{ID: 5}, c.limit)
			if d := cmp.Diff(c.want, got, cmpopts.EquateEmpty()); d != "" {
				t.Errorf("the history (-want +got):\n%s", d)
			}
			if d := cmp.Diff(c.before, given, cmpopts.EquateEmpty()); d != "" {
				t.Errorf("what was given has changed (-before +after):\n%s", d)
			}
		})
	}
}

// TestHistoryLimit is the application's own, down to none, and Argo CD's where it says none.
func TestHistoryLimit(t *testing.T) {
	t.Parallel()
	limit := func(n int64) *int64 { return &n }
	for name, c := range map[string]struct {
		own  *int64
		want int
	}{
		"none is said": {nil, 10},
		"its own":      {limit(3), 3},
		"nothing":      {limit(0), 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var a app.Application
			a.Metadata.Name, a.Spec.RevisionHistoryLimit = "web", c.own
			e := New(Ports{}, Options{})
			t.Cleanup(e.Close)
			e.entry(a.Key()).adopt(a, began)
			if got := historyLimit(e, a.Key()); got != c.want {
				t.Errorf("it is %d, want %d", got, c.want)
			}
		})
	}
}
