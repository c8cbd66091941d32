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
