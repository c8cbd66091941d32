package tui

import (
	"testing"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

func TestAnyTwoRecordsAreCompared(t *testing.T) {
	t.Parallel()
	e := shop()
	third := e.records[0]
	third.ID = "r3"
	e.records = append([]app.Record{third}, e.records...)
	c := open(t, e, 80, 24)
	c.press("R", "d").shows("r2 → r3").press("esc")
	c.press("space").shows("r3•").press("G", "d").shows("r1 → r3").press("esc")
	c.press("g", "space").hides("r3•").press("j", "d").shows("r1 → r2")
}

func TestTheDataOfSecretsIsNotCompared(t *testing.T) {
	t.Parallel()
	e := shop()
	e.diffs, e.unseen = nil, []object.Ref{ref("Secret", "payments", "token")}
	c := open(t, e, 80, 24)
	c.press("R", "d").shows("Nothing differs.", "Not compared: records hold no data of Secrets", "Secret/payments/token")
}

// scaled is the record of an action.
func scaled() app.Record {
	return app.Record{
		ID: "a1", Kind: app.KindAction, Phase: app.OperationFailed, StartedAt: noon.Add(-2 * time.Hour), FinishedAt: noon.Add(-2*time.Hour + 40*time.Millisecond),
		By: app.Initiator{Username: "mira"}, Why: "asked for by hand (console)", Message: "exceeded quota", Action: &app.ActionTaken{
			Name: "scale", Values: map[string]string{"replicas": "5"}, Object: ref("Deployment", "payments", "payments"),
			Says: "goes from 3 to 5 replicas", Changes: []string{".spec.replicas: 3 → 5"},
		},
	}
}

func TestAnActionIsInTheHistory(t *testing.T) {
	t.Parallel()
	e := shop()
	e.records = []app.Record{e.records[0], scaled(), e.records[1]}
	c := open(t, e, 120, 40)
	c.press("R").shows("3 records", "a1     scale", "mira", "Deployment/payments/payments: goes from 3 to 5 replicas")
	c.press("j").shows("asked for by hand (console)", "exceeded quota", "replicas = 5", ".spec.replicas: 3 → 5")
	for _, key := range []string{"enter", "d", "space"} {
		c.press(key).shows("an action on one live object: it has no manifests")
	}
	c.press("u").shows("put back by another action or by a sync").acted()
	c.press("k", "d").shows("r1 → r2")
}

func TestAnActionThatRunsHasNoDuration(t *testing.T) {
	t.Parallel()
	e := shop()
	running := scaled()
	running.Phase, running.Message, running.FinishedAt = app.OperationRunning, "", time.Time{}
	e.records = []app.Record{running}
	open(t, e, 80, 24).press("R").shows("1 record", "a1     scale         ▶ running   2h           mira", "Deployment/payments")
}
