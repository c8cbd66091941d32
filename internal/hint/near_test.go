package hint_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

func TestNearNames(t *testing.T) {
	t.Parallel()
	names := []string{"nginx", "nginx-ingress", "redis", "postgresql", "mysql"}
	for name, want := range map[string][]string{
		"ngnix": {"nginx"}, "nginx": {"nginx", "nginx-ingress"}, "postgres": {"postgresql"}, "kafka": nil,
	} {
		if diff := cmp.Diff(want, hint.Near(name, names)); diff != "" {
			t.Errorf("near %s (-want +got):\n%s", name, diff)
		}
	}
}
