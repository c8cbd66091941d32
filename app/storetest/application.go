package storetest

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// sample returns an application with fields that no version of this program models.
func (p Place) sample(t *testing.T, name string) app.Application {
	t.Helper()
	text := `{"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "` + name + `"},
		"spec": {"project": "default", "destination": {"name": "home", "namespace": "web"}, "futureSpec": {"a": [1, "b"]},
		"source": {"repoURL": "https://git.example.com/shop.git", "path": "deploy", "futureSource": true}}}`
	var a app.Application
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		t.Fatal(err)
	}
	a.Metadata.Namespace = p.Namespace
	return a
}

func (p Place) key(name string) app.Key { return app.Key{Namespace: p.Namespace, Name: name} }

// created opens the store and creates applications in it.
func (p Place) created(t *testing.T, names ...string) Stores {
	t.Helper()
	s := p.Open(t)
	for _, n := range names {
		if err := s.Store.Create(t.Context(), p.sample(t, n)); err != nil {
			t.Fatalf("create: %v", err)
		}
	}
	return s
}

func (p Place) load(t *testing.T, s Stores, name string) app.Application {
	t.Helper()
	a, err := s.Store.Load(t.Context(), p.key(name))
	if err != nil {
		t.Fatalf("load: %v", err)
	}
	return a
}

// spec returns an application's spec as JSON has it, unknown fields included.
func spec(t *testing.T, a app.Application) any {
	t.Helper()
	b, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	return doc["spec"]
}

func createLoad(t *testing.T, p Place) {
	p.created(t, "web")
	got := p.load(t, p.Open(t), "web")
	if diff := cmp.Diff(spec(t, p.sample(t, "web")), spec(t, got)); diff != "" {
		t.Errorf("the spec changed (-created +loaded):\n%s", diff)
	}
	if got.Key() != p.key("web") {
		t.Errorf("its key is %s", got.Key())
	}
}

func createTwice(t *testing.T, p Place) {
	p.created(t, "web")
	if err := p.Open(t).Store.Create(t.Context(), p.sample(t, "web")); !errors.Is(err, app.ErrExists) {
		t.Errorf("the second create gave %v", err)
	}
}

func list(t *testing.T, p Place) {
	p.created(t, "web", "api", "db")
	apps, errs, err := p.Open(t).Store.List(t.Context())
	if err != nil || len(errs) > 0 {
		t.Fatalf("list: %v, %v", err, errs)
	}
	var got []app.Key
	for _, a := range apps {
		got = append(got, a.Key())
	}
	if diff := cmp.Diff([]app.Key{p.key("api"), p.key("db"), p.key("web")}, got); diff != "" {
		t.Error(diff)
	}
}

func notFound(t *testing.T, p Place) {
	s := p.created(t, "web").Store
	for _, key := range []app.Key{p.key("other"), p.key("../web"), p.key(""), {Namespace: "elsewhere", Name: "web"}} {
		_, load := s.Load(t.Context(), key)
		_, update := s.Update(t.Context(), key, func(*app.Application) error { return nil })
		_, status := s.UpdateStatus(t.Context(), key, func(*app.Status) {})
		for act, err := range map[string]error{
			"load": load, "update": update, "remove": s.Remove(t.Context(), key), "update status": status,
		} {
			if !errors.Is(err, app.ErrNotFound) {
				t.Errorf("%s %q gave %v", act, key, err)
			}
		}
	}
}

func unknownFields(t *testing.T, p Place) {
	s := p.created(t, "web")
	got, err := s.Store.Update(t.Context(), p.key("web"), func(a *app.Application) error {
		a.Spec.Source.TargetRevision = "v2"
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := p.sample(t, "web")
	want.Spec.Source.TargetRevision = "v2"
	if diff := cmp.Diff(spec(t, want), spec(t, got)); diff != "" {
		t.Errorf("update returned (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(spec(t, want), spec(t, p.load(t, p.Open(t), "web"))); diff != "" {
		t.Errorf("loaded after the update (-want +got):\n%s", diff)
	}
}

func failedUpdate(t *testing.T, p Place) {
	s := p.created(t, "web")
	refused := errors.New("refused")
	_, err := s.Store.Update(t.Context(), p.key("web"), func(a *app.Application) error {
		a.Spec.Project = "other"
		return refused
	})
	if err != refused { //nolint:errorlint // It is the caller's own, which says in its own words what it is about.
		t.Errorf("update gave %v", err)
	}
	if got := p.load(t, s, "web").Spec.Project; got != app.DefaultProject {
		t.Errorf("the project became %q", got)
	}
}

func rename(t *testing.T, p Place) {
	s := p.created(t, "web")
	if _, err := s.Store.Update(t.Context(), p.key("web"), func(a *app.Application) error {
		a.Metadata.Name = "shop"
		return nil
	}); err == nil {
		t.Error("the rename was not refused")
	}
	p.load(t, s, "web")
}

func remove(t *testing.T, p Place) {
	s := p.created(t, "web", "api")
	if err := s.Store.Remove(t.Context(), p.key("web")); err != nil {
		t.Fatal(err)
	}
	for _, opened := range []Stores{s, p.Open(t)} {
		if _, err := opened.Store.Load(t.Context(), p.key("web")); !errors.Is(err, app.ErrNotFound) {
			t.Errorf("load gave %v", err)
		}
		p.load(t, opened, "api")
	}
}

func independent(t *testing.T, p Place) {
	s := p.created(t, "web")
	a := p.load(t, s, "web")
	a.Spec.Source.Path = "changed"
	apps, _, err := s.Store.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	apps[0].Spec.Source.Path = "changed too"
	if got := p.load(t, s, "web").Spec.Source.Path; got != "deploy" {
		t.Errorf("the store's own copy has the path %q", got)
	}
}
