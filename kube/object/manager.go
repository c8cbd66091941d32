package object

import (
	"encoding/json"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/util/csaupgrade"
)

// argoManager is the field manager of Argo CD's syncs, which apply on the client's side, and with ServerSideApply=true on the
// server's.
const argoManager = "argocd-controller"

// ClientSideManagers are the field managers under which kubectl's client-side apply, its forerunners and Argo CD own fields. A
// field that such a manager owns stays in the cluster after git drops it (kubernetes/kubernetes#99003).
var ClientSideManagers = []string{"kubectl-client-side-apply", "before-first-apply", argoManager}

// Takes reports whether a takeover from these managers takes the fields of an entry: those that one of them wrote to the object
// itself without an apply, and of Argo CD those that it applied as well.
func Takes(e metav1.ManagedFieldsEntry, managers []string) bool {
	return e.Subresource == "" && slices.Contains(managers, e.Manager) &&
		(e.Operation == metav1.ManagedFieldsOperationUpdate || e.Manager == argoManager)
}

// Held returns those of the managers that hold fields of an object which a takeover takes, in the version that the object is
// read in.
func Held(u *unstructured.Unstructured, managers []string) []string {
	if u == nil || !slices.ContainsFunc(Writers(u), func(name string) bool { return slices.Contains(managers, name) }) {
		return nil
	}
	var out []string
	for _, e := range u.GetManagedFields() {
		if Takes(e, managers) && e.APIVersion == u.GetAPIVersion() && !slices.Contains(out, e.Manager) {
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
	err := csaupgrade.UpgradeManagedFields(out, sets.New(managers...), FieldManager)
	if err == nil && slices.Contains(managers, argoManager) {
		// What Argo CD wrote without an apply is ours by now, so nothing is lost where it did both.
		unapply(out, argoManager)
		err = csaupgrade.UpgradeManagedFields(out, sets.New(argoManager), FieldManager)
	}
	if err != nil {
		return nil, fmt.Errorf("take over fields of %s: %w", Of(live), err)
	}
	return out, nil
}

// unapply makes what a manager applied, in the version of the object, what it wrote without an apply.
func unapply(u *unstructured.Unstructured, manager string) {
	entries := u.GetManagedFields()
	for i, e := range entries {
		if e.Manager == manager && e.Subresource == "" && e.APIVersion == u.GetAPIVersion() {
			entries[i].Operation = metav1.ManagedFieldsOperationUpdate
		}
	}
	u.SetManagedFields(entries)
}

// TakeoverPatch is the JSON patch that makes a live object what [TakenOver] returns. It is refused as a conflict where the object is
// of another version by then.
func TakeoverPatch(live *unstructured.Unstructured, managers []string) ([]byte, error) {
	ours, err := TakenOver(live, managers)
	if err != nil {
		return nil, err
	}
	// To replace the version is how the server is told of the one that is meant: a test of it would be refused as invalid.
	return json.Marshal([]map[string]any{
		{"op": "replace", "path": "/metadata/managedFields", "value": ours.GetManagedFields()},
		{"op": "replace", "path": "/metadata/resourceVersion", "value": live.GetResourceVersion()},
	})
}
