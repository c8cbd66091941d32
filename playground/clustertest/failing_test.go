package clustertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/kube"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
	"github.com/wheelhouse-gitops/wheelhouse/playground"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestKindsThatFail has kinds fail by themselves while the server answers all else, as the clusters of these tests do not: nothing
// else is held up, and what comes of it is known once they answer.
func TestKindsThatFail(t *testing.T) {
	t.Parallel()
	play, err := playground.Start(t.Context(), playground.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(play.Stop)
	t.Run("an aggregated API whose server is down", func(t *testing.T) {
		b := benchOf(t, play, nil)
		api := b.aggregate()
		kind := schema.GroupKind{Group: api.group, Kind: "Reading"}
		reading := object.Ref{Group: api.group, Kind: "Reading", Namespace: b.namespace, Name: "one"}
		gvk := schema.GroupVersionKind{Group: api.group, Version: "v1", Kind: "Reading"}
		b.apply(b.marked(b.configMap("settings", "colour=red")))
		settings := b.ref("", "ConfigMap", "settings")
		k := clusterOf(t, play.Kubeconfig(), playground.Context)

		t.Log("from the beginning: all else is known, and the group is named")
		w := watch(t, k)
		b.becomes(k, object.LiveQuery{App: b.namespace, Refs: []object.Ref{settings}}, map[string]string{"settings": "red"})
		b.unknown(k, reading)
		group := object.Place{Kind: schema.GroupKind{Group: api.group, Kind: "*"}}
		if f := k.Knowledge().Failing[group]; f.Err == "" || f.Since.IsZero() {
			t.Errorf("failing are %+v", k.Knowledge().Failing)
		}
		if _, err := k.Resource(t.Context(), gvk); !errors.Is(err, object.ErrFailing) || errors.Is(err, object.ErrNoKind) || hint.Of(err) == "" {
			t.Errorf("the kind is looked up with %v", err)
		}
		if caps, err := k.Capabilities(t.Context()); err != nil || !slices.Contains(caps.APIVersions, gvk.GroupVersion().String()) {
			t.Errorf("templates do not see that the group is served (%v)", err)
		}

		t.Log("it comes")
		api.down.Store(false)
		w.hears(object.Event{Ref: object.Ref{Group: api.group, Kind: "*"}})
		b.known(k, reading)
		playtest.Eventually(t, playtest.Patience, "a change of it is told", func() error { return b.told(k, reading) })
		if failing := k.Knowledge().Failing; len(failing) != 0 {
			t.Errorf("failing are %+v", failing)
		}

		t.Log("it goes: what was known of it no longer counts, and it is still served")
		w.forget()
		api.fail()
		w.hears(object.Event{Ref: object.Ref{Group: api.group, Kind: "Reading"}})
		b.unknown(k, reading)
		if f := k.Knowledge().Failing[object.Place{Kind: kind}]; f.Err == "" || f.Since.IsZero() {
			t.Errorf("failing are %+v", k.Knowledge().Failing)
		}
		if _, err := k.Resource(t.Context(), gvk); err != nil {
			t.Errorf("the kind is looked up with %v", err)
		}
		if b.told(k, reading) == nil {
			t.Error("a change of it would be told")
		}
		b.patch("settings", `{"data":{"colour":"blue"}}`, "colleague")
		w.hears(object.Event{Ref: settings, App: b.namespace})
		b.becomes(k, object.LiveQuery{App: b.namespace, Refs: []object.Ref{settings}}, map[string]string{"settings": "blue"})

		t.Log("it comes back")
		w.forget()
		api.down.Store(false)
		w.hears(object.Event{Ref: object.Ref{Group: api.group, Kind: "Reading"}})
		b.known(k, reading)
	})
	t.Run("an aggregated API whose kind is not found for a while", func(t *testing.T) {
		b := benchOf(t, play, nil)
		api := b.aggregate()
		api.down.Store(false)
		reading := object.Ref{Group: api.group, Kind: "Reading", Namespace: b.namespace, Name: "one"}
		k := clusterOf(t, play.Kubeconfig(), playground.Context)
		w := watch(t, k)
		b.known(k, reading)
		playtest.Eventually(t, playtest.Patience, "it is watched", func() error { return b.told(k, reading) })
		w.forget()
		api.absent.Store(true)
		api.server.CloseClientConnections()
		w.hears(object.Event{Ref: object.Ref{Group: api.group, Kind: "Reading"}})
		b.unknown(k, reading)
		w.forget()
		api.absent.Store(false)
		w.hears(object.Event{Ref: object.Ref{Group: api.group, Kind: "Reading"}})
		b.known(k, reading)
		if err := b.told(k, reading); err != nil {
			t.Error(err)
		}
	})
	t.Run("a version that is not served any more", func(t *testing.T) {
		b := benchOf(t, play, nil)
		b.defineVersions()
		b.makeWidget()
		widget := object.Ref{Group: b.group(), Kind: "Widget", Namespace: b.namespace, Name: "one"}
		k := clusterOf(t, play.Kubeconfig(), playground.Context)
		w := watch(t, k)
		b.known(k, widget)
		if err := b.told(k, widget); err != nil {
			t.Error(err)
		}
		w.forget()
		if _, err := b.dynamic.Resource(definitions).Patch(t.Context(), "widgets."+b.group(), types.JSONPatchType,
			[]byte(`[{"op":"replace","path":"/spec/versions/1/served","value":false}]`), metav1.PatchOptions{}); err != nil {
			t.Fatal(err)
		}
		w.hears(object.Event{Ref: object.Ref{Group: b.group(), Kind: "Widget"}})
		playtest.Eventually(t, playtest.Patience, "it is known in the version that is served", func() error {
			set, err := k.Live(t.Context(), object.LiveQuery{Refs: []object.Ref{widget}})
			if err != nil {
				return err
			}
			if u := set.Objects[widget]; u == nil || u.GetAPIVersion() != b.group()+"/v1" {
				return fmt.Errorf("known is %v, unreadable %v", u, set.Unreadable)
			}
			return b.told(k, widget)
		})
	})
	t.Run("an aggregated API whose server does not say where a list ends", func(t *testing.T) {
		b := benchOf(t, play, nil)
		api := b.aggregate()
		api.endless.Store(true)
		api.down.Store(false)
		reading := object.Ref{Group: api.group, Kind: "Reading", Namespace: b.namespace, Name: "one"}
		b.apply(b.marked(b.configMap("settings", "colour=red")))
		settings := b.ref("", "ConfigMap", "settings")
		k := clusterOf(t, play.Kubeconfig(), playground.Context)
		playtest.Eventually(t, playtest.Patience, "the kind is served", func() error {
			_, err := k.Resource(t.Context(), schema.GroupVersionKind{Group: api.group, Version: "v1", Kind: "Reading"})
			return err
		})
		ctx, cancel := context.WithTimeout(t.Context(), playtest.Patience)
		defer cancel()
		w := watchWithin(ctx, t, k)
		b.becomes(k, object.LiveQuery{App: b.namespace, Refs: []object.Ref{settings}}, map[string]string{"settings": "red"})
		b.known(k, reading)
		if err := b.told(k, reading); err != nil {
			t.Error(err)
		}
		if f, fails := k.Knowledge().Failing[reading.Place().Wide()]; fails {
			t.Errorf("it fails: %+v", f)
		}

		t.Log("it goes and comes back: it is listed, and not asked for a list without an end again")
		api.fail()
		w.hears(object.Event{Ref: object.Ref{Group: api.group, Kind: "Reading"}})
		api.down.Store(false)
		b.known(k, reading)
		if n := api.begun.Load(); n != 1 {
			t.Errorf("%d times a watch was to begin with a list", n)
		}
	})
	t.Run("a conversion webhook that is down", func(t *testing.T) {
		b := benchOf(t, play, nil)
		b.defineVersions()
		widget := object.Ref{Group: b.group(), Kind: "Widget", Namespace: b.namespace, Name: "one"}
		b.makeWidget()
		b.apply(b.marked(b.configMap("settings", "colour=red")))
		ours := object.LiveQuery{App: b.namespace, Refs: []object.Ref{b.ref("", "ConfigMap", "settings")}}
		k := clusterOf(t, play.Kubeconfig(), playground.Context)
		w := watch(t, k)
		b.known(k, widget)
		b.convert(`{"strategy":"Webhook","webhook":{"conversionReviewVersions":["v1"],"clientConfig":{"url":"https://127.0.0.1:1/convert"}}}`)
		w.hears(object.Event{Ref: object.Ref{Group: b.group(), Kind: "Widget"}})
		b.unknown(k, widget)
		if set, err := k.Live(t.Context(), ours); err != nil || set.Objects[ours.Refs[0]] == nil || set.Objects[widget] != nil || !errors.Is(set.Unreadable[widget.Place()], object.ErrFailing) {
			t.Errorf("by the mark are known %v and unreadable %v (%v)", set.Objects, set.Unreadable, err)
		}

		t.Log("who begins to watch now is not held up")
		late := clusterOf(t, play.Kubeconfig(), playground.Context)
		watch(t, late)
		b.becomes(late, ours, map[string]string{"settings": "red"})
		b.unknown(late, widget)
		if f := late.Knowledge().Failing[object.Place{Kind: widget.GroupKind()}]; !strings.Contains(f.Err, "conversion webhook") {
			t.Errorf("failing are %+v", late.Knowledge().Failing)
		}
		t.Log("who does not watch is told the same")
		b.unknown(clusterOf(t, play.Kubeconfig(), playground.Context), widget)

		b.convert(`{"strategy":"None","webhook":null}`)
		b.known(k, widget)
		b.known(late, widget)
	})
}

// unknown waits until nothing is known of an object's place.
func (b *bench) unknown(k *kube.Cluster, ref object.Ref) {
	b.t.Helper()
	playtest.Eventually(b.t, playtest.Patience, "nothing is known of "+ref.String(), func() error {
		set, err := k.Live(b.t.Context(), object.LiveQuery{Refs: []object.Ref{ref}})
		if err == nil && (set.Objects[ref] != nil || !errors.Is(set.Unreadable[ref.Place()], object.ErrFailing)) {
			err = fmt.Errorf("known is %v, unreadable %v", set.Objects[ref], set.Unreadable)
		}
		return err
	})
}

// known waits until an object is known.
func (b *bench) known(k *kube.Cluster, ref object.Ref) {
	b.t.Helper()
	playtest.Eventually(b.t, playtest.Patience, ref.String()+" is known", func() error {
		set, err := k.Live(b.t.Context(), object.LiveQuery{Refs: []object.Ref{ref}})
		if err == nil && set.Objects[ref] == nil {
			err = fmt.Errorf("it is not: %v", set.Unreadable)
		}
		return err
	})
}

// aggregated is an API server of one kind behind the cluster's own.
type aggregated struct {
	group  string
	down   atomic.Bool
	server *httptest.Server
	// endless has it begin watches with a list and not say where that ends; begun counts those. Otherwise it refuses them.
	endless atomic.Bool
	begun   atomic.Int32
	// absent has it not find its kind.
	absent atomic.Bool
}

// aggregate registers an API whose server is down for now.
func (b *bench) aggregate() *aggregated {
	b.t.Helper()
	a := &aggregated{group: "readings." + b.namespace + ".example.com"}
	a.down.Store(true)
	a.server = httptest.NewUnstartedServer(a.handler(b.namespace))
	a.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	a.server.StartTLS()
	b.t.Cleanup(func() {
		a.server.CloseClientConnections()
		a.server.Close()
	})
	at, err := url.Parse(a.server.URL)
	if err != nil {
		b.t.Fatal(err)
	}
	port, err := strconv.Atoi(at.Port())
	if err != nil {
		b.t.Fatal(err)
	}
	service := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "readings"},
		Spec:       corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, ExternalName: "localhost"},
	}
	if _, err := b.client.CoreV1().Services(b.namespace).Create(b.t.Context(), service, metav1.CreateOptions{}); err != nil {
		b.t.Fatal(err)
	}
	u := b.object(fmt.Sprintf(`apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1.%s}
spec:
  group: %s
  version: v1
  groupPriorityMinimum: 100
  versionPriority: 100
  insecureSkipTLSVerify: true
  service: {namespace: %s, name: readings, port: %d}
`, a.group, a.group, b.namespace, port))
	u.SetNamespace("")
	services := schema.GroupVersionResource{Group: "apiregistration.k8s.io", Version: "v1", Resource: "apiservices"}
	if _, err := b.dynamic.Resource(services).Create(b.t.Context(), u, metav1.CreateOptions{}); err != nil {
		b.t.Fatal(err)
	}
	playtest.Eventually(b.t, playtest.Patience, "the API is found to be down", func() error {
		u, err := b.dynamic.Resource(services).Get(b.t.Context(), u.GetName(), metav1.GetOptions{})
		if err != nil {
			return err
		}
		conditions, _, err := unstructured.NestedSlice(u.Object, "status", "conditions")
		if err == nil && len(conditions) == 0 {
			err = errors.New("it has no conditions")
		}
		return err
	})
	return a
}

// fail ends all that is asked of the server, and has it answer with 503.
func (a *aggregated) fail() {
	a.down.Store(true)
	a.server.CloseClientConnections()
}

func (a *aggregated) handler(namespace string) http.Handler {
	gv := a.group + "/v1"
	reading := map[string]any{
		"apiVersion": gv, "kind": "Reading",
		"metadata": map[string]any{"namespace": namespace, "name": "one", "uid": "reading-one", "resourceVersion": "1"},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.down.Load() {
			http.Error(w, "the server is down", http.StatusServiceUnavailable)
			return
		}
		var answer any
		switch path := r.URL.Path; {
		case a.absent.Load() && path != "/apis/"+gv:
			http.NotFound(w, r)
			return
		case r.URL.Query().Get("sendInitialEvents") == "true" && a.endless.Load():
			a.begun.Add(1)
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(map[string]any{"type": "ADDED", "object": reading})
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
			return
		case r.URL.Query().Get("sendInitialEvents") == "true":
			w.WriteHeader(http.StatusUnprocessableEntity)
			answer = map[string]any{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Invalid", "code": 422}
		case r.URL.Query().Has("watch"):
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
			return
		case path == "/apis/"+gv:
			answer = metav1.APIResourceList{
				TypeMeta: metav1.TypeMeta{Kind: "APIResourceList", APIVersion: "v1"}, GroupVersion: gv,
				APIResources: []metav1.APIResource{{Name: "readings", SingularName: "reading", Kind: "Reading", Namespaced: true, Verbs: metav1.Verbs{"get", "list", "watch"}}},
			}
		case strings.HasSuffix(path, "/readings"):
			answer = map[string]any{"apiVersion": gv, "kind": "ReadingList", "metadata": map[string]any{"resourceVersion": "1"}, "items": []any{reading}}
		case strings.HasSuffix(path, "/readings/one"):
			answer = reading
		default:
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer)
	})
}

// defineVersions defines Widgets in a version in which they are stored, and a newer one.
func (b *bench) defineVersions() {
	b.t.Helper()
	version := func(name string, stored bool) string {
		return fmt.Sprintf("  - {name: %s, served: true, storage: %t, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}\n", name, stored)
	}
	u := b.object("apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: widgets." + b.group() + "}\nspec:\n  group: " + b.group() +
		"\n  scope: Namespaced\n  names: {plural: widgets, singular: widget, kind: Widget}\n  versions:\n" + version("v1", true) + version("v2", false))
	u.SetNamespace("")
	if _, err := b.dynamic.Resource(definitions).Create(b.t.Context(), u, metav1.CreateOptions{}); err != nil {
		b.t.Fatal(err)
	}
}

// convert sets how Widgets are converted from version to version.
func (b *bench) convert(how string) {
	b.t.Helper()
	if _, err := b.dynamic.Resource(definitions).Patch(b.t.Context(), "widgets."+b.group(), types.MergePatchType,
		[]byte(`{"spec":{"conversion":`+how+`}}`), metav1.PatchOptions{}); err != nil {
		b.t.Fatal(err)
	}
}
