package health

import (
	"context"
	"fmt"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// budget is what one run has left, and its context: the interpreter asks it before every instruction whether to go on.
// A step is an instruction, or as much work of a library's function.
type budget struct {
	steps, bytes int
	deadline     time.Time
	spent        error
}

var _ context.Context = (*budget)(nil)

var ended = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// Deadline says when the run is ended.
func (b *budget) Deadline() (time.Time, bool) { return b.deadline, true }

// Done is closed once the run has used what it may.
func (b *budget) Done() <-chan struct{} {
	b.take(1)
	if b.spent != nil {
		return ended
	}
	return nil
}

// Err says why the run was ended.
func (b *budget) Err() error { return b.spent }

// Value has nothing.
func (b *budget) Value(any) any { return nil }

// take counts steps, and looks at the clock at every 64th.
func (b *budget) take(n int) {
	before := b.steps
	b.steps -= n
	switch {
	case b.spent != nil:
	case b.steps < 0:
		b.spent = fmt.Errorf("it takes more than %d steps", luaSteps)
	case before/64 != b.steps/64 && time.Now().After(b.deadline):
		b.spent = fmt.Errorf("it takes longer than %s", luaTime)
	}
}

// work counts the steps of a function of a library, and raises an error when they are too many.
func (b *budget) work(l *lua.LState, n int) {
	if b.take(n); b.spent != nil {
		l.RaiseError("%s", b.spent)
	}
}

// memory counts bytes that a run has had. None are given back: what is garbage is not known here.
func (b *budget) memory(l *lua.LState, n int) {
	b.bytes -= n
	if b.bytes < 0 && b.spent == nil {
		b.spent = fmt.Errorf("it makes more than %d MiB of strings and tables", luaBytes>>20)
	}
	if b.spent != nil {
		l.RaiseError("%s", b.spent)
	}
}

// text refuses a string that is too long.
func (b *budget) text(l *lua.LState, n int) {
	if n > luaString {
		l.RaiseError("a string is too long")
	}
}
