package engine

import (
	"errors"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// TestAHookOfADeletionWithoutANamespaceHasARemedy has hooks fail, and looks who is told to delete the application alone.
func TestAHookOfADeletionWithoutANamespaceHasARemedy(t *testing.T) {
	t.Parallel()
	gone := apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "shop")
	for name, c := range map[string]struct {
		kind app.OperationKind
		err  error
		want bool
	}{
		"a deletion whose namespace is gone": {app.KindDelete, gone, true},
		"a deletion for another reason":      {app.KindDelete, errors.New("no"), false},
		"a sync":                             {app.KindSync, gone, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := stranded(c.err, &plan.Plan{Kind: c.kind, App: app.Key{Name: "shop"}})
			if !errors.Is(err, c.err) {
				t.Errorf("it is another error: %v", err)
			}
			if got := strings.Contains(hint.Of(err), "wheelhouse app delete shop --cascade=false"); got != c.want {
				t.Errorf("the remedy is %q", hint.Of(err))
			}
		})
	}
}
