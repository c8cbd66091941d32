package e2e

import (
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/playground"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// unheard are objects of several kinds, by the plurals: each kind has a watch of its own, which comes back when it does.
var unheard = map[string]string{
	"configmaps":      "apiVersion: v1\nkind: ConfigMap",
	"limitranges":     "apiVersion: v1\nkind: LimitRange",
	"resourcequotas":  "apiVersion: v1\nkind: ResourceQuota",
	"secrets":         "apiVersion: v1\nkind: Secret",
	"serviceaccounts": "apiVersion: v1\nkind: ServiceAccount",
	"roles":           "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role",
}

// TestChangedWhileTheServerWasAway kills the API server of an application that is Synced, starts it again and changes all its objects
// before anybody else may reach it: the first comparison after that knows of every change. The control plane is the test's own, for all would
// miss it.
func TestChangedWhileTheServerWasAway(t *testing.T) {
	t.Parallel()
	play, err := playground.Start(t.Context(), playground.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(play.Stop)
	var away atomic.Bool
	w := newProgram(t, play, t.TempDir()).overLine(func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
		if away.Load() {
			panic(http.ErrAbortHandler)
		}
		next.ServeHTTP(rw, r)
	})
	files := map[string]string{}
	for plural, head := range unheard {
		files[plural+".yaml"] = head + "\nmetadata: {name: one, annotations: {value: one}}\n"
	}
	repo := newRepository(t, play, "unheard", files)
	w.create("unheard", repo)
	w.must("app", "sync", "unheard", "--yes")
	// What changes is heard of by the watch: nobody looks again for hours.
	w.automate("--interval", "6h")
	see := cluster(t, play)
	for _, by := range []struct{ hand, becomes string }{{"changed", "OutOfSync"}, {"one", "Synced"}} {
		see.patch("/api/v1/namespaces/unheard/configmaps/one", `{"metadata":{"annotations":{"value":"`+by.hand+`"}}}`)
		eventuallyPrints(w, []string{by.becomes}, "app", "get", "unheard")
	}

	away.Store(true)
	if err := play.Kill("kube-apiserver"); err != nil {
		t.Fatal(err)
	}
	status := func() string { return w.get("unheard").Status.Sync.Status }
	playtest.Eventually(t, playtest.Patience, "it is Unknown", func() error {
		if s := status(); s != "Unknown" {
			return errors.New("it is " + s)
		}
		return nil
	})
	if err := play.Restart(t.Context(), "kube-apiserver"); err != nil {
		t.Fatal(err)
	}
	for plural, head := range unheard {
		root, version := "/api/", strings.Fields(head)[1]
		if strings.Contains(version, "/") {
			root = "/apis/"
		}
		see.patch(root+version+"/namespaces/unheard/"+plural+"/one", `{"metadata":{"annotations":{"value":"changed"}}}`)
	}
	away.Store(false)
	first := w.get("unheard").Status
	playtest.Eventually(t, playtest.Patience, "it is compared again", func() error {
		if first = w.get("unheard").Status; first.Sync.Status == "Unknown" {
			return errors.New("it is Unknown")
		}
		return nil
	})
	if len(first.Resources) != len(unheard) {
		t.Errorf("it has the resources %+v", first.Resources)
	}
	for _, r := range first.Resources {
		if r.Status != "OutOfSync" {
			t.Errorf("at first the %s is called %s", r.Kind, r.Status)
		}
	}
}
