package object

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// ClientSideManagers are the field managers under which kubectl's client-side apply and its forerunners own fields. A field
// that such a manager owns stays in the cluster after git drops it (kubernetes/kubernetes#99003).
var ClientSideManagers = []string{"kubectl-client-side-apply", "before-first-apply"}

// Held returns those of the managers that hold fields of an object which they wrote without an apply, in the version that
// the object is read in.
func Held(u *unstructured.Unstructured, managers []string) []string {
	if u == nil || len(managers) == 0 {
		return nil
	}
	var out []string
	for _, e := range u.GetManagedFields() {
		if e.Operation == metav1.ManagedFieldsOperationUpdate && e.Subresource == "" && e.APIVersion == u.GetAPIVersion() &&
			slices.Contains(managers, e.Manager) && !slices.Contains(out, e.Manager) {
			out = append(out, e.Manager)
		}
	}
	slices.Sort(out)
	return out
}
