package render

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// spliced lays values, written as YAML, over a text's own.
func spliced(t *testing.T, text, over string) (string, error) {
	t.Helper()
	have, err := readMapping(text)
	if err != nil {
		t.Fatal(err)
	}
	values, err := readMapping(over)
	if err != nil {
		t.Fatal(err)
	}
	return splice(text, laid(have, values, nil))
}

func TestSpliceChangesWhatChangesAndNothingElse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, over, want string }{
		"nothing":                                     {"a:  1 # one\n", "a: 1", "a:  1 # one\n"},
		"a value before a comment":                    {"a:   1   # one\nb: 2\n", "a: 3", "a:   3   # one\nb: 2\n"},
		"a value keeps its quotes":                    {"a: 'x' # one\nb: \"y\"\n", "{a: it's, b: z}", "a: 'it''s' # one\nb: \"z\"\n"},
		"a text that looks like something else":       {"a: x\nb: 'y'\n", "{a: 'on', b: 1}", "a: \"on\"\nb: 1\n"},
		"a number stays a number":                     {"a: 1\n", "a: 1234567890", "a: 1234567890\n"},
		"a value that was not there":                  {"a:\nb: # soon\nc: ~\n", "{a: 1, b: x, c: z}", "a: 1\nb: x # soon\nc: z\n"},
		"a value with an anchor":                      {"a: &x 1\nb: 2\n", "a: 3", "a: &x 3\nb: 2\n"},
		"a key that means true":                       {"on: 1\n\"off\": 2\n", "{'true': 3, 'off': 4}", "on: 3\n\"off\": 4\n"},
		"a value in braces":                           {"a: { b: 'x', c: [1, 2] } # c\n", "a: {b: z, c: [1, 3]}", "a: { b: 'z', c: [1, 3] } # c\n"},
		"a key into braces":                           {"a: {b: 1}\nc: {}\n", "{a: {d: [x, 'y,z']}, c: {e: 1}}", "a: {b: 1, d: [x, 'y,z']}\nc: {e: 1}\n"},
		"keys out of braces":                          {"a: {b: 1, c: 2, d: 3}\ne: {f: 1}\n", "{a: {b: null, d: null}, e: {f: null}}", "a: {c: 2}\ne: {}\n"},
		"braces over several lines":                   {"a: {\n  b: 1, # one\n  c: 2,\n}\n", "a: {c: 3, d: 4}", "a: {\n  b: 1, # one\n  c: 3, d: 4,\n}\n"},
		"everything in braces":                        {"{a: 1, b: {c: x}} # all\n", "b: {c: z}", "{a: 1, b: {c: z}} # all\n"},
		"a key at the end":                            {"a: 1\n\n# the end\n", "b: {c: 2}", "a: 1\nb:\n  c: 2\n\n# the end\n"},
		"a key as the author indents":                 {"a:\n    b: 1\n\nc: 2\n", "a: {d: {e: 1}}", "a:\n    b: 1\n    d:\n        e: 1\n\nc: 2\n"},
		"a key that goes":                             {"# of a\na: 1 # one\n\n# of b\nb:\n  c: 1\n  # d: 2\nd: 3\n", "{a: null, b: null}", "# of a\n\n# of b\nd: 3\n"},
		"the last key of a mapping":                   {"a:\n  # of b\n  b: 1\nc: 2\n", "a: {b: null}", "a: {}\n  # of b\nc: 2\n"},
		"a mapping becomes a value":                   {"a: # all\n  # of b\n  b: 1\nc: 2\n", "a: x", "a: x # all\n  # of b\nc: 2\n"},
		"a list becomes lines":                        {"a:\n  # of x\n  - x\n  # - y\nb: 1\n", "a: \"1\\n2\"", "a: \"1\\n2\"\n  # of x\n  # - y\nb: 1\n"},
		"lines with an own indentation become others": {"a: |2\n    one\nb: 1\n", "a: \"1\\n2\"", "a: |-\n  1\n  2\nb: 1\n"},
		"a value becomes a mapping":                   {"a: x # all\nc: 2\n", "a: {b: 1}", "a: # all\n  b: 1\nc: 2\n"},
		"a value becomes lines":                       {"a: x # all\nc: 2\n", "a: \"1\\n2\\n\"", "a: | # all\n  1\n  2\nc: 2\n"},
		"lines become others":                         {"a: |  # all\n    one\n\n    three\nc: 2\n", "a: \"one\\n\\ntwo\"", "a: |-  # all\n    one\n\n    two\nc: 2\n"},
		"lines become a value":                        {"a: |  # all\n    one\n    # two\nc: 2\n", "a: x", "a: x  # all\nc: 2\n"},
		"an element of a list":                        {"a:\n- x # one\n- y\nb: 1\n", "a: [x, z]", "a:\n- x # one\n- z\nb: 1\n"},
		"a field in a list":                           {"a:\n  - name: x\n    v: 1 # one\n  - {name: y, v: 2}\n", "a: [{name: x, v: 3}, {name: y, v: 4}]", "a:\n  - name: x\n    v: 3 # one\n  - {name: y, v: 4}\n"},
		"a first field of an element goes":            {"a:\n  - name: x\n    v: 1\n", "a: [{v: 1}]", "a:\n  - v: 1\n"},
		"an element at the end":                       {"a:\n- x # one\n\nb: 1\n", "a: [x, {k: v}]", "a:\n- x # one\n- k: v\n\nb: 1\n"},
		"an element in the middle":                    {"a:\n  - x # one\n  # of y\n  - y\n", "a: [x, z, y]", "a:\n  - x # one\n  - z\n  # of y\n  - y\n"},
		"elements that go":                            {"a:\n  - x # one\n  # of y\n  - y\n  - z\n", "a: [x, z]", "a:\n  - x # one\n  # of y\n  - z\n"},
		"all elements go":                             {"a:\n  - x\n  - y\nb: 1\n", "a: []", "a: []\nb: 1\n"},
		"a list in a list":                            {"a:\n  - - x\n    - y\n", "a: [[x, z]]", "a:\n  - - x\n    - z\n"},
		"text over several lines":                     {"a: one\n  two\n  three # all\nb: 'x\n  y' # c\n", "{a: z, b: z}", "a: z # all\nb: 'z' # c\n"},
		"no line end at the end":                      {"a:\n  b: 1", "{a: {c: 2}, d: 3}", "a:\n  b: 1\n  c: 2\nd: 3"},
		"Windows' line ends":                          {"a: 1\r\nb:\r\n  c: 2\r\n", "{b: {c: 3, d: \"1\\n2\"}}", "a: 1\r\nb:\r\n  c: 3\r\n  d: |-\r\n    1\r\n    2\r\n"},
		"a byte order mark":                           {"\ufeffa: 1\nb: 2\n", "{a: 3, c: 4}", "\ufeffa: 3\nb: 2\nc: 4\n"},
		"letters of several bytes":                    {"ä: {ö: ü, é: 1}\n", "ä: {é: 2}", "ä: {ö: ü, é: 2}\n"},
		"tabs between":                                {"a:\t1\t# one\n", "a: 2", "a:\t2\t# one\n"},
		"a first document of two":                     {"a: 1\n---\na: 5\n", "{a: 2, b: 3}", "a: 2\nb: 3\n---\na: 5\n"},
		"a document with a head and a foot":           {"---\n# mine\na: 1\n...\n", "b: 2", "---\n# mine\na: 1\nb: 2\n...\n"},
		"comments alone":                              {"# a: 1\n", "a: 1", "# a: 1\na: 1\n"},
		"nothing at all":                              {"", "a: {b: 1}", "a:\n  b: 1\n"},
		"an alias gets a value of its own":            {"a: &x {b: 1}\nc: *x # c\n", "c: {b: 2}", "a: &x {b: 1}\nc: # c\n  b: 2\n"},
		"a key beside a merge key":                    {"a: &x {b: 1}\nc:\n  <<: *x\n  d: 2\n", "c: {b: 2}", "a: &x {b: 1}\nc:\n  <<: *x\n  d: 2\n  b: 2\n"},
		"blank lines that a text keeps":               {"a: |+\n  x\n\nb: 1\n", "c: 2", "a: |+\n  x\n\nb: 1\nc: 2\n"},
		"a key behind a text that keeps lines":        {"b:\n  a: |+\n    x\n\nc: 1\n", "b: {d: 2}", "b:\n  a: |+\n    x\n\n  d: 2\nc: 1\n"},
		"a separator in a text":                       {"a: |\n  ---\nb: 1\n", "b: 2", "a: |\n  ---\nb: 2\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := spliced(t, c.text, c.over)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestSpliceRefusesWhatItWouldDamage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, over, says string }{
		"a value that another place repeats":  {"a: &x {b: 1}\nc: *x\n", "a: {b: 2}", "line 2 repeats &x"},
		"a key that a merge key brings":       {"a: &x {b: 1}\nc:\n  <<: *x\n", "c: {b: null}", "merge key"},
		"a key that is there twice":           {"a: 1\nb: 2\na: 3\n", "b: 3", "line 3"},
		"an anchor that would go":             {"a: &x 1\nb: *x\n", "a: {c: 1}", "repeats &x"},
		"a text whose line end would be made": {"a: |\n  x", "b: 1", "something else"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := spliced(t, c.text, c.over)
			if !errors.Is(err, errSplice) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}
