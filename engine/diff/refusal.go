package diff

import (
	"errors"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Unanswered reports whether an error says nothing about the object that was asked about: the server could not be
// reached, was too busy, or the caller may not ask it. Everything else is an answer.
func Unanswered(err error) bool {
	if err == nil || errors.Is(err, object.ErrNoKind) {
		return false
	}
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return true
	}
	switch apierrors.ReasonForError(err) {
	case metav1.StatusReasonUnauthorized, metav1.StatusReasonServiceUnavailable, metav1.StatusReasonTooManyRequests,
		metav1.StatusReasonServerTimeout, metav1.StatusReasonTimeout:
		return true
	case metav1.StatusReasonForbidden:
		return Denied(err)
	default:
		return false
	}
}

// Invalid reports whether the server refuses an object for what it is, so that it would refuse it whatever else there was: fields
// that its schema does not have, or a value that it does not take. Numbers that somebody else has are no such values, nor is what a
// policy or a webhook denies.
func Invalid(err error) bool {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return false
	}
	message := status.Status().Message
	switch {
	case strings.Contains(message, "failed to create typed patch object"):
		// The words of an apply (k8s.io/apimachinery pkg/util/managedfields/internal/structuredmerge.go).
		return true
	case strings.Contains(message, "denied"), strings.Contains(message, "already allocated"):
		return false
	}
	return apierrors.IsInvalid(err)
}

// Denied reports whether the server would not even be asked by this caller: a right is missing.
func Denied(err error) bool {
	return object.LacksRight(err)
}

// SideEffects reports whether the server makes no dry run of a request because a webhook that would be called may act on
// it (k8s.io/apiserver pkg/admission/plugin/webhook/errors, NewDryRunUnsupportedErr).
func SideEffects(err error) bool {
	return apierrors.IsBadRequest(err) && strings.Contains(err.Error(), "does not support dry run")
}
