package diff_test

import (
	"errors"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
)

// TestWhatIsNotValidIsRefusedWhateverElseThereIs tells what an object is refused for: itself, or what else there is.
func TestWhatIsNotValidIsRefusedWhateverElseThereIs(t *testing.T) {
	t.Parallel()
	deployment, service := schema.GroupKind{Group: "apps", Kind: "Deployment"}, schema.GroupKind{Kind: "Service"}
	port := field.NewPath("spec", "ports").Index(0).Child("nodePort")
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"a field that the schema does not have": {
			apierrors.NewInternalError(errors.New("failed to create typed patch object (web/a; apps/v1, Kind=Deployment): .spec.imag: field not declared in schema")), true,
		},
		"a value that is not valid":           {apierrors.NewInvalid(deployment, "a", field.ErrorList{field.Required(field.NewPath("spec", "selector"), "")}), true},
		"a port that somebody has":            {apierrors.NewInvalid(service, "a", field.ErrorList{field.Invalid(port, 30080, "provided port is already allocated")}), false},
		"what a policy denies":                {apierrors.NewInvalid(deployment, "a", field.ErrorList{field.Forbidden(nil, "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no")}), false},
		"what a webhook denies":               {apierrors.NewBadRequest(`admission webhook "gate.example.com" denied the request: not today`), false},
		"an account that is not there":        {apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "a", errors.New("error looking up service account")), false},
		"a server that does not answer":       {errors.New("dial tcp: connection refused"), false},
		"an object that somebody has changed": {apierrors.NewConflict(schema.GroupResource{Resource: "pods"}, "a", errors.New("modified")), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := diff.Invalid(c.err); got != c.want {
				t.Errorf("it counts as invalid: %t", got)
			}
		})
	}
}
