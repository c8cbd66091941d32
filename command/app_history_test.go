package command

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

func TestARecordInFull(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	scaled := &app.ActionTaken{
		Name: "scale", Values: map[string]string{"replicas": "3"}, Object: object.Ref{Group: "apps", Kind: "Deployment", Namespace: "shop", Name: "web"},
		Says: "goes from 1 to 3 replicas", Changes: []string{".spec.replicas: 1 → 3"},
	}
	for name, c := range map[string]struct {
		record app.Record
		want   string
	}{
		"an action": {
			app.Record{ID: "a1", Kind: app.KindAction, Phase: app.OperationSucceeded, Action: scaled},
			"a1 action Succeeded in 17ms: scale Deployment/shop/web: goes from 1 to 3 replicas\nwith replicas = 3\nchange .spec.replicas: 1 → 3\n",
		},
		"an action that failed": {
			app.Record{ID: "a1", Kind: app.KindAction, Phase: app.OperationFailed, Action: scaled, Message: "denied"},
			"a1 action Failed in 17ms: scale Deployment/shop/web: goes from 1 to 3 replicas; denied\nwith replicas = 3\nchange .spec.replicas: 1 → 3\n",
		},
		"an operation": {
			app.Record{ID: "r1", Kind: app.KindSync, Phase: app.OperationSucceeded, Message: "applied"}, "r1 sync Succeeded in 17ms: applied\n",
		},
	} {
		c.record.StartedAt, c.record.FinishedAt = began, began.Add(17*time.Millisecond)
		var out strings.Builder
		if err := printRecord(&out, &c.record); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(c.want, out.String()); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}
