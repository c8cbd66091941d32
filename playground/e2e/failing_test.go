package e2e

import (
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/playground"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// widgets is a kind in two versions of which the older one is stored.
const widgets = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.failing.example.com}
spec:
  group: failing.example.com
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
  - {name: v2, served: true, storage: false, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
`

const widget = "apiVersion: failing.example.com/v1\nkind: Widget\nmetadata: {name: one}\nspec: {size: 1}\n"

// TestAKindThatFails takes the conversion webhook of a kind down, in a cluster of its own, for it fails for everybody there: what
// does not concern it goes on, what does is called unknown, and once it is back all is as it was.
func TestAKindThatFails(t *testing.T) {
	t.Parallel()
	play, err := playground.Start(t.Context(), playground.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(play.Stop)
	w := newProgram(t, play, t.TempDir())
	convert := defineWidgets(t, play)
	concerned := newRepository(t, play, "failing-concerned", map[string]string{"widget.yaml": widget, "settings.yaml": configMap("settings", "one"), "old.yaml": configMap("old", "one")})
	other := newRepository(t, play, "failing-other", map[string]string{"settings.yaml": configMap("settings", "one")})
	w.create("concerned", concerned)
	w.create("other", other, "--sync-policy", "automated", "--self-heal")
	playtest.Eventually(t, playtest.Patience, "the kind is served", func() error {
		if r := w.run("app", "sync", "concerned", "--timeout", "60s"); r.status != 0 {
			return fmt.Errorf("%s%s", r.out, r.err)
		}
		return nil
	})
	w.automate()
	eventuallyPrints(w, []string{"Synced"}, "app", "get", "other")
	eventuallyPrints(w, []string{"Synced"}, "app", "get", "concerned")
	convert(`{"strategy":"Webhook","webhook":{"conversionReviewVersions":["v1"],"clientConfig":{"url":"https://127.0.0.1:1/convert"}}}`)

	t.Log("the watch says so, and the other application is synced")
	eventuallyPrints(w, []string{"Unknown", "Widget.failing.example.com", "the API server cannot tell, since", "conversion webhook"}, "app", "get", "concerned")
	other.push("two", map[string]string{"settings.yaml": configMap("settings", "two")})
	playtest.Eventually(t, playtest.Patience, "what does not concern the kind is synced", func() error {
		if got := w.see().get("other", "settings").Data["value"]; got != "two" {
			return fmt.Errorf("it is %q", got)
		}
		return nil
	})
	eventuallyPrints(w, []string{"Synced", "Healthy"}, "app", "get", "other")

	t.Log("so does a command, which writes the rest when a person says so, and prunes nothing")
	concerned.push("two", map[string]string{"settings.yaml": configMap("settings", "two"), "old.yaml": ""})
	out := w.must("app", "get", "concerned", "--refresh")
	contains(t, out, "Unknown", "Widget.failing.example.com", "the API server cannot tell")
	if strings.Contains(out, "Missing") {
		t.Errorf("something is called Missing: %s", out)
	}
	contains(t, w.must("app", "plan", "concerned", "--prune"), "Widget/concerned/one", "not compared", "nothing is pruned")
	contains(t, w.fails("app", "sync", "concerned", "--prune", "--timeout", "60s").out, "Widget/concerned/one", "not compared")
	if got := w.see().get("concerned", "settings").Data["value"]; got != "two" {
		t.Errorf("its neighbour was not applied: %q", got)
	}
	w.see().present("configmap", "concerned", "old")
	contains(t, w.fails("app", "delete", "concerned", "--cascade", "--yes").err, "Widget", "the API server cannot tell")

	t.Log("it is back, without a restart")
	convert(`{"strategy":"None","webhook":null}`)
	eventuallyPrints(w, []string{"OutOfSync"}, "app", "get", "concerned")
	w.must("app", "sync", "concerned", "--prune", "--timeout", "60s")
	w.see().absent("configmap", "concerned", "old")
	eventuallyPrints(w, []string{"Synced"}, "app", "get", "concerned")
}

// defineWidgets defines the kind, and returns what sets how it is converted from version to version.
func defineWidgets(t *testing.T, play *playground.Playground) (convert func(how string)) {
	t.Helper()
	config, err := play.Config()
	if err != nil {
		t.Fatal(err)
	}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	u := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(widgets), &u.Object); err != nil {
		t.Fatal(err)
	}
	definitions := client.Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
	if _, err := definitions.Create(t.Context(), u, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	return func(how string) {
		t.Helper()
		if _, err := definitions.Patch(t.Context(), u.GetName(), types.MergePatchType, []byte(`{"spec":{"conversion":`+how+`}}`), metav1.PatchOptions{}); err != nil {
			t.Fatal(err)
		}
	}
}
