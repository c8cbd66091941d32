package storetest

import (
	"errors"
	"fmt"
	"slices"
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
		Key: p.key(name), Destination: app.Destination{Name: "home", Namespace: "web"}, Cluster: "uid", Claim: "op-1",
		Objects: []object.Ref{{Group: "apps", Kind: "Deployment", Namespace: "web", Name: name}},
	}
}

// remember writes an inventory of which nothing was known.
func (p Place) remember(t *testing.T, s Bindings, name string) {
	t.Helper()
	err := s.UpdateInventory(t.Context(), p.key(name), func(r *app.Released) {
		if diff := cmp.Diff(app.Released{}, *r); diff != "" {
			t.Errorf("known before it was written:\n%s", diff)
		}
		*r = p.owned(name)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func inventory(t *testing.T, p Place) {
	s := p.created(t, "web").Bindings
	if _, err := s.Inventory(t.Context(), p.key("web")); !errors.Is(err, app.ErrNotFound) {
		t.Errorf("before it was written: %v", err)
	}
	p.remember(t, s, "web")
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

func inventoryOfNobody(t *testing.T, p Place) {
	s := p.created(t, "web").Bindings
	if err := s.UpdateInventory(t.Context(), p.key("web"), func(*app.Released) {}); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Inventory(t.Context(), p.key("web")); !errors.Is(err, app.ErrNotFound) {
		t.Errorf("there is %v, %v", got, err)
	}
}

func inventoryRace(t *testing.T, p Place) {
	p.remember(t, p.created(t, "web").Bindings, "web")
	const writers, each = 4, 5
	var wg sync.WaitGroup
	for w := range writers {
		s := p.Open(t).Bindings
		wg.Go(func() {
			for i := range each {
				err := s.UpdateInventory(t.Context(), p.key("web"), func(r *app.Released) {
					r.Objects = append(slices.Clip(r.Objects), object.Ref{Kind: "Secret", Namespace: "web", Name: fmt.Sprintf("w%d-%d", w, i)})
				})
				if err != nil {
					t.Errorf("update inventory: %v", err)
				}
			}
		})
	}
	wg.Wait()
	got, err := p.Open(t).Bindings.Inventory(t.Context(), p.key("web"))
	if err != nil || len(got.Objects) != 1+writers*each {
		t.Errorf("%d of %d objects are left, %v", len(got.Objects), 1+writers*each, err)
	}
}

func released(t *testing.T, p Place) {
	s := p.created(t, "web", "api")
	for _, name := range []string{"web", "api"} {
		p.remember(t, s.Bindings, name)
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
