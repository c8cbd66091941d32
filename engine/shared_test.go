package engine

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

func settingsOf(names ...string) declared {
	d := declared{cluster: "home"}
	for _, n := range names {
		d.refs = append(d.refs, object.Ref{Kind: "ConfigMap", Namespace: "web", Name: n})
	}
	return d
}

func TestSharedObjects(t *testing.T) {
	t.Parallel()
	web, api, far := app.Key{Name: "web"}, app.Key{Name: "api"}, app.Key{Name: "far"}
	c := newClaims()
	if _, known := c.conditions(web); known {
		t.Error("what is shared is known before the applications are")
	}
	c.loaded()
	says := func(key app.Key, want ...string) {
		t.Helper()
		var got []string
		all, known := c.conditions(key)
		if !known {
			t.Fatal("it is not known")
		}
		for _, cond := range all {
			if cond.Type != app.ConditionSharedResource {
				t.Errorf("the condition is a %s", cond.Type)
			}
			got = append(got, cond.Message)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("what is said of %s (-want +got):\n%s", key, d)
		}
	}
	touches := func(key app.Key, d declared, want ...app.Key) {
		t.Helper()
		if d := cmp.Diff(want, c.set(key, d)); d != "" {
			t.Errorf("who is told of %s (-want +got):\n%s", key, d)
		}
	}
	touches(web, settingsOf("a", "b"))
	there := settingsOf("a", "b")
	there.cluster = "elsewhere"
	touches(far, there)
	says(web)
	touches(api, settingsOf("b", "c"), web)
	touches(api, settingsOf("b", "c"))
	says(web, "ConfigMap/web/b is declared by api too")
	says(api, "ConfigMap/web/b is declared by web too")
	says(far)
	touches(far, settingsOf("b"), api, web)
	says(web, "ConfigMap/web/b is declared by api, far too")
	touches(far, declared{}, api, web)
	touches(api, settingsOf("c"), web)
	says(web)
	says(api)
	touches(web, declared{})
	touches(api, declared{})
	if len(c.by)+len(c.of) != 0 {
		t.Errorf("left are %d objects of %d applications", len(c.by), len(c.of))
	}
}

func TestManySharedObjectsAreCounted(t *testing.T) {
	t.Parallel()
	c := newClaims()
	all := settingsOf("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l")
	c.set(app.Key{Name: "web"}, all)
	c.set(app.Key{Name: "api"}, all)
	c.loaded()
	got, _ := c.conditions(app.Key{Name: "web"})
	if last := got[len(got)-1].Message; len(got) != sharedNamed+1 || last != "2 more of its objects are declared by other applications too" {
		t.Errorf("%d conditions, the last %q", len(got), last)
	}
}

func TestWhatIsSharedReplacesWhatWas(t *testing.T) {
	t.Parallel()
	began, now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC), time.Date(2026, 3, 4, 13, 0, 0, 0, time.UTC)
	shared := func(text string, at *time.Time) app.Condition {
		return app.Condition{Type: app.ConditionSharedResource, Message: text, LastTransitionTime: at}
	}
	other := app.Condition{Type: app.ConditionFight, Message: "fight", LastTransitionTime: &began}
	old := []app.Condition{shared("stays", &began), other, shared("goes", &began)}
	want := []app.Condition{other, shared("stays", &began), shared("comes", &now)}
	if d := cmp.Diff(want, withShared(old, []app.Condition{shared("stays", nil), shared("comes", nil)}, now)); d != "" {
		t.Errorf("the conditions (-want +got):\n%s", d)
	}
}

// overtaken is a store in which something happens before a status is written.
type overtaken struct {
	Store
	meanwhile func()
}

func (s overtaken) UpdateStatus(_ context.Context, _ app.Key, change func(*app.Status)) (app.Status, error) {
	s.meanwhile()
	var status app.Status
	change(&status)
	return status, nil
}

// occupied has locks that others hold.
type occupied struct{ Locks }

func (occupied) Holder(context.Context, app.Key) (app.Holder, bool, error) {
	return app.Holder{}, true, nil
}

func (occupied) AutomationHolder(context.Context) (app.Holder, bool, error) {
	return app.Holder{}, true, nil
}

// TestWhatIsSharedMeanwhile has another application declare the same object after one was looked at, and before that is written.
func TestWhatIsSharedMeanwhile(t *testing.T) {
	t.Parallel()
	web, api := app.Key{Name: "web"}, app.Key{Name: "api"}
	var e *Engine
	e = New(Ports{Locks: occupied{}, Store: overtaken{meanwhile: func() { e.claims.set(api, settingsOf("a")) }}}, Options{})
	t.Cleanup(e.Close)
	e.claims.loaded()
	e.claims.set(web, settingsOf("a"))
	e.publish(t.Context(), e.entry(web), &examination{at: time.Now()}, failed("live", app.ConditionComparisonError, errors.New("no")))
	v, _ := e.View(web)
	if !slices.ContainsFunc(v.App.Status.Conditions, func(c app.Condition) bool { return c.Message == "ConfigMap/web/a is declared by api too" }) {
		t.Errorf("it says %v", v.App.Status.Conditions)
	}
}

// keeping is a store of applications whose statuses say what they declare.
type keeping struct {
	Store
	apps []app.Application
}

func (k keeping) Name() string { return "file:/apps" }

func (k keeping) List(context.Context) ([]app.Application, map[app.Key]error, error) {
	return k.apps, nil, nil
}

// TestWhatIsSharedInAClusterOfTwoNames has two applications declare one object of one cluster, which each calls by another name, and
// a third the same object of another cluster, which has not been reached yet.
func TestWhatIsSharedInAClusterOfTwoNames(t *testing.T) {
	t.Parallel()
	var store keeping
	for name, where := range map[string]string{"web": "home", "api": "https://home.example.com", "far": "far", "new": "never-reached", "next": "never-reached"} {
		a := app.Application{Metadata: app.Metadata{Name: name}}
		a.Spec.Destination.Name = where
		a.Status.Resources = []app.ResourceStatus{{Kind: "ConfigMap", Namespace: "web", Name: "a"}}
		store.apps = append(store.apps, a)
	}
	e := New(Ports{Store: store, Bindings: bound{names: twoNames}, Locks: occupied{}}, Options{})
	t.Cleanup(e.Close)
	if err := e.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	says := func(when string) {
		t.Helper()
		for name, other := range map[string]string{"web": "api", "api": "web", "far": "", "new": "next"} {
			var want, got []string
			if other != "" {
				want = []string{"ConfigMap/web/a is declared by " + other + " too"}
			}
			all, _ := e.claims.conditions(app.Key{Name: name})
			for _, c := range all {
				got = append(got, c.Message)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%s, what is said of %s (-want +got):\n%s", when, name, d)
			}
		}
	}
	says("as they were stored")
	for i := range store.apps {
		a := &store.apps[i]
		if id, ok := twoNames[a.Spec.Destination.Name]; ok {
			x := &examination{app: *a, id: id}
			x.want.declared = settingsOf("a").refs
			e.claims.set(a.Key(), x.declares())
		}
	}
	says("as they were looked at")
}
