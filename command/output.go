package command

import (
	"errors"
	"io"
	"sync/atomic"
	"syscall"
)

// Output is a stream whose reader may be gone before all is written, as head is, and a dropped line of ssh. What is written
// then is dropped: that nobody reads what a verb prints is no reason to do less, or to end with another status. It may be
// written to by several goroutines when what it is made of may.
type Output struct {
	to   io.Writer
	gone atomic.Bool
}

// NewOutput returns an Output that writes to a stream.
func NewOutput(to io.Writer) *Output { return &Output{to: to} }

// Write writes to the stream, and fails for any other reason than a lost reader.
func (o *Output) Write(p []byte) (int, error) {
	if o.gone.Load() {
		return len(p), nil
	}
	n, err := o.to.Write(p)
	if errors.Is(err, syscall.EPIPE) {
		o.gone.Store(true)
		return len(p), nil
	}
	return n, err
}

// unread reports whether nobody reads any more what the verb prints. One that would print without end ends then.
func (e *Env) unread() bool {
	o, ok := e.Out.(*Output)
	return ok && o.gone.Load()
}
