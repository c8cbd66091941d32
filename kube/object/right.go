package object

import (
	"errors"
	"regexp"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// noRight is how the server's authorizers refuse: configmaps "settings" is forbidden: User "eve" cannot patch resource …, and after
// that, maybe, their reason (k8s.io/apiserver pkg/endpoints/handlers/responsewriters, ForbiddenStatusError). A request for a path that
// is no resource has nothing before "forbidden".
var noRight = regexp.MustCompile(`^(?:\S+ (?:"(?:[^"\\]|\\.)*" )?is )?forbidden: User "(?:[^"\\]|\\.)*" cannot `)

// LacksRight reports whether the API server refused a request because the caller lacks a right. An admission plugin, such as a quota,
// a policy or a webhook, refuses with the same 403 and words of its own, which may be any; but where an authorizer's sentence begins,
// those of policies and webhooks say first who denies.
func LacksRight(err error) bool {
	var status apierrors.APIStatus
	return apierrors.IsForbidden(err) && errors.As(err, &status) && noRight.MatchString(status.Status().Message)
}
