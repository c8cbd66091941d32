package kube

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// What the server says of a Secret that it refuses may quote it: the value that has the wrong type, or after a patch the whole
// object, with what was in it before. Of such words only those are passed on that hold no value.

// harmless finds what may be said of a Secret: which field has the wrong type, and where base64 ends.
var harmless = regexp.MustCompile(
	`(?m)(?:^failed to create typed \w+ object \([^)]*\): |^\s*)(\.\S+: expected \w+), got|(illegal base64 data at input byte \d+)$`)

// aboutRequests are the reasons that are about the request and not about what is in the object.
var aboutRequests = []metav1.StatusReason{
	metav1.StatusReasonUnauthorized, metav1.StatusReasonForbidden, metav1.StatusReasonNotFound, metav1.StatusReasonAlreadyExists,
	metav1.StatusReasonConflict, metav1.StatusReasonGone, metav1.StatusReasonTimeout, metav1.StatusReasonServerTimeout,
	metav1.StatusReasonTooManyRequests, metav1.StatusReasonServiceUnavailable, metav1.StatusReasonRequestEntityTooLarge,
	metav1.StatusReasonMethodNotAllowed, metav1.StatusReasonUnsupportedMediaType, metav1.StatusReasonExpired,
}

// withoutValues returns an answer of the server without values of a Secret; those about other kinds, and errors that are no
// answers, are returned themselves.
func withoutValues(gk schema.GroupKind, err error) error {
	var status *apierrors.StatusError
	if gk != (schema.GroupKind{Kind: "Secret"}) || !errors.As(err, &status) {
		return err
	}
	if slices.Contains(aboutRequests, status.ErrStatus.Reason) {
		return err
	}
	out := &apierrors.StatusError{ErrStatus: *status.ErrStatus.DeepCopy()}
	out.ErrStatus.Message = quiet(status.ErrStatus.Message)
	if d := out.ErrStatus.Details; d != nil {
		for i := range d.Causes {
			d.Causes[i].Message = quietCause(d.Causes[i])
		}
		if said := invalidFields(d.Causes); said != "" {
			out.ErrStatus.Message = "the Secret is invalid: " + said
		}
	}
	return out
}

// quiet returns what may be said of a refusal's text.
func quiet(text string) string {
	var said []string
	for _, m := range harmless.FindAllStringSubmatch(text, -1) {
		said = append(said, m[1]+m[2])
	}
	if len(said) == 0 {
		return "the server refuses what the Secret would be; its reasons are not shown, since they may quote the data"
	}
	return strings.Join(said, ", ")
}

// quietCause returns what may be said of one field. The server itself leaves the data of Secrets out where it validates them.
func quietCause(c metav1.StatusCause) string {
	switch {
	case c.Type == metav1.CauseTypeFieldValueRequired, c.Type == "FieldValueForbidden",
		strings.Contains(c.Message, `Invalid value: "<secret contents redacted>"`):
		return c.Message
	}
	return "is refused"
}

// invalidFields lists the causes that name a field of the object.
func invalidFields(causes []metav1.StatusCause) string {
	var said []string
	for _, c := range causes {
		if c.Field != "" && c.Field != "patch" {
			said = append(said, c.Field+": "+c.Message)
		}
	}
	return strings.Join(said, ", ")
}
