package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/app/filestore"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
	"github.com/wheelhouse-gitops/wheelhouse/playground"
)

const (
	// withPod is a Deployment with a Pod.
	withPod = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "nginx:1.29"}]}
`
	// endless is a hook that never ends.
	endless = `apiVersion: batch/v1
kind: Job
metadata: {name: endless, annotations: {argocd.argoproj.io/hook: PreSync}}
spec: {suspend: true, template: {spec: {restartPolicy: Never, containers: [{name: main, image: "example/endless:1"}]}}}
`
)

// silent is a server that takes requests and answers none. It returns its address, and what is told when it is asked.
func silent(t *testing.T) (string, <-chan struct{}) {
	asked, over := make(chan struct{}, 1), make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case asked <- struct{}{}:
		default:
		}
		select {
		case <-r.Context().Done():
		case <-over:
		}
	}))
	t.Cleanup(func() {
		close(over)
		s.CloseClientConnections()
		s.Close()
	})
	return s.URL, asked
}

// TestClosedInTheMiddle closes engines that are in the middle of something: nothing of them is left. It runs alone, as TestAtRest does.
func TestClosedInTheMiddle(t *testing.T) {
	b, err := start(t.Context(), options{log: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.close(); err != nil {
			t.Error(err)
		}
	}()
	for name, c := range map[string]struct {
		manifest string
		// middle gets the engine into the middle of something, and returns what is to be ended after it.
		middle func(*testing.T, *bench, string, *running) (after func())
	}{
		"comparing, while git does not answer":            {"", unansweredGit},
		"comparing, while the API server does not answer": {withPod, unansweredServer},
		"syncing, while a hook is waited for":             {withPod + "---\n" + endless, awaitedHook},
		"while a log is followed and trees are asked for": {withPod, followedLog},
	} {
		t.Run(name, func(t *testing.T) {
			store := strings.Map(func(r rune) rune {
				if r < 'a' || r > 'z' {
					return -1
				}
				return r
			}, name)
			b.prepared(t, store, c.manifest)
			before := leftBehind()
			r, err := openEngine(filepath.Join(b.dir, store), filepath.Join(b.dir, "git"), b.play.Kubeconfig(), engine.Options{Automate: true})
			if err != nil {
				t.Fatal(err)
			}
			after := c.middle(t, b, store, r)
			if err := r.close(); err != nil {
				t.Error(err)
			}
			after()
			if err := goleak.Find(before...); err != nil {
				t.Errorf("after the engine is closed: %v", err)
			}
		})
	}
}

// prepared makes a store with an application of its name, of one object.
func (b *bench) prepared(t *testing.T, name, manifest string) {
	t.Helper()
	if err := b.play.MakeRepository(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	if _, err := b.play.Commit(t.Context(), name, "main", "one", map[string][]byte{"one.yaml": []byte(manifest)}); err != nil {
		t.Fatal(err)
	}
	if err := b.application(t.Context(), name, name, name, "."); err != nil {
		t.Fatal(err)
	}
}

// leftBehind are the goroutines that an engine does not have to end: those that are there now, and connections that are kept for the next
// request. These belong to their transports.
func leftBehind() []goleak.Option {
	return []goleak.Option{
		goleak.IgnoreCurrent(),
		goleak.IgnoreAnyFunction("golang.org/x/net/http2.(*clientConnReadLoop).run"),
		goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"),
		goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"),
		goleak.IgnoreAnyFunction("net/http.(*conn).serve"),
		goleak.IgnoreAnyFunction("net/http/httptest.(*Server).goServe.func1"),
	}
}

func nothing() {}

// unansweredGit has the engine wait for a repository.
func unansweredGit(t *testing.T, b *bench, name string, r *running) func() {
	url, asked := silent(t)
	s, err := filestore.Open(filepath.Join(b.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Update(t.Context(), app.Key{Name: name}, func(a *app.Application) error {
		a.Spec.Source.RepoURL = url + "/silent.git"
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	r.follow(t.Context())
	<-asked
	return nothing
}

// unansweredServer has the engine wait for an API server.
func unansweredServer(t *testing.T, b *bench, name string, r *running) func() {
	url, asked := silent(t)
	config, err := clientcmd.LoadFromFile(b.play.Kubeconfig())
	if err != nil {
		t.Fatal(err)
	}
	c := config.Clusters[config.Contexts[playground.Context].Cluster]
	c.Server, c.CertificateAuthority, c.CertificateAuthorityData = url, "", nil
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		t.Fatal(err)
	}
	// It is an engine of its own, with another kubeconfig.
	other, err := openEngine(filepath.Join(b.dir, name), filepath.Join(b.dir, "git"), path, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	other.follow(t.Context())
	<-asked
	return func() {
		if err := other.close(); err != nil {
			t.Error(err)
		}
	}
}

// awaitedHook has the engine wait for a hook, and ends the operation as who closes it does.
func awaitedHook(t *testing.T, _ *bench, name string, r *running) func() {
	key := app.Key{Name: name}
	r.follow(t.Context())
	p, err := r.PlanSync(t.Context(), admin, key, plan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	run, err := r.Execute(t.Context(), admin, p, engine.Approval{})
	if err != nil {
		t.Fatal(err)
	}
	if err := until(t.Context(), "the hook to be waited for", func() (bool, error) {
		return strings.Contains(run.Progress().Waiting, "endless"), nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := r.Terminate(t.Context(), admin, key); err != nil {
		t.Fatal(err)
	}
	return nothing
}

// followedLog has somebody read a log that goes on, and others look at the tree all the time.
func followedLog(t *testing.T, b *bench, name string, r *running) func() {
	if err := b.sync(t.Context(), name, name); err != nil {
		t.Fatal(err)
	}
	r.follow(t.Context())
	key := app.Key{Name: name}
	ctx, cancel := context.WithCancel(t.Context())
	var log io.ReadCloser
	if err := until(ctx, "a line of the log", func() (bool, error) {
		nodes, err := r.Tree(ctx, key)
		if err != nil {
			return false, err
		}
		for _, n := range nodes {
			if n.Ref.Kind != "Pod" {
				continue
			}
			req := object.LogRequest{Namespace: n.Ref.Namespace, Pod: n.Ref.Name, Container: "web", Follow: true}
			if log, err = r.Logs(ctx, key, req); err != nil {
				return false, err
			}
			_, err = log.Read(make([]byte, 1))
			return err == nil, err
		}
		return false, fmt.Errorf("there is no Pod among %d objects", len(nodes))
	}); err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		for ctx.Err() == nil {
			// It ends with an error when it is given up.
			_, _ = r.Tree(ctx, key)
		}
	}()
	return func() {
		cancel()
		<-over
		// It was given up in the middle.
		_ = log.Close()
	}
}
