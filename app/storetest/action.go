package storetest

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// intended is the record of an action that is about to be done.
func (p Place) intended(name string) app.Record {
	return app.Record{
		Kind: app.KindAction, App: p.key(name), StartedAt: time.Unix(1_700_000_000, 0).UTC(), Phase: app.OperationRunning,
		By: app.Initiator{Username: "ada"}, Action: &app.ActionTaken{
			Name: "scale", Values: map[string]string{"replicas": "3"}, UID: "u-1", Says: "goes from 1 to 3 replicas",
			Object: object.Ref{Group: "apps", Kind: "Deployment", Namespace: "shop", Name: "web"},
		},
	}
}

func (p Place) begun(t *testing.T, a Actions, name string) (app.Record, app.OpenAction) {
	t.Helper()
	r, open, err := a.BeginAction(t.Context(), p.intended(name))
	if err != nil {
		t.Fatalf("begin action: %v", err)
	}
	t.Cleanup(func() {
		if err := open.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return r, open
}

func (p Place) acted(t *testing.T, want ...app.Record) {
	t.Helper()
	got, err := p.Open(t).Actions.Actions(t.Context(), p.key("web"))
	if err != nil {
		t.Fatal(err)
	}
	if len(want) == 0 && len(got) == 0 {
		return
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func actions(t *testing.T, p Place) {
	s := p.created(t, "web", "api")
	p.acted(t)
	first, open := p.begun(t, s.Actions, "web")
	want := p.intended("web")
	want.ID = "a1"
	if d := cmp.Diff(want, first); d != "" {
		t.Errorf("begin returned:\n%s", d)
	}
	p.acted(t, first)
	first.Phase, first.Message, first.FinishedAt = app.OperationFailed, "two\nlines", first.StartedAt.Add(time.Second)
	if err := open.End(first); err != nil {
		t.Fatal(err)
	}
	p.acted(t, first)
	if err := open.Close(); err != nil {
		t.Fatal(err)
	}
	if err := open.End(first); err == nil {
		t.Error("a closed action took another outcome")
	}
	second, _ := p.begun(t, p.Open(t).Actions, "web")
	p.begun(t, s.Actions, "api")
	p.acted(t, second, first)
	if got := ids(t, s.History, p.key("web")); got != nil {
		t.Errorf("the records of operations are %v", got)
	}
}

func actionInterrupted(t *testing.T, p Place) {
	s := p.created(t, "web")
	r, open := p.begun(t, s.Actions, "web")
	if err := open.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := p.Open(t).Actions.Actions(t.Context(), p.key("web"))
	if err != nil || len(got) != 1 {
		t.Fatalf("%d actions, %v", len(got), err)
	}
	if got[0].Phase != app.OperationError || got[0].Message == "" || got[0].ID != r.ID {
		t.Errorf("it is %+v", got[0])
	}
	if d := cmp.Diff(r.Action, got[0].Action); d != "" {
		t.Error(d)
	}
}

func actionDepth(t *testing.T, p Place) {
	s := p.created(t, "web")
	p.appended(t, s.History, "web", configMap("a"))
	for range 203 {
		r, open := p.begun(t, s.Actions, "web")
		r.Phase, r.FinishedAt = app.OperationSucceeded, r.StartedAt
		if err := open.End(r); err != nil {
			t.Fatal(err)
		}
		if err := open.Close(); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Actions.Actions(t.Context(), p.key("web"))
	if err != nil || len(got) != 200 || got[0].ID != "a203" || got[199].ID != "a4" {
		t.Fatalf("%d actions, %v", len(got), err)
	}
	for range 201 {
		p.appended(t, s.History, "web")
	}
	if got, err = s.Actions.Actions(t.Context(), p.key("web")); err != nil || len(got) != 200 {
		t.Errorf("%d actions after many operations, %v", len(got), err)
	}
	if next := p.appended(t, s.History, "web"); next.ID != "r203" {
		t.Errorf("the next record is %s", next.ID)
	}
}

func actionRace(t *testing.T, p Place) {
	p.created(t, "web")
	var wg sync.WaitGroup
	for range 4 {
		a := p.Open(t).Actions
		wg.Go(func() {
			for range 5 {
				r, open, err := a.BeginAction(t.Context(), p.intended("web"))
				if err != nil {
					t.Errorf("begin: %v", err)
					return
				}
				r.Phase, r.FinishedAt = app.OperationSucceeded, r.StartedAt
				if err := open.End(r); err != nil {
					t.Error(err)
				}
				if err := open.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	got, err := p.Open(t).Actions.Actions(t.Context(), p.key("web"))
	if err != nil || len(got) != 20 || got[0].ID != "a20" || got[19].ID != "a1" {
		t.Errorf("%d actions, %v", len(got), err)
	}
	for _, r := range got {
		if r.Phase != app.OperationSucceeded {
			t.Errorf("%s is %s: %s", r.ID, r.Phase, r.Message)
		}
	}
}
