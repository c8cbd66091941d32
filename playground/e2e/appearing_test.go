package e2e

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// define makes a CustomResourceDefinition and waits until the server serves its kind.
func (e eyes) define(definition, groupVersion string) {
	e.t.Helper()
	body, err := yaml.YAMLToJSON([]byte(definition))
	if err != nil {
		e.t.Fatal(err)
	}
	server := e.client.Discovery().RESTClient()
	if err := server.Post().AbsPath("/apis/apiextensions.k8s.io/v1/customresourcedefinitions").Body(body).Do(e.t.Context()).Error(); err != nil {
		e.t.Fatal(err)
	}
	playtest.Eventually(e.t, playtest.Patience, groupVersion+" is served", func() error {
		_, err := e.client.Discovery().ServerResourcesForGroupVersion(groupVersion)
		return err
	})
}

// undefine deletes a CustomResourceDefinition, and waits until it is gone.
func (e eyes) undefine(name string) {
	e.t.Helper()
	server := e.client.Discovery().RESTClient()
	path := "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/" + name
	if err := server.Delete().AbsPath(path).Do(e.t.Context()).Error(); err != nil {
		e.t.Fatal(err)
	}
	playtest.Eventually(e.t, playtest.Patience, name+" is gone", func() error {
		if err := server.Get().AbsPath(path).Do(e.t.Context()).Error(); !apierrors.IsNotFound(err) {
			return errors.Join(errors.New("it is there, or cannot be asked for"), err)
		}
		return nil
	})
}

// TestAKindThatAppearsDuringTheSync applies an object whose kind nobody serves when it is planned, and somebody else defines before its
// wave (SkipDryRunOnMissingResource=true).
func TestAKindThatAppearsDuringTheSync(t *testing.T) {
	t.Parallel()
	reached, defined := make(chan struct{}), make(chan struct{})
	var once sync.Once
	w := onOwnStore(t).overLine(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Method == http.MethodPatch && strings.HasSuffix(r.URL.Path, "/configmaps/settings") && r.URL.Query().Get("dryRun") == "" {
			once.Do(func() { close(reached) })
			<-defined
		}
		next.ServeHTTP(w, r)
	})
	// The object asks for its own wave beside the option.
	gauge := strings.Replace(withOption("SkipDryRunOnMissingResource=true",
		"apiVersion: appearing.example.com/v1\nkind: Gauge\nmetadata:\n  name: gauge\nspec: {size: 1}\n"),
		"annotations: {", "annotations: {argocd.argoproj.io/sync-wave: \"1\", ", 1)
	w.create("appearing", newRepository(t, w.play, "appearing", map[string]string{"settings.yaml": configMap("settings", "one"), "gauge.yaml": gauge}))
	contains(t, rowOf(t, w.must("app", "plan", "appearing"), "Gauge/appearing/gauge"), "shape only", "its kind may appear during the sync")

	cmd, out := w.begun("app", "sync", "appearing", "--yes", "--timeout", "120s")
	<-reached
	w.see().define(strings.ReplaceAll(gauges("v1", "size"), "defined.example.com", "appearing.example.com"), "appearing.example.com/v1")
	close(defined)
	if err := cmd.Wait(); err != nil {
		t.Errorf("the sync: %v\n%s", err, out)
	}
	contains(t, w.must("app", "get", "appearing", "--refresh"), "Synced", "Gauge")
	contains(t, w.must("app", "sync", "appearing"), "nothing to do")
}
