package engine

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// LookAt says which content of an application's sources is looked at, by the index of the source. The zero LookAt is what
// they follow.
type LookAt struct {
	// Revisions replace the followed ones.
	Revisions map[int]string
	// Local replaces repositories by folders of this machine.
	Local map[int]LocalSource
}

// LocalSource is a folder in place of a source's repository.
type LocalSource struct {
	// Files is the whole repository, or as much of it as the source reads.
	Files fs.FS
	// Path is the source's folder in it.
	Path string
}

// Followed reports whether nothing is replaced.
func (l LookAt) Followed() bool { return len(l.Revisions) == 0 && len(l.Local) == 0 }

// check refuses sources that the application does not have.
func (l LookAt) check(a *app.Application) error {
	n := len(a.Spec.AllSources())
	for _, i := range append(slices.Collect(maps.Keys(l.Revisions)), slices.Collect(maps.Keys(l.Local))...) {
		if i < 0 || i >= n {
			return hint.With(fmt.Errorf("source %d of %s: %w: it has %d", i+1, a.Key(), app.ErrNotFound, n),
				"wheelhouse app get "+a.Key().String()+" lists its sources")
		}
	}
	return nil
}

// apply returns the sources as they are looked at.
func (l LookAt) apply(sources []app.Source) []app.Source {
	if l.Followed() {
		return sources
	}
	out := slices.Clone(sources)
	for i, revision := range l.Revisions {
		out[i].TargetRevision = revision
	}
	for i, local := range l.Local {
		if out[i].Chart == "" {
			out[i].Path = local.Path
		}
	}
	return out
}

// checkout returns the folder that stands for a source, and false when its repository does. Like Argo CD's, its build
// environment names the followed revision where a commit would stand.
func (l LookAt) checkout(i int, src app.Source) (app.Checkout, bool) {
	local, ok := l.Local[i]
	return app.Checkout{Files: local.Files, Commit: app.Commit{ID: src.Revision(), Revision: src.TargetRevision}}, ok
}

// CompareAt returns the comparison of an application with other content of its sources, answered by the API server. It
// changes neither the cluster nor what is known about the application.
func (e *Engine) CompareAt(ctx context.Context, key app.Key, at LookAt) (Comparison, error) {
	x, err := e.lookAt(ctx, key, at, false)
	if err != nil {
		return Comparison{}, err
	}
	return x.comparison(), nil
}

// ManifestsAt returns the objects that other content of an application's sources asks for, without data of Secrets. The
// cluster is asked for its kinds alone.
func (e *Engine) ManifestsAt(ctx context.Context, key app.Key, at LookAt) ([]*unstructured.Unstructured, error) {
	x, err := e.lookAt(ctx, key, at, true)
	if err != nil {
		return nil, err
	}
	var out []*unstructured.Unstructured
	for _, u := range x.want.objects {
		out = append(out, diff.MaskObject(u))
	}
	return out, nil
}

func (e *Engine) lookAt(ctx context.Context, key app.Key, at LookAt, renderOnly bool) (*examination, error) {
	a, err := e.load(ctx, key)
	if err != nil {
		return nil, err
	}
	if err := at.check(&a); err != nil {
		return nil, err
	}
	return e.examine(ctx, a, question{at: at, maxAge: time.Second, renderOnly: renderOnly})
}
