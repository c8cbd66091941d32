package app_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// FuzzDecodeEncode checks that what was read is written and read again as the same document, unknown fields included.
func FuzzDecodeEncode(f *testing.F) {
	f.Add([]byte(unknownEverywhere))
	f.Add([]byte(header + "x: &a [yes, 1.5, ~]\nspec:\n  y: *a\n  sources:\n  - {repoURL: u, z: {<<: {q: 1}}}\n"))
	f.Add([]byte(header + "spec:\n  source:\n    helm:\n      values: |+\n        a: 1\n\n      other: \" x\\n\"\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := app.Decode(data, "in.yaml")
		if err != nil {
			return
		}
		text, err := app.Encode(a)
		if err != nil {
			t.Fatalf("encode what was decoded: %v", err)
		}
		b, err := app.Decode(text, "out.yaml")
		if err != nil {
			t.Fatalf("decode what was encoded: %v\n%s", err, text)
		}
		if diff := cmp.Diff(document(t, a), document(t, b)); diff != "" {
			t.Errorf("changed on the way (-in +out):\n%s\n%s", diff, text)
		}
	})
}

// FuzzUnmarshalKeepsUnknown checks that JSON fields of any name and content come back out.
func FuzzUnmarshalKeepsUnknown(f *testing.F) {
	f.Add("future", `{"a": [1, null]}`)
	f.Add("Spec", `"x"`)
	f.Fuzz(func(t *testing.T, name, value string) {
		if !json.Valid([]byte(value)) {
			return
		}
		field, err := json.Marshal(map[string]any{"unknown:" + name: json.RawMessage(value)})
		if err != nil {
			return
		}
		var want map[string]any
		if json.Unmarshal(field, &want) != nil {
			return
		}
		text := `{"metadata": {"name": "web"}, "spec": {"destination": ` + string(field) + `, "sources": [` + string(field) + `]}}`
		doc := document(t, parse(t, text))
		for _, path := range [][]any{{"spec", "destination"}, {"spec", "sources", 0}} {
			got, _ := at(doc, path...).(map[string]any)
			for k, v := range want {
				if diff := cmp.Diff(v, got[k]); diff != "" {
					t.Errorf("%v changed (-in +out):\n%s", path, diff)
				}
			}
		}
	})
}
