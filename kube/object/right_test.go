package object_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

func TestLacksRight(t *testing.T) {
	t.Parallel()
	maps, deployments := schema.GroupResource{Resource: "configmaps"}, schema.GroupResource{Group: "apps", Resource: "deployments"}
	const sentence = `User "eve" cannot patch resource "deployments" in API group "apps" in the namespace "shop"`
	forbidden := func(gr schema.GroupResource, name, text string) error {
		return apierrors.NewForbidden(gr, name, errors.New(text))
	}
	// What a webhook denies is its own answer, which the server puts its name before.
	webhook := func(text string) error {
		return &apierrors.StatusError{ErrStatus: metav1.Status{
			Status: metav1.StatusFailure, Code: http.StatusForbidden, Reason: metav1.StatusReasonForbidden,
			Message: `admission webhook "validation.example.com" denied the request: ` + text,
		}}
	}
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"of one object":                       {forbidden(deployments, "web", sentence), true},
		"of a kind":                           {forbidden(maps, "", `User "eve" cannot list resource "configmaps" in API group "" at the cluster scope`), true},
		"of a path":                           {forbidden(schema.GroupResource{}, "", `User "system:anonymous" cannot get path "/openapi/v3"`), true},
		"of a subresource":                    {forbidden(deployments, "web", `User "eve" cannot patch resource "deployments/scale" in API group "apps" in the namespace "shop"`), true},
		"with the reason of an authorizer":    {forbidden(deployments, "web", sentence+`: requires one of ["container.deployments.update"] permission(s).`), true},
		"of a user with quotes in the name":   {forbidden(deployments, "web", `User "cn=\"eve\", o=shop" cannot patch resource "deployments"`), true},
		"in an error of ours":                 {fmt.Errorf("apply Deployment/shop/web: %w", forbidden(deployments, "web", sentence)), true},
		"and not of a policy":                 {forbidden(deployments, "web", `ValidatingAdmissionPolicy 'small' with binding 'small' denied request: replicas cannot exceed 5`), false},
		"and not of a policy with such words": {forbidden(deployments, "web", `ValidatingAdmissionPolicy 'small' denied request: deployments "web" is forbidden: `+sentence), false},
		"and not of a webhook":                {webhook("[small] replicas cannot exceed 5"), false},
		"and not of a webhook that says so":   {webhook(sentence), false},
		"and not of a plugin":                 {forbidden(maps, "settings", "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on"), false},
		"and not of a quota":                  {forbidden(maps, "settings", "exceeded quota: small, requested: count/configmaps=1, used: 5, limited: 5"), false},
		"and not of an object of such a name": {forbidden(maps, `x" is forbidden: User "eve" cannot `, "exceeded quota: small"), false},
		"and not without an answer":           {errors.New(`deployments.apps "web" is forbidden: ` + sentence), false},
		"and not of what is invalid":          {apierrors.NewBadRequest(`deployments.apps "web" is forbidden: ` + sentence), false},
		"and not of nothing":                  {nil, false},
	} {
		if got := object.LacksRight(c.err); got != c.want {
			t.Errorf("a right is missing %s: %t: %v", name, got, c.err)
		}
	}
}
