package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

func bind(t *testing.T, p Place) {
	s, other := p.Open(t).Bindings, p.Open(t).Bindings
	expect := func(b Bindings, offered, want app.ClusterIdentity) {
		t.Helper()
		if got, err := b.Bind(t.Context(), "home", offered); err != nil || got != want {
			t.Errorf("bind to %s gave %s, %v; want %s", offered, got, err, want)
		}
	}
	expect(s, "one", "one")
	expect(s, "two", "one")
	expect(other, "two", "one")
	if err := other.Rebind(t.Context(), "home", "two"); err != nil {
		t.Fatal(err)
	}
	expect(s, "one", "two")
	if got, err := s.Bind(t.Context(), "https://far.example.com:6443", "far"); err != nil || got != "far" {
		t.Errorf("another cluster was bound to %s, %v", got, err)
	}
	bound(t, other, map[string]app.ClusterIdentity{"home": "two", "https://far.example.com:6443": "far"})
	if err := s.Unbind(t.Context(), "home"); err != nil {
		t.Fatal(err)
	}
	bound(t, other, map[string]app.ClusterIdentity{"https://far.example.com:6443": "far"})
	if err := other.Unbind(t.Context(), "home"); !errors.Is(err, app.ErrNotFound) {
		t.Errorf("unbind a name that is not bound: %v", err)
	}
	expect(other, "three", "three")
}

func bound(t *testing.T, s Bindings, want map[string]app.ClusterIdentity) {
	t.Helper()
	got, err := s.Bound(t.Context())
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("bound (%v):\n%s", err, diff)
	}
}

func bindRace(t *testing.T, p Place) {
	var wg sync.WaitGroup
	got := make([]app.ClusterIdentity, 8)
	for i := range got {
		s := p.Open(t).Bindings
		wg.Go(func() {
			id, err := s.Bind(t.Context(), "home", app.ClusterIdentity(fmt.Sprint(i)))
			if err != nil {
				t.Errorf("bind: %v", err)
			}
			got[i] = id
		})
	}
	wg.Wait()
	for _, id := range got {
		if id == "" || id != got[0] {
			t.Fatalf("not all agree: %v", got)
		}
	}
}

func (p Place) owned(name string) app.Released {
	return app.Released{
		Key: p.key(name), Destination: app.Destination{Name: "home", Namespace: "web"}, Cluster: "uid",
		Objects: []object.Ref{{Group: "apps", Kind: "Deployment", Namespace: "web", Name: name}},
	}
}

func inventory(t *testing.T, p Place) {
	s := p.created(t, "web").Bindings
	if _, err := s.Inventory(t.Context(), p.key("web")); !errors.Is(err, app.ErrNotFound) {
		t.Errorf("before it was written: %v", err)
	}
	if err := s.WriteInventory(t.Context(), p.owned("web")); err != nil {
		t.Fatal(err)
	}
	got, err := p.Open(t).Bindings.Inventory(t.Context(), p.key("web"))
	if diff := cmp.Diff(p.owned("web"), got); err != nil || diff != "" {
		t.Errorf("read back (%v):\n%s", err, diff)
	}
	for range 2 {
		if err := s.Forget(t.Context(), p.key("web")); err != nil {
			t.Errorf("forget: %v", err)
		}
	}
	if _, err := s.Inventory(t.Context(), p.key("web")); !errors.Is(err, app.ErrNotFound) {
		t.Errorf("after it was forgotten: %v", err)
	}
}

func released(t *testing.T, p Place) {
	s := p.created(t, "web", "api")
	for _, name := range []string{"web", "api"} {
		if err := s.Bindings.WriteInventory(t.Context(), p.owned(name)); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(when string, want ...app.Released) {
		t.Helper()
		got, err := p.Open(t).Bindings.Released(t.Context())
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s (%v):\n%s", when, err, diff)
		}
	}
	expect("while both are there")
	if err := s.Store.Remove(t.Context(), p.key("web")); err != nil {
		t.Fatal(err)
	}
	expect("after one was removed", p.owned("web"))
	if err := s.Store.Create(t.Context(), p.sample(t, "web")); err != nil {
		t.Fatal(err)
	}
	expect("after it came back")
}
