package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// labelInstance is what Argo CD marks objects with that it tracks by label.
const labelInstance = "app.kubernetes.io/instance"

// madeBy says which other application has an application's document among its objects, and how that is known; empty when there
// is none. That one writes the document, and takes back what is changed in it here. The document says so itself by Argo CD's
// tracking mark, or an application of this store was found to render it.
func (e *Engine) madeBy(ctx context.Context, a *app.Application) (string, error) {
	key := a.Key()
	own := []string{key.Name, key.Tracking()}
	m, marked := object.ParseMark(a.Metadata.Annotations[object.AnnotationTracking])
	if marked && m.Ref.Kind == app.KindApplication && m.Ref.Name == key.Name && !slices.Contains(own, m.App) {
		return made(m.App, "its tracking-id says"), nil
	}
	label := a.Metadata.Labels[labelInstance]
	others, err := e.others(ctx, key)
	if err != nil {
		return "", err
	}
	for i := range others {
		other := &others[i]
		if label == other.Key().Name {
			return made(label, "its label "+labelInstance+" says"), nil
		}
		if slices.ContainsFunc(other.Status.Resources, func(r app.ResourceStatus) bool { return isDocument(r, key) }) {
			return made(other.Key().String(), "it is among the objects there"), nil
		}
	}
	return "", nil
}

// isDocument reports whether an object of an application is the document of another one.
func isDocument(r app.ResourceStatus, key app.Key) bool {
	return r.Group == app.Group && r.Kind == app.KindApplication && r.Name == key.Name &&
		(r.Namespace == key.Namespace || key.Namespace == "")
}

// others are the other applications of the store, as they are known, or read for this.
func (e *Engine) others(ctx context.Context, key app.Key) ([]app.Application, error) {
	var all []app.Application
	for _, v := range e.Views() {
		if !v.Released {
			all = append(all, v.App)
		}
	}
	mine := func(a app.Application) bool { return a.Key() == key }
	if all = slices.DeleteFunc(all, mine); len(all) > 0 {
		return all, nil
	}
	all, _, err := e.ports.Store.List(ctx)
	if err != nil {
		return nil, fmt.Errorf("read store %s: %w", e.ports.Store.Name(), err)
	}
	return slices.DeleteFunc(all, mine), nil
}

// made says who makes an application, and how that is known.
func made(parent, known string) string {
	return "the application " + parent + " makes this one (" + known + ") and takes back what is changed here: change it there"
}
