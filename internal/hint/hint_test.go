package hint_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

func TestOf(t *testing.T) {
	t.Parallel()
	base := hint.With(io.ErrUnexpectedEOF, "fetch it again")
	tests := map[string]struct {
		err  error
		want string
	}{
		"nil has no remedy":                  {nil, ""},
		"a plain error has no remedy":        {io.EOF, ""},
		"the remedy is found when wrapped":   {fmt.Errorf("read pack: %w", base), "fetch it again"},
		"the outermost remedy wins":          {hint.With(base, "log in"), "log in"},
		"the remedy is found in joined ones": {errors.Join(io.EOF, base), "fetch it again"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := hint.Of(tt.err); got != tt.want {
				t.Errorf("Of(%v) = %q, want %q", tt.err, got, tt.want)
			}
		})
	}
}

func TestWithKeepsTheError(t *testing.T) {
	t.Parallel()
	err := hint.With(io.EOF, "try again")
	if !errors.Is(err, io.EOF) || err.Error() != "EOF" {
		t.Errorf("With changed the error: %v", err)
	}
	if hint.With(nil, "try again") != nil {
		t.Error("With(nil) is not nil")
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	plain, one, two := errors.New("a"), hint.With(errors.New("b"), "mend b"), hint.With(errors.New("c"), "mend c")
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"no remedy":                       {plain, "a"},
		"one":                             {fmt.Errorf("x: %w", one), "x: b; mend b"},
		"each behind its own":             {errors.Join(one, fmt.Errorf("x: %w", two)), "b; mend b\nx: c; mend c"},
		"not behind another's":            {errors.Join(one, plain), "b; mend b\na"},
		"in joins of joins":               {errors.Join(errors.Join(one, plain), two), "b; mend b\na\nc; mend c"},
		"one that all share":              {errors.Join(one, fmt.Errorf("again: %w", one)), "b\nagain: b; mend b"},
		"of a join as a whole":            {hint.With(errors.Join(one, two), "mend both"), "b\nc; mend both"},
		"of two errors in one sentence":   {fmt.Errorf("%w: %w", one, plain), "b: a; mend b"},
		"of the only one that was joined": {errors.Join(one), "b; mend b"},
	} {
		if got := hint.Text(c.err); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
