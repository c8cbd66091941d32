package render_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/render"
)

// FuzzOverride edits a chart's values, over which the application has own ones: the override that comes of it must give the
// edited values, for a chart's templates see nothing of how they came about.
func FuzzOverride(f *testing.F) {
	for _, seed := range [][3]string{
		{"a: 1\nb: {c: x}\n", "", "a: 2\nb: {c: x}\n"},
		{"a: 1 # one\nlist: [1, 2]\n", "", "a: 1 # one\nlist: [2]\n"},
		{"a:\n  b: 1\n  c: 2\n", "# ours\na: {b: 3}\n", "a:\n  c: 2\n"},
		{"a: x\n", "b: 1\n", "a: {b: y}\n"},
		{"", "a: 1\n", "a: '0123'\n"},
		{"a: {b: 1}\n", "a: {b: null}\n", "a: {c: 1}\n"},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, base, own, edited string) {
		want, ok := plainValues(edited)
		_, readable := plainValues(base)
		if _, mine := plainValues(own); !ok || !readable || !mine && own != "" {
			return
		}
		files := repo{
			"web/Chart.yaml": still["web/Chart.yaml"], "web/values.yaml": base,
			"web/templates/all.yaml": configMap("all", "{{ .Values | toJson | quote }}"),
		}
		r, err := render.Values{}.Edit(t.Context(), files.request(helm(app.HelmSource{Values: own})), app.ValuesEdit{Text: edited})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range r.Problems {
			if !p.Warning {
				return
			}
		}
		if r.CommitOnly != "" {
			if own == "" {
				t.Errorf("%q edited to %q cannot be kept: %s", base, edited, r.CommitOnly)
			}
			return
		}
		out, err := render.Render(t.Context(), files.request(r.Source))
		if err != nil {
			t.Fatalf("render %+v: %v", r.Source.Helm, err)
		}
		got := map[string]any{}
		if err := json.Unmarshal([]byte(field(t, out, "data", "value")), &got); err != nil {
			t.Fatal(err)
		}
		delete(got, "global")
		if !reflect.DeepEqual(withoutNulls(got), withoutNulls(want)) {
			t.Errorf("of %q with %q edited to %q comes the override %+v, which gives %v", base, own, edited, r.Source.Helm, got)
		}
	})
}

// plainValues reads values that mean the same in YAML and JSON.
func plainValues(text string) (map[string]any, bool) {
	out := map[string]any{}
	if yaml.UnmarshalStrict([]byte(text), &out) != nil || out == nil {
		return nil, false
	}
	_, global := out["global"]
	return out, !global
}

func withoutNulls(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if e == nil {
				delete(v, k)
				continue
			}
			v[k] = withoutNulls(e)
		}
	case []any:
		for i := range v {
			v[i] = withoutNulls(v[i])
		}
	}
	return v
}
