package command_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"syscall"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/command"
)

// writerFunc is a stream that is one function.
type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestOutput(t *testing.T) {
	t.Parallel()
	t.Run("what is read is written", func(t *testing.T) {
		t.Parallel()
		var b bytes.Buffer
		if n, err := io.WriteString(command.NewOutput(&b), "line\n"); n != 5 || err != nil || b.String() != "line\n" {
			t.Errorf("wrote %d, %v: %q", n, err, b.String())
		}
	})
	t.Run("what nobody reads is dropped, after one try", func(t *testing.T) {
		t.Parallel()
		tries := 0
		o := command.NewOutput(writerFunc(func([]byte) (int, error) {
			tries++
			return 2, &os.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.EPIPE}
		}))
		for range 3 {
			if n, err := io.WriteString(o, "line\n"); n != 5 || err != nil {
				t.Errorf("wrote %d, %v", n, err)
			}
		}
		if tries != 1 {
			t.Errorf("it was tried %d times", tries)
		}
	})
	t.Run("another failure is told", func(t *testing.T) {
		t.Parallel()
		o := command.NewOutput(writerFunc(func([]byte) (int, error) { return 0, syscall.ENOSPC }))
		if _, err := io.WriteString(o, "line\n"); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("got %v", err)
		}
	})
}
