package kube

import (
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

func TestNewsOfAnObject(t *testing.T) {
	t.Parallel()
	again := sent("ConfigMap", "settings", "5")
	again.SetUID("another")
	for name, c := range map[string]struct {
		known, news *unstructured.Unstructured
		changed     bool
		// holds is the version that is known afterwards.
		holds string
	}{
		"a newer version is taken":                 {of("shop", sent("ConfigMap", "settings", "9")), of("shop", sent("ConfigMap", "settings", "10")), true, "10"},
		"an older version is not":                  {of("shop", sent("ConfigMap", "settings", "10")), of("shop", sent("ConfigMap", "settings", "9")), false, "10"},
		"the same version is no news":              {of("shop", sent("ConfigMap", "settings", "9")), of("shop", sent("ConfigMap", "settings", "9")), false, "9"},
		"another object of the name is taken":      {of("shop", sent("ConfigMap", "settings", "9")), of("shop", again), true, "5"},
		"an object of nobody is known by its name": {sent("ConfigMap", "settings", "9"), sent("ConfigMap", "settings", "10"), true, ""},
		"a mark that is taken away takes the body": {of("shop", sent("ConfigMap", "settings", "9")), sent("ConfigMap", "settings", "10"), true, ""},
		"a mark that comes brings the body":        {sent("ConfigMap", "settings", "9"), of("shop", sent("ConfigMap", "settings", "10")), true, "10"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cache := cacheOf(t, c.known)
			ev, changed := cache.upserted(c.news)
			if changed != c.changed {
				t.Errorf("changed is %v, want %v", changed, c.changed)
			}
			want := object.Event{}
			if c.changed {
				want = object.Event{Ref: ref("ConfigMap", "settings"), App: object.MarkOf(c.news).App}
				if was := object.MarkOf(c.known).App; was != want.App {
					want.Before = was
				}
			}
			if ev != want {
				t.Errorf("the event is %+v, want %+v", ev, want)
			}
			live := map[object.Ref]string{}
			if c.holds != "" {
				live[ref("ConfigMap", "settings")] = c.holds
			}
			holds(t, cache, object.LiveQuery{App: "shop"}, live)
			if len(cache.objects) != 1 || len(cache.byUID) != 1 {
				t.Errorf("%d objects and %d UIDs are known, want one of each", len(cache.objects), len(cache.byUID))
			}
		})
	}
}

func TestAnObjectThatChangesHands(t *testing.T) {
	t.Parallel()
	cache := cacheOf(t, of("shop", sent("ConfigMap", "settings", "1")))
	if ev, _ := cache.upserted(of("other", sent("ConfigMap", "settings", "2"))); ev.App != "other" || ev.Before != "shop" {
		t.Errorf("the event is for %q, after %q", ev.App, ev.Before)
	}
	holds(t, cache, object.LiveQuery{App: "shop"}, nil)
	holds(t, cache, object.LiveQuery{App: "other"}, map[object.Ref]string{ref("ConfigMap", "settings"): "2"})
}

func TestAnObjectThatGoes(t *testing.T) {
	t.Parallel()
	cache := cacheOf(t, of("shop", sent("Deployment", "front", "1")), sent("Pod", "front-1", "2", "front"))
	if ev, ok := cache.remove(ref("Pod", "front-1")); !ok || ev != (object.Event{Ref: ref("Pod", "front-1"), App: "shop", Deleted: true}) {
		t.Errorf("the event of the Pod is %+v (%v)", ev, ok)
	}
	if ev, ok := cache.remove(ref("Deployment", "front")); !ok || ev != (object.Event{Ref: ref("Deployment", "front"), App: "shop", Deleted: true}) {
		t.Errorf("the event of the Deployment is %+v (%v)", ev, ok)
	}
	if ev, ok := cache.remove(ref("Deployment", "front")); ok || ev != (object.Event{}) {
		t.Errorf("it goes a second time: %+v", ev)
	}
	holds(t, cache, object.LiveQuery{App: "shop"}, nil)
	if n := len(cache.objects) + len(cache.byUID) + len(cache.byApp) + len(cache.children); n != 0 {
		t.Errorf("%d entries are left of nothing", n)
	}
}

func TestWhichVersionIsOlder(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		a, b string
		want bool
	}{
		"a smaller number is":           {"11", "12", true},
		"a larger number is not":        {"12", "11", false},
		"an equal number is not":        {"12", "12", false},
		"fewer digits are fewer":        {"9", "10", true},
		"more digits are more":          {"10", "9", false},
		"no version is older than any":  {"", "1", true},
		"large numbers do not overflow": {"99999999999999999998", "99999999999999999999", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := older(c.a, c.b); got != c.want {
				t.Errorf("older(%q, %q) is %v", c.a, c.b, got)
			}
		})
	}
}

// TestWhatAnAnswerBringsIsToldWhenTheWatchDoes has an answer of the server be faster than the watch.
func TestWhatAnAnswerBringsIsToldWhenTheWatchDoes(t *testing.T) {
	t.Parallel()
	settings := ref("ConfigMap", "settings")
	tells := func(t *testing.T, c *cache, what string, u *unstructured.Unstructured, want ...object.Event) {
		t.Helper()
		var got []object.Event
		if ev, told := c.heard(object.Of(u), u.GetUID(), u.GetResourceVersion()); told {
			got = append(got, ev)
		}
		if ev, told := c.upserted(u); told {
			got = append(got, ev)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s tells %+v, want %+v", what, got, want)
		}
	}
	t.Run("once", func(t *testing.T) {
		t.Parallel()
		c := cacheOf(t, of("shop", sent("ConfigMap", "settings", "8")))
		c.learn(of("shop", sent("ConfigMap", "settings", "10")))
		tells(t, c, "a version in between", of("shop", sent("ConfigMap", "settings", "9")))
		tells(t, c, "the version", of("shop", sent("ConfigMap", "settings", "10")), object.Event{Ref: settings, App: "shop"})
		tells(t, c, "the version again", of("shop", sent("ConfigMap", "settings", "10")))
	})
	t.Run("as a whole object", func(t *testing.T) {
		t.Parallel()
		c := cacheOf(t, of("shop", sent("ConfigMap", "settings", "8")))
		c.learn(of("shop", sent("ConfigMap", "settings", "9")))
		if ev, told := c.upserted(of("shop", sent("ConfigMap", "settings", "9"))); !told || ev != (object.Event{Ref: settings, App: "shop"}) {
			t.Errorf("it tells %+v (%v)", ev, told)
		}
	})
	t.Run("with whom it was taken from", func(t *testing.T) {
		t.Parallel()
		c := cacheOf(t, of("other", sent("ConfigMap", "settings", "8")))
		c.learn(of("shop", sent("ConfigMap", "settings", "9")))
		c.learn(of("shop", sent("ConfigMap", "settings", "10")))
		tells(t, c, "the version", of("shop", sent("ConfigMap", "settings", "10")), object.Event{Ref: settings, App: "shop", Before: "other"})
	})
	t.Run("not if it was told and is read", func(t *testing.T) {
		t.Parallel()
		c := cacheOf(t, sent("ConfigMap", "settings", "8"))
		c.want([]object.Ref{settings})
		c.learn(sent("ConfigMap", "settings", "8"))
		tells(t, c, "the version again", sent("ConfigMap", "settings", "8"))
	})
	t.Run("not if it is gone by then", func(t *testing.T) {
		t.Parallel()
		c := cacheOf(t, of("shop", sent("ConfigMap", "settings", "8")))
		c.learn(of("shop", sent("ConfigMap", "settings", "9")))
		if ev, told := c.ended(settings, "settings"); !told || !ev.Deleted {
			t.Errorf("its end tells %+v (%v)", ev, told)
		}
		tells(t, c, "the version", of("shop", sent("ConfigMap", "settings", "9")))
	})
}
