package storetest

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

func healthy() app.Status {
	return app.Status{
		Sync:    app.SyncStatus{Status: app.Synced, Revision: "abc"},
		Health:  app.Health{Status: app.Healthy},
		History: []app.RevisionRecord{{ID: 1, Revision: "abc"}},
	}
}

func (p Place) setStatus(t *testing.T, s Stores, to app.Status) {
	t.Helper()
	got, err := s.Store.UpdateStatus(t.Context(), p.key("web"), func(s *app.Status) { *s = to })
	if diff := cmp.Diff(to, got); err != nil || diff != "" {
		t.Fatalf("update status (%v):\n%s", err, diff)
	}
}

func status(t *testing.T, p Place) {
	s := p.created(t, "web")
	p.setStatus(t, s, healthy())
	updated, err := s.Store.Update(t.Context(), p.key("web"), func(a *app.Application) error {
		a.Spec.Project = "shop"
		a.Status = app.Status{}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	apps, _, err := p.Open(t).Store.List(t.Context())
	if err != nil || len(apps) != 1 {
		t.Fatalf("list: %d applications, %v", len(apps), err)
	}
	for from, a := range map[string]app.Application{"update": updated, "load": p.load(t, p.Open(t), "web"), "list": apps[0]} {
		if diff := cmp.Diff(healthy(), a.Status); diff != "" {
			t.Errorf("the status from %s (-written +read):\n%s", from, diff)
		}
		if a.Spec.Project != "shop" {
			t.Errorf("the project from %s is %q", from, a.Spec.Project)
		}
	}
}

func statusOfOlder(t *testing.T, p Place) {
	s := p.created(t, "web")
	p.setStatus(t, s, healthy())
	if err := s.Store.Remove(t.Context(), p.key("web")); err != nil {
		t.Fatal(err)
	}
	if err := s.Store.Create(t.Context(), p.sample(t, "web")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(app.Status{}, p.load(t, s, "web").Status); diff != "" {
		t.Errorf("the status is not empty:\n%s", diff)
	}
}

func statusRace(t *testing.T, p Place) {
	p.created(t, "web")
	const writers, each = 4, 5
	var wg sync.WaitGroup
	for w := range writers {
		s := p.Open(t).Store
		wg.Go(func() {
			for i := range each {
				_, err := s.UpdateStatus(t.Context(), p.key("web"), func(s *app.Status) {
					s.History = append(s.History, app.RevisionRecord{ID: int64(w*each + i)})
				})
				if err != nil {
					t.Errorf("update status: %v", err)
				}
			}
		})
	}
	wg.Wait()
	if got := p.load(t, p.Open(t), "web").Status.History; len(got) != writers*each {
		t.Errorf("%d of %d changes are left", len(got), writers*each)
	}
}

func statusLate(t *testing.T, p Place) {
	s := p.created(t, "web")
	first := healthy()
	compared := time.Unix(1_700_000_000, 0).UTC()
	first.ReconciledAt = &compared
	p.setStatus(t, s, first)
	for _, pause := range []time.Duration{time.Second, time.Hour} {
		next, at := healthy(), compared.Add(pause)
		next.ReconciledAt = &at
		p.setStatus(t, s, next)
	}
	if got := p.load(t, p.Open(t), "web").Status.ReconciledAt; got == nil || !got.Equal(compared.Add(time.Hour)) {
		t.Errorf("an hour later the stored time is %v", got)
	}
	soon, at := first, compared.Add(time.Hour+time.Second)
	soon.ReconciledAt, soon.Health.Status = &at, app.Degraded
	p.setStatus(t, s, soon)
	if diff := cmp.Diff(soon, p.load(t, p.Open(t), "web").Status); diff != "" {
		t.Errorf("another change was not written at once:\n%s", diff)
	}
}
