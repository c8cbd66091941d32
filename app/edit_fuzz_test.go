package app_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// FuzzEdit checks that an edited text reads as the application it was edited to, whatever the author's style.
func FuzzEdit(f *testing.F) {
	f.Add([]byte(authored), "v2", "note")
	f.Add([]byte("a: 1\n---\n"+header+"...\n"), "two\nlines", "new")
	f.Add([]byte("{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {name: web}}"), "yes", "x")
	f.Add([]byte(header+"spec:\n  source: &s {repoURL: u}\n  sources:\n  - *s\n  - <<: *s\n    path: |\n      a\n\n      # b\n"), "", "")
	f.Fuzz(func(t *testing.T, data []byte, value, name string) {
		a, err := app.Decode(data, "in.yaml")
		if err != nil {
			return
		}
		a = a.Clone()
		a.Metadata.Annotations = map[string]string{name: value}
		a.Spec.Info = append(a.Spec.Info, app.Info{Name: name, Value: value})
		a.Spec.Source = nil
		if len(a.Spec.Sources) > 0 {
			a.Spec.Sources[0].TargetRevision = value
		}
		want := document(t, a.WithoutStatus())
		out, err := app.Edit(data, "in.yaml", a)
		if err != nil {
			t.Fatalf("edit: %v", err)
		}
		b, err := app.Decode(out, "out.yaml")
		if err != nil {
			t.Fatalf("decode what was edited: %v\n%s", err, out)
		}
		if diff := cmp.Diff(want, document(t, b.WithoutStatus())); diff != "" {
			t.Errorf("(-want +got):\n%s\n%s", diff, out)
		}
	})
}
