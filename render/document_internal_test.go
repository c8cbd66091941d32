package render

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDocumentsAreParted(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text string
		want []string
		line []int
	}{
		"one":                                    {"a: 1\n", []string{"a: 1\n"}, []int{0}},
		"nothing":                                {"", nil, nil},
		"two":                                    {"a: 1\n---\nb: 1\n", []string{"a: 1\n", "---\nb: 1\n"}, []int{0, 1}},
		"a marker at the beginning":              {"---\na: 1\n--- \nb: 1", []string{"---\na: 1\n", "--- \nb: 1"}, []int{0, 2}},
		"content or a comment behind a marker":   {"--- {a: 1}\n---\t# b\nb: 1\n", []string{"--- {a: 1}\n", "---\t# b\nb: 1\n"}, []int{0, 1}},
		"comments and directives before one":     {"# one\n\n%YAML 1.1\n---\na: 1\n", []string{"# one\n\n%YAML 1.1\n---\na: 1\n"}, []int{0}},
		"an end, and a document without a begin": {"a: 1\n...\n# two\nb: 1\n", []string{"a: 1\n...\n", "# two\nb: 1\n"}, []int{0, 2}},
		"dashes that are no marker":              {"---a: 1\n--- a\nb: |\n  ---\n  ...\n", []string{"---a: 1\n", "--- a\nb: |\n  ---\n  ...\n"}, []int{0, 1}},
		"breaks of other systems":                {"a: 1\r\n---\r\nb: 1\r---\rc: 1\u2028---\u2029d: 1", []string{"a: 1\r\n", "---\r\nb: 1\r", "---\rc: 1\u2028", "---\u2029d: 1"}, []int{0, 1, 3, 5}},
		"empty ones":                             {"---\n---\n...\n...\n", []string{"---\n", "---\n...\n", "...\n"}, []int{0, 1, 3}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var texts []string
			var lines []int
			for _, d := range documents([]byte(tt.text)) {
				texts, lines = append(texts, string(d.text)), append(lines, d.before)
			}
			if d := cmp.Diff(tt.want, texts) + cmp.Diff(tt.line, lines); d != "" {
				t.Error(d)
			}
			if strings.Join(texts, "") != tt.text {
				t.Errorf("something is lost of %q", tt.text)
			}
		})
	}
}
