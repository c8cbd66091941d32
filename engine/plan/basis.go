package plan

import (
	"errors"
	"fmt"
	"strings"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Basis is what a plan took from its application, in parts that are compared by their hash. The zero Basis
// depends on nothing.
type Basis []part

// part is one part of an application.
type part struct{ name, hash string }

// basisOf reads what a plan depends on. What was planned from a record does not depend on the sources, unless it commits to them; a
// deletion depends on where the objects are.
func basisOf(a *app.Application, kind app.OperationKind, o Options) (Basis, error) {
	spec := &a.Spec
	var out Basis
	var errs []error
	add := func(name string, value any) {
		hash, err := object.Hash(value)
		if err != nil {
			errs = append(errs, fmt.Errorf("identify the %s: %w", name, err))
		}
		out = append(out, part{name, hash})
	}
	add("destination", spec.Destination)
	if kind == app.KindSync || o.Commit != nil {
		add("sources", spec.AllSources())
	}
	if kind != app.KindDelete {
		policy := app.SyncPolicy{}
		if spec.SyncPolicy != nil {
			policy.SyncOptions, policy.ManagedNamespaceMetadata = spec.SyncPolicy.SyncOptions, spec.SyncPolicy.ManagedNamespaceMetadata
		}
		add("sync options", policy)
		add("ignoreDifferences", spec.IgnoreDifferences)
		add("client-side-apply-migration-manager", a.Metadata.Annotations[object.AnnotationMigrate])
	}
	return out, errors.Join(errs...)
}

// Changed names the parts of an application that are others than a plan was made of; "" for none.
func (p *Plan) Changed(a *app.Application) (string, error) {
	if len(p.Basis) == 0 {
		return "", nil
	}
	now, err := basisOf(a, p.Kind, p.Options)
	if err != nil {
		return "", err
	}
	var names []string
	for i, was := range p.Basis {
		if now[i] != was {
			names = append(names, was.name)
		}
	}
	return strings.Join(names, ", "), nil
}
