package kube

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

var errDown = apierrors.NewInternalError(errors.New("the webhook is down"))

// unknownIn returns where a question finds nothing known, and checks that these places fail.
func unknownIn(t *testing.T, s *store, q object.LiveQuery) []string {
	t.Helper()
	set, _ := s.watcher.cluster.cache.live(q)
	var out []string
	for p, err := range set.Unreadable {
		out = append(out, p.String())
		if !errors.Is(err, object.ErrFailing) || !errors.Is(err, errDown) {
			t.Errorf("%s is unreadable for the reason %v", p, err)
		}
	}
	return out
}

func TestAKindThatFailsFromTheBeginning(t *testing.T) {
	t.Parallel()
	c := newCache()
	good, bad := storeOf(t, c, "ConfigMap"), storeOf(t, c, "Widget")
	if err := good.Replace([]any{of("shop", sent("ConfigMap", "a", "1"))}, "1"); err != nil {
		t.Fatal(err)
	}
	bad.watcher.listFailed(t.Context(), bad.one, errDown)
	if err := c.wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if bad.one.isListed() {
		t.Error("it counts as listed")
	}
	q := object.LiveQuery{App: "shop", Refs: []object.Ref{ref("Widget", "w")}}
	holds(t, c, q, map[object.Ref]string{ref("ConfigMap", "a"): "1"})
	if got := unknownIn(t, bad, q); !slices.Equal(got, []string{"Widget in web"}) {
		t.Errorf("unknown is %v", got)
	}
	if f := c.failing()[bad.one.place]; f.Err != errDown.Error() || f.Since.IsZero() {
		t.Errorf("failing are %+v", c.failing())
	}
	if d := cmp.Diff([]object.Event{{Ref: object.Ref{Kind: "Widget"}}}, heard(bad)); d != "" {
		t.Errorf("the events (-want +got):\n%s", d)
	}
	t.Log("it comes back")
	if err := bad.Replace([]any{sent("Widget", "w", "2")}, "2"); err != nil {
		t.Fatal(err)
	}
	if got := unknownIn(t, bad, q); got != nil || len(c.failing()) != 0 {
		t.Errorf("unknown is %v, failing are %v", got, c.failing())
	}
	if !slices.Contains(heard(bad), object.Event{Ref: object.Ref{Kind: "Widget"}}) {
		t.Error("that it is known again is not told")
	}
}

func TestAKindThatFailsLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := storeOf(t, cacheOf(t), "Widget")
		if err := s.Replace([]any{of("shop", sent("Widget", "w", "1"))}, "1"); err != nil {
			t.Fatal(err)
		}
		heard(s)
		q := object.LiveQuery{App: "shop"}
		begun := time.Now()
		for range 2 {
			s.watcher.listFailed(t.Context(), s.one, errDown)
			time.Sleep(patience / 2)
		}
		if got := unknownIn(t, s, q); got != nil || len(heard(s)) != 0 {
			t.Errorf("at once is unknown %v", got)
		}
		s.watcher.watchFailed(t.Context(), s.one, metav1.ListOptions{}, errDown)
		if got := unknownIn(t, s, q); !slices.Equal(got, []string{"Widget in web"}) {
			t.Errorf("in the end is unknown %v", got)
		}
		s.watcher.listFailed(t.Context(), s.one, errDown)
		if d := cmp.Diff([]object.Event{{Ref: object.Ref{Kind: "Widget"}}}, heard(s)); d != "" {
			t.Errorf("the events (-want +got):\n%s", d)
		}
		if f := s.watcher.cluster.cache.failing()[s.one.place]; !f.Since.Equal(begun) {
			t.Errorf("it fails since %s, not %s", f.Since, begun)
		}
		s.watcher.succeed(s.one)
		holds(t, s.watcher.cluster.cache, q, map[object.Ref]string{ref("Widget", "w"): "1"})
	})
}

func TestWhatIsNoFailureOfAKind(t *testing.T) {
	t.Parallel()
	initial := true
	ended, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	cancel()
	for name, fail := range map[string]func(*store){
		"a watch that expired": func(s *store) { s.watcher.listFailed(t.Context(), s.one, apierrors.NewResourceExpired("too old")) },
		"a list by watch": func(s *store) {
			s.watcher.watchFailed(t.Context(), s.one, metav1.ListOptions{SendInitialEvents: &initial}, errDown)
		},
		"the end of the watch":      func(s *store) { s.watcher.listFailed(ended, s.one, errDown) },
		"a success":                 func(s *store) { s.watcher.listFailed(t.Context(), s.one, nil) },
		"no connection, once known": func(s *store) { s.one.done(); s.watcher.listFailed(t.Context(), s.one, errors.New("no route to host")) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := storeOf(t, newCache(), "Widget")
			fail(s)
			if s.one.failure != nil {
				t.Errorf("it fails: %v", s.one.failure)
			}
		})
	}
}

func TestAGroupThatFails(t *testing.T) {
	t.Parallel()
	before := servedKinds()
	s := &kinds{byKind: map[schema.GroupVersionKind]object.Resource{}, preferred: map[schema.GroupKind]object.Resource{}}
	failed := map[schema.GroupVersion]error{{Group: "example.com", Version: "v1"}: errDown, {Group: "new.example.com", Version: "v1"}: errDown}
	s.carryOver(before, failed)
	widget := schema.GroupVersionKind{Group: "example.com", Version: "v1", Kind: "Widget"}
	if d := cmp.Diff(map[schema.GroupVersionKind]object.Resource{widget: before.byKind[widget]}, s.byKind); d != "" {
		t.Errorf("the kinds that are kept (-want +got):\n%s", d)
	}
	if d := cmp.Diff(map[schema.GroupKind]object.Resource{widget.GroupKind(): before.byKind[widget]}, s.preferred); d != "" {
		t.Errorf("the preferred versions that are kept (-want +got):\n%s", d)
	}
	slices.Sort(s.apis)
	if d := cmp.Diff([]string{"example.com/v1", "example.com/v1/Widget", "new.example.com/v1"}, s.apis, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("what templates may ask for (-want +got):\n%s", d)
	}
	if err := s.missing(schema.GroupVersionKind{Group: "new.example.com", Version: "v1", Kind: "Thing"}); !errors.Is(err, object.ErrFailing) || errors.Is(err, object.ErrNoKind) {
		t.Errorf("an unknown kind of a failing group is %v", err)
	}
	again := &kinds{byKind: map[schema.GroupVersionKind]object.Resource{}, preferred: map[schema.GroupKind]object.Resource{}}
	again.carryOver(s, failed)
	if again.byKind[widget].Plural != "widgets" || !again.failed["example.com"].since.Equal(s.failed["example.com"].since) {
		t.Errorf("the second time it serves %v, and fails since %s", again.byKind, again.failed["example.com"].since)
	}
}

func TestALongPauseIsAnAnswer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method, pause string
		kept          bool
	}{
		{http.MethodGet, "1", true},
		{http.MethodGet, "10", true},
		{http.MethodGet, "30", false},
		{http.MethodPatch, "30", true},
		{http.MethodGet, "", false},
	} {
		resp, err := (&contact{}).wrap(roundTripper(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {c.pause}}}, nil
		})).RoundTrip(&http.Request{Method: c.method, URL: &url.URL{}})
		if err != nil || (resp.Header.Get("Retry-After") != "") != c.kept {
			t.Errorf("of the pause %q for a %s remains %q (%v)", c.pause, c.method, resp.Header.Get("Retry-After"), err)
		}
	}
}
