package kube

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync/atomic"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// servedHere is a cluster whose server is a handler.
func servedHere(t *testing.T, handler http.HandlerFunc) *Cluster {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	path := filepath.Join(t.TempDir(), "kubeconfig")
	err := clientcmd.WriteToFile(clientcmdapi.Config{
		CurrentContext: "here", Clusters: map[string]*clientcmdapi.Cluster{"here": {Server: server.URL}},
		Contexts: map[string]*clientcmdapi.Context{"here": {Cluster: "here"}},
	}, path)
	if err != nil {
		t.Fatal(err)
	}
	k, err := NewClusters(Options{Kubeconfig: path}).Cluster(app.Destination{Name: "here"})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestTheIdentityIsAskedForAfterAnOutage has another server answer after one that was cut off.
func TestTheIdentityIsAskedForAfterAnOutage(t *testing.T) {
	t.Parallel()
	var uid atomic.Value
	uid.Store("one")
	k := servedHere(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case uid.Load() == "":
			panic(http.ErrAbortHandler)
		case r.URL.Path == "/readyz":
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"kube-system","uid":%q}}`, uid.Load())
	})
	is := func(want app.ClusterIdentity) {
		t.Helper()
		if id, err := k.Identity(t.Context()); err != nil || id != want {
			t.Errorf("it is %s (%v), want %s", id, err, want)
		}
	}
	is("one")
	uid.Store("")
	look := func() error { return k.raw.Get().AbsPath("/readyz").MaxRetries(0).Do(t.Context()).Error() }
	if err := look(); err == nil {
		t.Fatal("it answers")
	}
	uid.Store("two")
	if err := look(); err != nil {
		t.Fatal(err)
	}
	is("two")
}
