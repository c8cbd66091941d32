package engine

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// TestHooksThatRanBeforeADeletionFailed has the newest records say which hooks of a deletion do not run again.
func TestHooksThatRanBeforeADeletionFailed(t *testing.T) {
	t.Parallel()
	result := func(name, status, hook, phase string) app.ResourceResult {
		return app.ResourceResult{Group: "batch", Kind: "Job", Namespace: "web", Name: name, Status: status, HookType: hook, HookPhase: phase}
	}
	backup, gone := result("backup", "Synced", "PreDelete", "Succeeded"), result("old", "Pruned", "", "")
	begun := result("old", "SyncFailed", "", "")
	begun.StartedAt = began
	record := func(id string, kind app.OperationKind, phase app.OperationPhase, results ...app.ResourceResult) app.Record {
		return app.Record{ID: id, Kind: kind, Phase: phase, Cluster: "here", Results: results}
	}
	part := record("r3", app.KindSync, app.OperationSucceeded)
	part.Partial = true
	failed := func(id string, results ...app.ResourceResult) app.Record {
		return record(id, app.KindDelete, app.OperationFailed, results...)
	}
	for name, c := range map[string]struct {
		records []app.Record
		want    string
	}{
		"it ran, and objects are gone":     {[]app.Record{failed("r2", backup, gone)}, "r2"},
		"nothing is gone":                  {[]app.Record{failed("r2", backup)}, ""},
		"only the hook is gone":            {[]app.Record{failed("r2", backup, result("backup", "Pruned", "PreDelete", "Succeeded"))}, ""},
		"it failed":                        {[]app.Record{failed("r2", result("backup", "SyncFailed", "PreDelete", "Failed"), gone)}, ""},
		"it ran after":                     {[]app.Record{failed("r2", result("backup", "Synced", "PostDelete", "Succeeded"), gone)}, ""},
		"it was left out of another try":   {[]app.Record{failed("r3"), failed("r2", backup, gone)}, "r2"},
		"the other try took objects":       {[]app.Record{failed("r3", gone), failed("r2", backup)}, "r2"},
		"objects had gone before it ran":   {[]app.Record{failed("r3", backup), failed("r2", gone)}, ""},
		"the application was synced since": {[]app.Record{record("r3", app.KindSync, app.OperationSucceeded), failed("r2", backup, gone)}, ""},
		"that deletion came to its end":    {[]app.Record{record("r2", app.KindDelete, app.OperationSucceeded, backup, gone)}, ""},
		"it was in another cluster":        {[]app.Record{{ID: "r2", Kind: app.KindDelete, Phase: app.OperationFailed, Cluster: "there", Results: []app.ResourceResult{backup, gone}}}, ""},
		"some objects were synced since":   {[]app.Record{part, failed("r2", backup, gone)}, "r2"},
		"a sync of all failed since":       {[]app.Record{record("r3", app.KindSync, app.OperationFailed), failed("r2", backup, gone)}, "r2"},
		"an object may be gone":            {[]app.Record{failed("r2", backup, begun)}, "r2"},
		"there is no record":               {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := map[object.Ref]string{}
			if c.want != "" {
				want[backup.Ref()] = c.want
			}
			if d := cmp.Diff(want, ranAtEnd(c.records, "here")); d != "" {
				t.Error(d)
			}
		})
	}
}
