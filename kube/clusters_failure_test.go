package kube_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/kube"
)

const noContexts = "apiVersion: v1\nkind: Config\n"

func TestUnknownCluster(t *testing.T) {
	t.Parallel()
	const all = "the kubeconfig has: production, production-viewer, staging, torn"
	for name, c := range map[string]struct {
		text   string
		dest   app.Destination
		says   string
		remedy string
	}{
		"a context that is not there":     {threeContexts, app.Destination{Name: "test"}, "context test: not found", all},
		"a name in another case":          {threeContexts, app.Destination{Name: "Staging"}, "context Staging: not found", all},
		"a server that no context has":    {threeContexts, app.Destination{Server: "https://x.example.com"}, "server https://x.example.com: not found", all},
		"another port is another server":  {threeContexts, app.Destination{Server: "https://one.example.com"}, "server https://one.example.com: not found", all},
		"a context when there are none":   {noContexts, app.Destination{Name: "test"}, "the kubeconfig has no contexts", "--kubeconfig"},
		"a server when there is none too": {noContexts, app.Destination{Server: "https://x.example.com"}, "the kubeconfig has no contexts", "--kubeconfig"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k, err := clusters(t, c.text, "").Cluster(c.dest)
			if !errors.Is(err, app.ErrNotFound) {
				t.Fatalf("the cluster is %v, the error %v, which is no app.ErrNotFound", k, err)
			}
			if !strings.Contains(err.Error(), c.says) || !strings.Contains(hint.Of(err), c.remedy) {
				t.Errorf("the error is %q with the remedy %q; want %q and %q", err, hint.Of(err), c.says, c.remedy)
			}
		})
	}
}

func TestNoHome(t *testing.T) {
	t.Parallel()
	withoutCurrent := strings.Replace(threeContexts, "current-context: staging\n", "", 1)
	for name, c := range map[string]struct{ text, home string }{
		"no current context":                {withoutCurrent, ""},
		"no contexts":                       {noContexts, ""},
		"a current context that is missing": {strings.Replace(threeContexts, "current-context: staging", "current-context: gone", 1), ""},
		"a chosen home that is missing":     {threeContexts, "gone"},
	} {
		t.Run(name+" is told with the remedy", func(t *testing.T) {
			t.Parallel()
			found := clusters(t, c.text, c.home)
			for _, dest := range []app.Destination{{Name: "in-cluster"}, {Server: "https://kubernetes.default.svc"}} {
				_, err := found.Cluster(dest)
				if err == nil || !strings.Contains(err.Error(), "no home cluster") || !strings.Contains(hint.Of(err), "--context") {
					t.Errorf("the error is %v with the remedy %q", err, hint.Of(err))
				}
			}
		})
	}
	t.Run("other clusters are found without a home", func(t *testing.T) {
		t.Parallel()
		k, err := clusters(t, withoutCurrent, "").Cluster(app.Destination{Name: "production"})
		if err != nil || k.Name() != "production" {
			t.Errorf("the cluster is %v (%v)", k, err)
		}
	})
}

func TestUnreadableKubeconfig(t *testing.T) {
	t.Parallel()
	for name, make := range map[string]func(*testing.T) string{
		"a missing file":  func(t *testing.T) string { return filepath.Join(t.TempDir(), "missing") },
		"a folder":        func(t *testing.T) string { return t.TempDir() },
		"a torn document": func(t *testing.T) string { return kubeconfig(t, "apiVersion: v1\nkind: Config\n contexts:\n") },
		"another kind":    func(t *testing.T) string { return kubeconfig(t, "apiVersion: v1\nkind: ConfigMap\n") },
	} {
		t.Run(name+" is told when a cluster is asked for", func(t *testing.T) {
			t.Parallel()
			found := kube.NewClusters(kube.Options{Kubeconfig: make(t)})
			_, _, ofContexts := found.Contexts()
			_, ofCluster := found.Cluster(app.Destination{Name: "staging"})
			for _, err := range []error{ofContexts, ofCluster} {
				if err == nil {
					t.Fatal("it is taken for a kubeconfig")
				}
				if !strings.HasPrefix(err.Error(), "read kubeconfig: ") || !strings.Contains(hint.Of(err), "--kubeconfig") {
					t.Errorf("the error is %q with the remedy %q", err, hint.Of(err))
				}
			}
			if got := found.Server("staging"); got != "" {
				t.Errorf("staging has the server %q", got)
			}
		})
	}
}

func TestTornContext(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ context, text string }{
		"a cluster that is missing":   {"torn", threeContexts},
		"a CA that is missing":        {"staging", strings.Replace(threeContexts, `:6443"}`, `:6443", certificate-authority: /nowhere/ca.crt}`, 1)},
		"a CA that is no certificate": {"staging", strings.Replace(threeContexts, `:6443"}`, `:6443", certificate-authority-data: YQ==}`, 1)},
	} {
		t.Run(name+" is told with the context", func(t *testing.T) {
			t.Parallel()
			k, err := clusters(t, c.text, "").Cluster(app.Destination{Name: c.context})
			if err == nil || !strings.HasPrefix(err.Error(), "cluster "+c.context+": ") {
				t.Errorf("the cluster is %v, the error %v", k, err)
			}
		})
	}
}

// TestKubeconfigOfTheEnvironment changes the environment, and so runs alone.
func TestKubeconfigOfTheEnvironment(t *testing.T) {
	first := kubeconfig(t, threeContexts)
	second := kubeconfig(t, strings.NewReplacer("staging", "lab", "production", "field", "torn", "worn").Replace(threeContexts))
	t.Setenv("KUBECONFIG", first+string(os.PathListSeparator)+second)
	found := kube.NewClusters(kube.Options{})
	names, home, err := found.Contexts()
	if err != nil || home != "staging" || len(names) != 8 {
		t.Errorf("the contexts of two files are %v, home is %q (%v)", names, home, err)
	}
	names, home, err = kube.NewClusters(kube.Options{Kubeconfig: second}).Contexts()
	if err != nil || home != "lab" || len(names) != 4 {
		t.Errorf("the contexts of the named file are %v, home is %q (%v)", names, home, err)
	}
}
