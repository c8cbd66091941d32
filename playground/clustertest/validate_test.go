package clustertest

import (
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// TestUnknownFields applies what the schema does not know. A server-side apply needs the schema to merge, so the server
// refuses such a field however lenient it is asked to be (Validate=false).
func TestUnknownFields(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	u := b.configMap("settings", "a=b")
	u.Object["flavour"] = "sweet"
	for _, lenient := range []bool{false, true} {
		_, err := b.cluster.Apply(t.Context(), object.ApplyRequest{Object: u, Lenient: lenient})
		if err == nil || !strings.Contains(err.Error(), "flavour: field not declared in schema") {
			t.Errorf("lenient %v: the answer is %v", lenient, err)
		}
	}
}
