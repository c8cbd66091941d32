package comparetest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/app/filestore"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/kube"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
	"github.com/wheelhouse-gitops/wheelhouse/playground"
)

// store is a store with an engine over it that plans on the cluster. What git has for an application is what a case says.
type store struct {
	*filestore.Store
	engine *engine.Engine
	id     app.ClusterIdentity
	git    *memory
}

func newStore(t *testing.T, cluster *kube.Cluster) *store {
	t.Helper()
	files, err := filestore.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := &store{Store: files, git: &memory{}}
	if s.id, err = cluster.Identity(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.engine = engine.New(engine.Ports{
		Store: files, Bindings: files, Locks: files, History: files, Actions: files, Journals: files.Journals(), Halts: files,
		Fetcher: s.git, Renderer: s.git, Clusters: one{cluster},
	}, engine.Options{})
	t.Cleanup(s.engine.Close)
	return s
}

// add makes an application of one rendered object, which has had some objects before.
func (s *store) add(ctx context.Context, name, namespace string, rendered *unstructured.Unstructured, before ...object.Ref) error {
	a := app.Application{
		APIVersion: app.APIVersion, Kind: app.KindApplication, Metadata: app.Metadata{Name: name},
		Spec: app.Spec{
			Source:      &app.Source{RepoURL: "https://git.example.com/trial.git", Path: ".", TargetRevision: "main"},
			Destination: app.Destination{Name: playground.Context, Namespace: namespace},
		},
	}
	s.git.Store(name, rendered)
	if err := s.Create(ctx, a); err != nil {
		return err
	}
	return s.UpdateInventory(ctx, a.Key(), func(r *app.Released) {
		*r = app.Released{Key: a.Key(), Destination: a.Spec.Destination, Cluster: s.id, Objects: before}
	})
}

// memory is a repository that holds one rendered object for each application, by its name.
type memory struct{ sync.Map }

// Resolve returns the only commit.
func (*memory) Resolve(context.Context, app.Source, time.Duration) (app.Commit, error) {
	return app.Commit{ID: strings.Repeat("a", 40)}, nil
}

// Fetch returns no files: there is nothing to render from.
func (*memory) Fetch(_ context.Context, _ app.Source, commit string) (app.Checkout, error) {
	return app.Checkout{Files: fstest.MapFS{}, Commit: app.Commit{ID: commit}}, nil
}

// Render returns the application's object.
func (m *memory) Render(_ context.Context, req app.RenderRequest) (app.Rendered, error) {
	u, ok := m.Load(req.App.Name)
	if !ok {
		return app.Rendered{}, fmt.Errorf("nothing is known of %s", req.App)
	}
	return app.Rendered{Objects: []*unstructured.Unstructured{u.(*unstructured.Unstructured).DeepCopy()}}, nil
}

// one is a cluster that every destination names.
type one struct{ cluster *kube.Cluster }

// Cluster returns it.
func (o one) Cluster(app.Destination) (engine.Cluster, error) { return o.cluster, nil }
