package engine

import (
	"slices"
	"testing"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// TestSinceDeletion leaves out the records from before a deletion that took the objects along, and only those.
func TestSinceDeletion(t *testing.T) {
	t.Parallel()
	deletion := func(phase app.OperationPhase, status string) app.Record {
		return app.Record{Kind: app.KindDelete, Phase: phase, Results: []app.ResourceResult{{Kind: "ConfigMap", Name: "a", Status: status}}}
	}
	sync := app.Record{Kind: app.KindSync, Phase: app.OperationSucceeded, Results: []app.ResourceResult{{Kind: "ConfigMap", Name: "b", Status: "Pruned"}}}
	for name, c := range map[string]struct {
		records []app.Record
		want    int
	}{
		"a deletion":                   {[]app.Record{sync, sync, deletion(app.OperationSucceeded, "Pruned"), sync}, 2},
		"the newest of two":            {[]app.Record{sync, deletion(app.OperationSucceeded, "Pruned"), sync, deletion(app.OperationSucceeded, "Pruned")}, 1},
		"a deletion that failed":       {[]app.Record{sync, deletion(app.OperationFailed, "Pruned"), sync}, 3},
		"objects that were given back": {[]app.Record{sync, deletion(app.OperationSucceeded, "Synced"), sync}, 3},
		"a sync that prunes":           {[]app.Record{sync, sync}, 2},
		"nothing":                      {nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := len(sinceDeletion(c.records)); got != c.want {
				t.Errorf("%d records are left, want %d", got, c.want)
			}
		})
	}
}

// TestWhatWasPushedIsRemembered has an undo interrupted that was to undo a rollback that had pushed a commit, and was interrupted too.
func TestWhatWasPushedIsRemembered(t *testing.T) {
	t.Parallel()
	pushed := []app.Commit{{ID: "1"}}
	last, _ := together([]app.Record{{Operation: "op-b", Kind: app.KindUndo}, {Operation: "op-a", Kind: app.KindRollback, Pushed: pushed}}, nil)
	if last.Kind != app.KindUndo || !slices.Equal(last.Pushed, pushed) {
		t.Errorf("undone is %+v", last)
	}
}

// TestAttemptsAreUndoneTogether parts what was last done from what was before it.
func TestAttemptsAreUndoneTogether(t *testing.T) {
	t.Parallel()
	made := func(name string) object.Ref { return object.Ref{Kind: "ConfigMap", Namespace: "default", Name: name} }
	record := func(id, operation, retries string, created ...object.Ref) app.Record {
		return app.Record{ID: id, Operation: operation, Retries: retries, Created: created, StartedAt: began.Add(time.Duration(len(id)))}
	}
	first, second, third := record("r2", "op-b", "", made("a")), record("r3", "op-c", "op-b", made("b"), made("a")), record("r4", "op-d", "op-b")
	before := record("r1", "op-a", "")
	unnamed := record("r0", "", "")
	for name, c := range map[string]struct {
		interrupted, records []app.Record
		last                 string
		created              []object.Ref
		before               []app.Record
	}{
		"one operation":                   {nil, []app.Record{first, before}, "r2", []object.Ref{made("a")}, []app.Record{before}},
		"three attempts":                  {nil, []app.Record{third, second, first, before}, "r4", []object.Ref{made("b"), made("a")}, []app.Record{before}},
		"an attempt that was interrupted": {[]app.Record{record("", "op-d", "op-b", made("c"))}, []app.Record{second, first, before}, "", []object.Ref{made("c"), made("b"), made("a")}, []app.Record{before}},
		"what was recorded and not ended": {[]app.Record{record("", "op-b", "")}, []app.Record{first, before}, "", []object.Ref{made("a")}, []app.Record{before}},
		"two that were interrupted": {
			[]app.Record{record("", "op-f", "", made("f")), record("", "op-e", "", made("e"))},
			[]app.Record{record("r5", "op-e", ""), first},
			"",
			[]object.Ref{made("f"), made("e")},
			[]app.Record{first},
		},
		"records without an operation": {nil, []app.Record{unnamed, unnamed}, "r0", nil, []app.Record{unnamed}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			last, rest := together(c.interrupted, c.records)
			if last.ID != c.last || !slices.Equal(last.Created, c.created) {
				t.Errorf("undone is %q, which created %v", last.ID, last.Created)
			}
			if !slices.EqualFunc(rest, c.before, func(a, b app.Record) bool { return a.ID == b.ID }) {
				t.Errorf("before were %v", rest)
			}
		})
	}
}
