package object

import (
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// LacksRight reports whether the API server refused a request because the caller lacks a right. An admission plugin, such as a quota
// or a policy, refuses with the same 403: the texts are those of the server's authorizer (k8s.io/apiserver
// handlers/responsewriters) against all others.
func LacksRight(err error) bool {
	return apierrors.IsForbidden(err) && strings.Contains(err.Error(), " cannot ")
}
