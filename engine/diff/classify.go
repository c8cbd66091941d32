package diff

import (
	"errors"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// immutableTexts are the API server's ways of saying that a field cannot be changed in place: validation of built-in
// kinds (k8s.io/apimachinery pkg/api/validation), StatefulSets, claims, and Services.
var immutableTexts = []string{
	"field is immutable",
	"updates to statefulset spec for fields other than",
	"immutable after creation",
	"may not change once set",
	"is immutable",
}

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
	case apierrors.IsInvalid(err) && mentions(message, immutableTexts):
		return Immutable, message
	}
	return Refused, message
}

func mentions(s string, texts []string) bool {
	for _, t := range texts {
		if strings.Contains(s, t) {
			return true
		}
	}
	return false
}
