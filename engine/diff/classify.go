package diff

import (
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Classify turns an error of an apply or a dry run into a verdict and the server's own words.
func Classify(err error) (Verdict, string) {
	if errors.Is(err, object.ErrNoKind) {
		return MissingKind, err.Error()
	}
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return NotCompared, err.Error()
	}
	message := Brief(status.Status().Message)
	switch {
	case HeldByOthers(err):
		return Conflict, message
	case apierrors.IsNotFound(err), apierrors.IsConflict(err):
		return NotCompared, message
	}
	return Refused, message
}

// HeldByOthers reports whether the server refuses an apply because other field managers hold fields. Conflicts of other kinds
// say that something moved meanwhile: the object, or a quota that counts it.
func HeldByOthers(err error) bool {
	return apierrors.HasStatusCause(err, metav1.CauseTypeFieldManagerConflict)
}
