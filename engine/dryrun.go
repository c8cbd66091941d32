package engine

import (
	"errors"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// errInPlace is the end of a dry run of what is made anew: the server would judge it as a change of the old one.
var errInPlace = errors.New("not checked: the old one is in its place, and only a sync deletes it")

// unjudged says of a step of a dry run why the server cannot judge it: what a sync does before it, a dry run does not. It is ""
// where err is the server's judgement, or nil.
func (op *operation) unjudged(s *plan.Step, err error) string {
	switch {
	case !op.plan.Options.DryRun:
		return ""
	case errors.Is(err, errInPlace):
		return errInPlace.Error()
	case s.Verb != plan.Create && s.Verb != plan.RunHook:
		return ""
	case errors.Is(err, object.ErrNoKind), apierrors.IsNotFound(err):
		return asPlanned(diff.Shape, serverWords(err))
	}
	return ""
}

// asPlanned says how a step of a dry run was checked that the server was not asked about, and what was missing.
func asPlanned(how diff.How, missing string) string {
	ground := diff.Diff{How: how}.Ground()
	switch {
	case missing == "":
		return ground
	case strings.HasPrefix(missing, ground):
		return missing
	}
	return ground + ": " + missing
}
