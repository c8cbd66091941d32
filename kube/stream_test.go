package kube

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// decoderOf reads events from a text, beside what a cache knows.
func decoderOf(c *cache, text string) *eventDecoder {
	body := io.NopCloser(strings.NewReader(text))
	return newEventDecoder(c, body, metav1.ListOptions{}, func() {}, func() {})
}

// event is the text of a watch event.
func event(t *testing.T, kind watch.EventType, u *unstructured.Unstructured) string {
	t.Helper()
	text, err := u.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return `{"type":"` + string(kind) + `","object":` + strings.TrimSpace(string(text)) + "}\n"
}

func TestWhatIsKnownIsNotReadAgain(t *testing.T) {
	t.Parallel()
	known, older := of("shop", sent("ConfigMap", "a", "5")), of("shop", sent("ConfigMap", "b", "5"))
	c := cacheOf(t, known, older, sent("ConfigMap", "nobodys", "5"))
	newer, another := of("shop", sent("ConfigMap", "b", "6")), of("shop", sent("ConfigMap", "a", "5"))
	another.SetUID("another")
	for name, tc := range map[string]struct {
		event watch.EventType
		u     *unstructured.Unstructured
		known bool
	}{
		"in this version":                   {watch.Modified, known, true},
		"in an older version":               {watch.Modified, newer, false},
		"another of the name":               {watch.Added, another, false},
		"without a body that anybody needs": {watch.Modified, sent("ConfigMap", "nobodys", "5"), true},
		"gone":                              {watch.Deleted, newer, true},
		"a bookmark":                        {watch.Bookmark, known, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kind, obj, err := decoderOf(c, event(t, tc.event, tc.u)).Decode()
			if err != nil || kind != tc.event {
				t.Fatalf("read as %q, %v", kind, err)
			}
			got := obj.(*told)
			if (got.record == nil) != tc.known {
				t.Errorf("what is to be noted is %+v", got.record)
			}
			if got.GetUID() != tc.u.GetUID() || got.GetResourceVersion() != tc.u.GetResourceVersion() || got.GetName() != tc.u.GetName() || got.Kind != tc.u.GetKind() || got.ref != object.Of(tc.u) {
				t.Errorf("is %+v", got)
			}
		})
	}
}

func TestABodyThatIsMissingIsRead(t *testing.T) {
	t.Parallel()
	u := sent("ConfigMap", "a", "5")
	c := cacheOf(t, u)
	c.want([]object.Ref{ref("ConfigMap", "a")})
	_, obj, err := decoderOf(c, event(t, watch.Modified, u)).Decode()
	if err != nil || obj.(*told).body == nil {
		t.Errorf("the body that somebody wants is passed over: %v, %v", obj, err)
	}
}

func TestAnEventThatStandsForWhatIsKnownChangesNothing(t *testing.T) {
	t.Parallel()
	u := of("shop", sent("ConfigMap", "a", "5"))
	s := storeOf(t, cacheOf(t, u), "ConfigMap")
	_, obj, err := decoderOf(s.watcher.cluster.cache, event(t, watch.Modified, u)).Decode()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Update(obj); err != nil || len(heard(s)) > 0 {
		t.Errorf("it is told of: %v", err)
	}
	kept, err := s.Transformer()(obj)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Replace([]any{kept}, "5"); err != nil || len(heard(s)) > 0 {
		t.Errorf("in a list it is told of: %v", err)
	}
	if r := s.watcher.cluster.cache.objects[ref("ConfigMap", "a")]; r == nil || r.objectLocked() != u {
		t.Error("its body is gone")
	}
}

func TestAnErrorOfAWatchIsAStatus(t *testing.T) {
	t.Parallel()
	kind, obj, err := decoderOf(newCache(), `{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","code":410,"reason":"Expired"}}`+"\n").Decode()
	status, ok := obj.(*metav1.Status)
	if err != nil || kind != watch.Error || !ok || status.Code != http.StatusGone || status.Reason != metav1.StatusReasonExpired {
		t.Errorf("read as %s %v, %v", kind, obj, err)
	}
}

func TestTextsThatAreNoEvents(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"<html>", `{"type":"MOVED","object":{}}`, `{"type":"ADDED","object":[]}`, `{"type":"ERROR"}`, `[]`, `{"type":"ADDED"`} {
		if kind, obj, err := decoderOf(newCache(), text+"\n").Decode(); err == nil || errors.Is(err, io.EOF) {
			t.Errorf("%s is read as %s %v", text, kind, obj)
		}
	}
	if _, _, err := decoderOf(newCache(), "").Decode(); !errors.Is(err, io.EOF) {
		t.Errorf("the end is %v", err)
	}
	if _, _, err := decoderOf(newCache(), `{"type":"ADDED","object":{`).Decode(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("an end in an event is %v", err)
	}
}

func TestAWatchIsOpenWhileItsStreamIs(t *testing.T) {
	t.Parallel()
	end := make(chan struct{})
	k := servedHere(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		select {
		case <-end:
		case <-r.Context().Done():
		}
	})
	one := newWatched(object.Place{Kind: schema.GroupKind{Kind: "ConfigMap"}}, func() {})
	open := func() watch.Interface {
		s, err := k.stream(t.Context(), object.Resource{Version: "v1", Kind: "ConfigMap", Plural: "configmaps"}, one, metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if !one.open.Load() {
			t.Error("it is not open at its beginning")
		}
		return s
	}
	first := open()
	end <- struct{}{}
	for range first.ResultChan() {
		t.Error("it tells something")
	}
	if one.open.Load() {
		t.Error("it is open after its end")
	}
	second := open()
	second.Stop()
	if one.open.Load() {
		t.Error("it is open after it was stopped")
	}
}
