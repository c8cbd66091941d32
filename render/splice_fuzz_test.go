package render

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzSplice lays values over those of a text: what comes of it is refused, or reads as it should and has all comments of
// the text, in their order, when nothing went that may hold some.
func FuzzSplice(f *testing.F) {
	for _, seed := range [][2]string{
		{"a: 1 # one\n\n# of b\nb:\n  c: x\n  # d: y\n", "b: {c: 2, e: {f: [1]}}"},
		{"a: {b: 'x', c: [1, 2]} # c\n", "a: {c: null, d: [x]}"},
		{"a:\n- name: x # one\n  v: 1\n- name: z\n", "a: [{name: x, v: 2}]"},
		{"a: |+\n  x\n\n  # y\nb: >-\n  z\n", "{a: \"1\\n2\", b: q}"},
		{"--- # head\na: \"x\\\n  y\"\n...\n---\nb: 1\n", "{a: 'on', c: 0x1F}"},
		{"\ufeffa: &x\r\n  b: ''\r\nc:\r\n  <<: *x\r\n", "{a: null, c: {d: 1}}"},
		{"? a\n: - b\n  - - c\n    - # d\n      e: f\n", "a: [b, [1, 2]]"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, text, over string) {
		have, err := readMapping(text)
		if err != nil {
			return
		}
		values, err := readMapping(over)
		if err != nil {
			return
		}
		want, err := asRead(laid(have, values, nil))
		if err != nil {
			return
		}
		out, err := splice(text, want)
		if err != nil {
			if _, _, unread := problemsOf(text); !unread && !errors.Is(err, errSplice) {
				t.Fatal(err)
			}
			return
		}
		got, err := readMapping(out)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("of %q with %q comes %q, which reads as %v (%v)", text, over, out, got, err)
		}
		if strings.ContainsAny(text, "&*!") || !grows(have, want) || strings.Contains(written(t, have)+over, "#") {
			return
		}
		if d := cmp.Diff(comments(text), comments(out)); d != "" {
			t.Errorf("of %q with %q comes %q; comments (-want +got):\n%s", text, over, out, d)
		}
	})
}

// problemsOf reports whether a text cannot be read with its places.
func problemsOf(text string) (line int, message string, unread bool) {
	_, _, problems := readValues(text)
	for _, p := range problems {
		if !p.Warning {
			return p.Line, p.Message, true
		}
	}
	return 0, "", false
}

// grows reports whether values only came to a mapping, or took the place of single ones.
func grows(have, want map[string]any) bool {
	for k, old := range have {
		v, kept := want[k]
		if !kept {
			return false
		}
		below, nested := old.(map[string]any)
		with, still := v.(map[string]any)
		_, list := old.([]any)
		switch {
		case nested && still:
			if !grows(below, with) {
				return false
			}
		case (nested || list) && !reflect.DeepEqual(old, v):
			return false
		}
	}
	return true
}

func written(t *testing.T, values map[string]any) string {
	t.Helper()
	text, err := printed(values)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// comments are the rests of lines from their first number sign.
func comments(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if _, comment, ok := strings.Cut(line, "#"); ok {
			out = append(out, strings.TrimSpace(comment))
		}
	}
	return out
}
