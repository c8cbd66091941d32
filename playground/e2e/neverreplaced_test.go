package e2e

import (
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// holder is an object that holds data or others, by the path that a server has it under.
type holder struct{ ref, path string }

// identity returns the UID of an object that nobody deletes.
func (e eyes) identity(h holder) string {
	e.t.Helper()
	body, err := e.client.Discovery().RESTClient().Get().AbsPath(h.path).DoRaw(e.t.Context())
	if err != nil {
		e.t.Fatalf("%s: %v", h.ref, err)
	}
	u := &unstructured.Unstructured{}
	if err := u.UnmarshalJSON(body); err != nil {
		e.t.Fatal(err)
	}
	if u.GetDeletionTimestamp() != nil {
		e.t.Errorf("%s is being deleted", h.ref)
	}
	return string(u.GetUID())
}

// TestWhatHoldsDataIsNeverReplaced asks in every way there is for objects to be made anew that hold data or others, and changes in git
// what a server refuses to change: the sync fails, and they are the ones they were. What can be changed is changed in place.
func TestWhatHoldsDataIsNeverReplaced(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	see := w.see()
	const replace = "Replace=true,Force=true"
	files := func(size, path, scope, tier string) map[string]string {
		definition := strings.ReplaceAll(inGroup("kept.example.com", gauges("v1", "size")), "scope: Namespaced", "scope: "+scope)
		return map[string]string{
			"claim.yaml": withOption(replace, "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: data\nspec: {accessModes: [ReadWriteOnce], storageClassName: "+
				size+", resources: {requests: {storage: 1Gi}}}\n"),
			"volume.yaml": withOption(replace, "apiVersion: v1\nkind: PersistentVolume\nmetadata:\n  name: kept-for-ever\nspec: {accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, hostPath: {path: "+
				path+"}, storageClassName: none}\n"),
			"kind.yaml":      withOption(replace, definition),
			"namespace.yaml": withOption(replace, labelled("tier: "+tier, "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: kept-for-ever\n")),
		}
	}
	repo := newRepository(t, w.play, "kept-for-ever", files("first", "/first", "Namespaced", "first"))
	w.create("kept-for-ever", repo)
	w.must("app", "sync", "kept-for-ever", "--timeout", "120s")
	holders := []holder{
		{"PersistentVolumeClaim/kept-for-ever/data", "/api/v1/namespaces/kept-for-ever/persistentvolumeclaims/data"},
		{"PersistentVolume/kept-for-ever", "/api/v1/persistentvolumes/kept-for-ever"},
		{"CustomResourceDefinition/gauges.kept.example.com", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gauges.kept.example.com"},
		{"Namespace/kept-for-ever", "/api/v1/namespaces/kept-for-ever"},
	}
	before := map[string]string{}
	for _, h := range holders {
		before[h.ref] = see.identity(h)
	}

	repo.push("change what cannot be changed", files("second", "/second", "Cluster", "second"))
	for _, flags := range [][]string{nil, {"--force"}} {
		plan := w.must(append([]string{"app", "plan", "kept-for-ever"}, flags...)...)
		for _, h := range holders[:3] {
			contains(t, rowOf(t, plan, h.ref), "refused", "immutable")
		}
		for line := range strings.Lines(plan) {
			if strings.HasPrefix(strings.TrimSpace(line), "replace") {
				t.Errorf("the plan says %s", line)
			}
		}
		said := w.expect(4, append([]string{"app", "sync", "kept-for-ever", "--yes", "--timeout", "120s"}, flags...)...)
		for _, h := range holders {
			if now := see.identity(h); now != before[h.ref] {
				t.Errorf("%s is another one after %v: %s", h.ref, flags, fmt.Sprint(said))
			}
		}
	}
	ns, err := see.client.CoreV1().Namespaces().Get(t.Context(), "kept-for-ever", metav1.GetOptions{})
	if err != nil || ns.Labels["tier"] != "second" {
		t.Errorf("the Namespace was not changed in place: %v (%v)", ns.Labels, err)
	}
}
