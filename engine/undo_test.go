package engine

import (
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
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
