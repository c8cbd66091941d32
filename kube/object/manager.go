package object

import (
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/util/csaupgrade"
)

// ClientSideManagers are the field managers under which kubectl's client-side apply and its forerunners own fields. A field
// that such a manager owns stays in the cluster after git drops it (kubernetes/kubernetes#99003).
var ClientSideManagers = []string{"kubectl-client-side-apply", "before-first-apply"}

// Held returns those of the managers that hold fields of an object which they wrote without an apply, in the version that
// the object is read in.
func Held(u *unstructured.Unstructured, managers []string) []string {
	if u == nil || !slices.ContainsFunc(Writers(u), func(name string) bool { return slices.Contains(managers, name) }) {
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

// Writers names the field managers of an object, subresources apart, each once. It decodes nothing, for it is asked of every
// object.
func Writers(u *unstructured.Unstructured) []string {
	meta, _ := u.Object["metadata"].(map[string]any)
	entries, _ := meta["managedFields"].([]any)
	var out []string
	for _, e := range entries {
		entry, _ := e.(map[string]any)
		name, _ := entry["manager"].(string)
		if sub, _ := entry["subresource"].(string); sub == "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// TakenOver returns a live object as it is once the fields of these managers are ours; it is returned itself where they hold
// none. Nothing but its managed fields differs.
func TakenOver(live *unstructured.Unstructured, managers []string) (*unstructured.Unstructured, error) {
	if len(Held(live, managers)) == 0 {
		return live, nil
	}
	out := live.DeepCopy()
	if err := csaupgrade.UpgradeManagedFields(out, sets.New(managers...), FieldManager); err != nil {
		return nil, fmt.Errorf("take over fields of %s: %w", Of(live), err)
	}
	return out, nil
}
