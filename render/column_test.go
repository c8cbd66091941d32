package render_test

import (
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/render"
)

func TestWhatIsNoYAMLHasALineAndAColumn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text         string
		line, column int
	}{
		"a value after a value":     {"a:\n    b: 1\n  c: x: y\n", 3, 3},
		"a key that is there twice": {"a: 1\nb:\n  c: 1\n  c: 2\n", 4, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := render.Values{}.Edit(t.Context(), still.request(helm(app.HelmSource{})), app.ValuesEdit{Text: c.text})
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Problems) == 0 || r.Problems[0].Line != c.line || r.Problems[0].Column != c.column {
				t.Errorf("got %+v, want line %d, column %d", r.Problems, c.line, c.column)
			}
		})
	}
}
