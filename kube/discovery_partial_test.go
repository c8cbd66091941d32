package kube

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// answers are those of a server to who asks what it serves.
var answers = map[string]string{
	"/api":        `{"kind":"APIVersions","versions":["v1"]}`,
	"/api/v1":     `{"kind":"APIResourceList","groupVersion":"v1","resources":[{"name":"namespaces","kind":"Namespace","verbs":["get"]}]}`,
	"/apis":       `{"kind":"APIGroupList","apiVersion":"v1","groups":[]}`,
	"/version":    `{"major":"1","minor":"36","gitVersion":"v1.36.0"}`,
	"/openapi/v3": `{"paths":{}}`,
}

// answering is a cluster that answers by path, and 404 to all else.
func answering(t *testing.T, answer func(path string) string) *Cluster {
	t.Helper()
	return servedHere(t, func(w http.ResponseWriter, r *http.Request) {
		text := answer(r.URL.Path)
		if text == "" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, text)
	})
}

// TestADiscoveryWithoutTheCoreIsNone has a proxy answer 404 to the first question and know of the server again by the second one.
func TestADiscoveryWithoutTheCoreIsNone(t *testing.T) {
	t.Parallel()
	var whole atomic.Bool
	k := answering(t, func(path string) string {
		if !whole.Load() && path == "/api" {
			return ""
		}
		return answers[path]
	})
	if found, err := k.ask(nil); !errors.Is(err, errNoCore) {
		t.Errorf("it serves %v, %v", found, err)
	}
	whole.Store(true)
	found, err := k.ask(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := found.preferred[schema.GroupKind{Kind: "Namespace"}]; !ok {
		t.Errorf("it serves %v", found.preferred)
	}
}

// TestASchemaThatIsPublishedLateIsFound has a kind be served before its schema is.
func TestASchemaThatIsPublishedLateIsFound(t *testing.T) {
	t.Parallel()
	var published atomic.Bool
	k := answering(t, func(path string) string {
		switch {
		case path == "/openapi/v3" && published.Load():
			return `{"paths":{"apis/example.com/v1":{"serverRelativeURL":"/openapi/v3/apis/example.com/v1?hash=1"}}}`
		case path == "/openapi/v3/apis/example.com/v1":
			return `{"components":{"schemas":{"com.example.Foo":{"type":"object","x-kubernetes-group-version-kind":[{"group":"example.com","version":"v1","kind":"Foo"}]}}}}`
		}
		return answers[path]
	})
	gv := schema.GroupVersion{Group: "example.com", Version: "v1"}
	if _, err := k.types(t.Context(), gv); err == nil {
		t.Error("there is a schema that nobody publishes")
	}
	published.Store(true)
	k.schemas.at = time.Now().Add(-rediscover)
	if _, err := k.types(t.Context(), gv); err != nil {
		t.Errorf("published, it is not found: %v", err)
	}
}
