package untrusted_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/internal/untrusted"
)

// bomb is a text that is small, and would not be with its aliases written out.
func bomb() string {
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x]\n")
	for i := byte('0'); i < '8'; i++ {
		at := string(i)
		b.WriteString("a" + string(i+1) + ": &a" + string(i+1) + " [" + strings.Repeat("*a"+at+", ", 8) + "*a" + at + "]\n")
	}
	return b.String()
}

func TestAFileThatCouldDoHarmIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"a large text":      {strings.Repeat("- a\n", 300_000), "larger than 1 MiB"},
		"many values":       {strings.Repeat("- a\n", 200_000), "more than 100000 values"},
		"a bomb of aliases": {bomb(), "with its aliases written out"},
		"deep nesting":      {strings.Repeat("[", 500) + strings.Repeat("]", 500), "nested more than 100 deep"},
		"an endless alias":  {"a: &a [*a]\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out any
			err := untrusted.Read(fstest.MapFS{"k.yaml": {Data: []byte(c.text)}}, "k.yaml", nil, &out)
			if err == nil || out != nil {
				t.Fatalf("it is read: %v", err)
			}
			if c.want != "" && (!errors.Is(err, untrusted.ErrLimit) || !strings.Contains(err.Error(), "k.yaml: ") || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v, want %s", err, c.want)
			}
			if c.want != "" && hint.Of(err) == "" {
				t.Error("there is no remedy")
			}
		})
	}
}

func TestABudgetHoldsForSeveralFiles(t *testing.T) {
	t.Parallel()
	files, budget := fstest.MapFS{"a": {Data: []byte("x: 12345\n")}}, untrusted.NewBudget(20)
	for i := range 3 {
		var out map[string]any
		err := untrusted.Read(files, "a", budget, &out)
		if (err != nil) != (i == 2) || i == 2 && !errors.Is(err, untrusted.ErrLimit) {
			t.Errorf("reading %d: %v", i, err)
		}
	}
}

func TestWhatIsNotThereOrNoFileIsToldApart(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"folder/a": {}}
	var out any
	if err := untrusted.Read(files, "b", nil, &out); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if err := untrusted.Read(files, "folder", nil, &out); err == nil || errors.Is(err, untrusted.ErrLimit) {
		t.Errorf("a folder: %v", err)
	}
}
