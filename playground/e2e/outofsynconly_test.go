package e2e

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// TestOnlyWhatIsOutOfSyncIsWritten changes one object in git, while another is as git has it and a third as well, but for that nobody
// owns its fields: only ownership is what ApplyOutOfSyncOnly leaves alone, for what is in sync is written by no sync.
func TestOnlyWhatIsOutOfSyncIsWritten(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		option string
		owned  int
	}{
		"written-owned":   {"PruneLast=true", 1},
		"written-changed": {"ApplyOutOfSyncOnly=true", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := onOwnStore(t)
			see := w.see()
			repo := newRepository(t, w.play, name, map[string]string{
				"a.yaml": configMap("changed", "one"), "b.yaml": configMap("same", "one"), "c.yaml": configMap("unowned", "one"),
			})
			w.create(name, repo, "--sync-option", c.option)
			w.must("app", "sync", name)
			nobody := []byte(`{"metadata":{"managedFields":[{}]}}`)
			if _, err := see.client.CoreV1().ConfigMaps(name).Patch(t.Context(), "unowned", types.MergePatchType, nobody, metav1.PatchOptions{}); err != nil {
				t.Fatal(err)
			}
			before := see.get(name, "unowned").ResourceVersion
			repo.push("change one", map[string]string{"a.yaml": configMap("changed", "two")})
			lined, writes := w.noted()
			lined.must("app", "sync", name)
			for object, want := range map[string]int{"changed": 1, "same": 0, "unowned": c.owned} {
				if got := writes.of("configmaps/" + object); len(got) != want {
					t.Errorf("%s was written %d times, want %d", object, len(got), want)
				}
			}
			if wrote := see.get(name, "unowned").ResourceVersion != before; wrote != (c.owned == 1) {
				t.Errorf("the server has another version of it: %t", wrote)
			}
			contains(t, w.must("app", "get", name, "--refresh"), "Synced")
		})
	}
}
