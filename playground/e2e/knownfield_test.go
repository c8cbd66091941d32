package e2e

import (
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/types"
)

// TestKnownFieldsOfACustomResource has a controller write a quantity of a custom resource in other words. To the server that is another
// value; where a rule for all applications says what the field holds, it is the one that git has.
func TestKnownFieldsOfACustomResource(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	see := w.see()
	definition := strings.Replace(inGroup("known.example.com", gauges("v1", "size")), "{type: integer}", "{type: string}", 1)
	gauge := "apiVersion: known.example.com/v1\nkind: Gauge\nmetadata: {name: front}\nspec: {size: 1000m}\n"
	w.create("known-field", newRepository(t, w.play, "known-field", map[string]string{"kind.yaml": definition, "gauge.yaml": gauge}))
	w.must("app", "sync", "known-field", "--timeout", "120s")
	dir := t.TempDir()
	drop(t, dir, "rules.yaml", "data: {resource.customizations.knownTypeFields.known.example.com_Gauge: \"[{field: spec.size, type: core/Quantity}]\"}\n")
	rules := []string{"--compare-rules", filepath.Join(dir, "rules.yaml")}
	for _, c := range []struct {
		size            string
		without, within int
	}{{"1", 1, 0}, {"2", 1, 1}, {"1000m", 0, 0}} {
		patch := []byte(`{"spec":{"size":"` + c.size + `"}}`)
		path := "/apis/known.example.com/v1/namespaces/known-field/gauges/front"
		if err := see.client.Discovery().RESTClient().Patch(types.MergePatchType).AbsPath(path).Body(patch).Do(t.Context()).Error(); err != nil {
			t.Fatal(err)
		}
		for _, run := range []struct {
			flags  []string
			status int
		}{{nil, c.without}, {rules, c.within}} {
			if r := w.run(append([]string{"app", "diff", "known-field"}, run.flags...)...); r.status != run.status {
				t.Errorf("a size of %s with %v: exit status %d, want %d\n%s%s", c.size, run.flags, r.status, run.status, r.out, r.err)
			}
		}
	}
}
