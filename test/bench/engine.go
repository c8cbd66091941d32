package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/app/filestore"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
	"github.com/wheelhouse-gitops/wheelhouse/kube"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
	"github.com/wheelhouse-gitops/wheelhouse/playground"
	"github.com/wheelhouse-gitops/wheelhouse/render"
)

// admin is who does everything here.
var admin = app.Principal{Name: "bench", Role: app.Admin}

// running is an engine, put together as the program does it.
type running struct {
	*engine.Engine
	store *filestore.Store
	pool  *render.Pool
	stop  context.CancelFunc
	ended chan error
	// clusters are the engine's.
	clusters *kube.Clusters
}

// listed reports whether the playground's objects are all known by now.
func (r *running) listed(ctx context.Context) bool {
	k, err := r.clusters.Cluster(app.Destination{Name: playground.Context})
	if err != nil {
		return false
	}
	// A question about nothing is answered when the first lists are there.
	_, err = k.Live(ctx, object.LiveQuery{})
	return err == nil
}

// clusterPort gives the engine its clusters as an interface.
type clusterPort struct{ clusters *kube.Clusters }

// Cluster returns the cluster of a destination.
func (c clusterPort) Cluster(dest app.Destination) (engine.Cluster, error) {
	k, err := c.clusters.Cluster(dest)
	if err != nil {
		return nil, err
	}
	return k, nil
}

// openEngine opens an engine on a store.
func openEngine(store, cache, kubeconfig string, o engine.Options) (*running, error) {
	s, err := filestore.Open(store)
	if err != nil {
		return nil, err
	}
	pool, err := render.NewPool(render.Options{})
	if err != nil {
		return nil, err
	}
	registry := gitsrc.NewRegistry(filepath.Join(store, ".wheelhouse", "repositories.yaml"))
	fetcher := gitsrc.New(gitsrc.Options{CacheDir: cache, Registry: registry})
	r := &running{store: s, pool: pool, clusters: kube.NewClusters(kube.Options{Kubeconfig: kubeconfig})}
	o.Holder = app.Holder{Name: admin.Name, PID: os.Getpid(), Front: "bench"}
	r.Engine = engine.New(engine.Ports{
		Store: s, Bindings: s, Locks: s, History: s, Actions: s, Journals: s.Journals(), Halts: s,
		Fetcher: fetcher, Committer: fetcher, Repositories: gitsrc.NewRepositories(registry, fetcher),
		Renderer: pool, Values: render.Values{Pool: pool},
		Clusters: clusterPort{r.clusters},
	}, o)
	return r, nil
}

// open opens an engine on the store of a name.
func (b *bench) open(store string) (*running, error) {
	return openEngine(filepath.Join(b.dir, store), filepath.Join(b.dir, "git"), b.play.Kubeconfig(), engine.Options{})
}

// follow has the engine follow its store and clusters, as a console does.
func (r *running) follow(ctx context.Context) {
	ctx, r.stop = context.WithCancel(ctx)
	r.ended = make(chan error, 1)
	go func() { r.ended <- r.Run(ctx) }()
}

// close ends the engine, waiting for all that it started.
func (r *running) close() error {
	var err error
	if r.stop != nil {
		r.stop()
		err = <-r.ended
	}
	r.Close()
	r.pool.Close()
	return err
}

// application makes an application of a repository in a store, with a namespace of its name.
func (b *bench) application(ctx context.Context, store, name, repository, path string) error {
	s, err := filestore.Open(filepath.Join(b.dir, store))
	if err != nil {
		return err
	}
	a := app.Application{
		APIVersion: app.APIVersion, Kind: app.KindApplication, Metadata: app.Metadata{Name: name},
		Spec: app.Spec{
			Source:      &app.Source{RepoURL: b.play.GitURL() + "/" + repository + ".git", Path: path, TargetRevision: "main"},
			Destination: app.Destination{Name: playground.Context, Namespace: name},
		},
	}
	if err := s.Create(ctx, a); err != nil {
		return err
	}
	return b.namespace(ctx, name)
}

// compared waits until a following engine has compared an application and knows the cluster by its watch.
func (r *running) compared(ctx context.Context, name string, is app.SyncCode) error {
	err := until(ctx, name+" to be compared", func() (bool, error) {
		v, ok := r.View(app.Key{Name: name})
		// A stored status tells of another engine's comparison.
		if !ok || v.Refreshing || len(v.Stages) == 0 || v.Knowledge.AsOf.IsZero() {
			return false, nil
		}
		return v.App.Status.Sync.Status == is, nil
	})
	if err == nil {
		return nil
	}
	v, _ := r.View(app.Key{Name: name})
	return errors.Join(err, fmt.Errorf("%s is %s: %v", name, v.App.Status.Sync.Status, v.App.Status.Conditions))
}
