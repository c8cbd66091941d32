package kube_test

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube"
)

func TestClusterOfADestination(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		home string
		dest app.Destination
		want string
	}{
		"a context's name":                     {"", app.Destination{Name: "production-viewer"}, "production-viewer"},
		"a server's URL":                       {"", app.Destination{Server: "https://one.example.com:6443"}, "staging"},
		"a slash at the end does not count":    {"", app.Destination{Server: "https://one.example.com:6443/"}, "staging"},
		"nor does one in the kubeconfig":       {"", app.Destination{Server: "https://two.example.com"}, "production"},
		"of several contexts the first counts": {"", app.Destination{Server: "https://two.example.com/"}, "production"},
		"the name goes before the server":      {"", app.Destination{Name: "staging", Server: "https://two.example.com/"}, "staging"},
		"home is the current context":          {"", app.Destination{Name: "in-cluster"}, "staging"},
		"home has a URL":                       {"", app.Destination{Server: "https://kubernetes.default.svc"}, "staging"},
		"home's URL may end with a slash":      {"", app.Destination{Server: "https://kubernetes.default.svc/"}, "staging"},
		"home can be chosen":                   {"production", app.Destination{Server: "https://kubernetes.default.svc"}, "production"},
		"a chosen home has the name too":       {"production", app.Destination{Name: "in-cluster"}, "production"},
		"a chosen home hides no other context": {"production", app.Destination{Name: "staging"}, "staging"},
		"a namespace does not count":           {"", app.Destination{Name: "staging", Namespace: "web"}, "staging"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := clusters(t, threeContexts, c.home).Cluster(c.dest)
			if err != nil {
				t.Fatal(err)
			}
			if got.Name() != c.want {
				t.Errorf("%+v is the cluster of %s, want %s", c.dest, got.Name(), c.want)
			}
		})
	}
}

func TestContexts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ home, want string }{
		"home is the current context": {"", "staging"},
		"home can be chosen":          {"production", "production"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			names, home, err := clusters(t, threeContexts, c.home).Contexts()
			if err != nil || home != c.want {
				t.Errorf("home is %q (%v), want %q", home, err, c.want)
			}
			if d := cmp.Diff([]string{"production", "production-viewer", "staging", "torn"}, names); d != "" {
				t.Errorf("the contexts (-want +got):\n%s", d)
			}
		})
	}
}

func TestServerOfAContext(t *testing.T) {
	t.Parallel()
	found := clusters(t, threeContexts, "")
	for name, want := range map[string]string{
		"staging": "https://one.example.com:6443", "production-viewer": "https://two.example.com/", "torn": "", "nobody": "",
	} {
		if got := found.Server(name); got != want {
			t.Errorf("the server of %s is %q, want %q", name, got, want)
		}
	}
}

func TestOneClusterPerContext(t *testing.T) {
	t.Parallel()
	found := clusters(t, threeContexts, "")
	ways := []app.Destination{
		{Name: "staging"}, {Name: "in-cluster"}, {Server: "https://one.example.com:6443"}, {Name: "staging", Namespace: "web"},
	}
	got := make([]*kube.Cluster, 4*len(ways))
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() {
			var err error
			if got[i], err = found.Cluster(ways[i%len(ways)]); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i, k := range got {
		if k != got[0] {
			t.Errorf("%+v is another cluster than %+v", ways[i%len(ways)], ways[0])
		}
	}
	other, err := found.Cluster(app.Destination{Name: "production"})
	if err != nil || other == got[0] {
		t.Errorf("two contexts share one cluster (%v)", err)
	}
}

func TestWayToACluster(t *testing.T) {
	t.Parallel()
	found := clusters(t, threeContexts, "")
	server := func(name string) app.ClusterIdentity {
		t.Helper()
		k, err := found.Cluster(app.Destination{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		return k.Server()
	}
	if server("production") != server("production-viewer") {
		t.Error("two users of one server have ways of their own")
	}
	if server("production") == server("staging") {
		t.Error("two servers have one way")
	}
	if id := server("staging"); !id.ByServer() {
		t.Errorf("%s does not say that it is a way only", id)
	}
}
