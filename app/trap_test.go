package app_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

func TestWarningsOfADocument(t *testing.T) {
	t.Parallel()
	text := header + `spec:
  sources:
  - helm:
      valuesObject:
        on: 0755
  - helm:
      values: |

          a: yes
          b: 'no'
          b: n
`
	var said []string
	for _, p := range app.Warnings([]byte(text), "web.yaml") {
		said = append(said, p.Place()+": "+p.Message)
	}
	want := []string{
		"web.yaml:9:9: the key on is read as true: quote it",
		"web.yaml:9:13: 0755 is octal and read as 493: quote it, or write 493",
		"web.yaml:13:14: yes is read as true: write true, or quote it where it is text",
		`web.yaml:15:11: "b" is there already, in line 14, column 11: only the last one counts`,
		"web.yaml:15:14: n is read as false: write false, or quote it where it is text",
	}
	if d := cmp.Diff(want, said); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
