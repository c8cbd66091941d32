package diff

import (
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

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
	message := status.Status().Message
	switch {
	case apierrors.IsConflict(err):
		return Conflict, message
	case apierrors.IsNotFound(err):
		return NotCompared, message
	}
	return Refused, message
}
