package command

import (
	"context"
	"errors"
	"fmt"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
)

// The exit statuses of the command line: a contract that scripts rely on.
const (
	ExitDone      = 0
	ExitDifferent = 1
	ExitUsage     = 2
	ExitNotFound  = 3
	ExitFailed    = 4
	ExitTimeout   = 5
	ExitRefused   = 6
	ExitError     = 7
)

// Outcome is an error with its exit status. With Quiet there is nothing more to say than the verb has printed.
type Outcome struct {
	Status int
	Quiet  bool
	Err    error
}

// Error returns the error's text, or the bare status.
func (o *Outcome) Error() string {
	if o.Err == nil {
		return fmt.Sprintf("exit status %d", o.Status)
	}
	return o.Err.Error()
}

// Unwrap returns the error behind the status.
func (o *Outcome) Unwrap() error { return o.Err }

// ExitStatus returns the exit status that an error of a verb stands for. A comparison that failed is never 0 or 1.
func ExitStatus(err error) int {
	if err == nil {
		return ExitDone
	}
	if o, ok := errors.AsType[*Outcome](err); ok {
		return o.Status
	}
	for _, sentinel := range []struct {
		err    error
		status int
	}{
		{engine.ErrForbidden, ExitRefused},
		{engine.ErrGuarded, ExitRefused},
		{engine.ErrPinned, ExitRefused},
		{engine.ErrAutomated, ExitRefused},
		{engine.ErrMoved, ExitRefused},
		{engine.ErrClusterChanged, ExitRefused},
		{engine.ErrReleased, ExitRefused},
		{engine.ErrInUse, ExitRefused},
		{engine.ErrUnseen, ExitRefused},
		{app.ErrLocked, ExitRefused},
		{app.ErrExists, ExitRefused},
		{app.ErrUnfit, ExitRefused},
		{engine.ErrDeclined, ExitFailed},
		{app.ErrMisused, ExitUsage},
		{app.ErrNotFound, ExitNotFound},
		{context.DeadlineExceeded, ExitTimeout},
	} {
		if errors.Is(err, sentinel.err) {
			return sentinel.status
		}
	}
	return ExitError
}

// usage marks an error as wrong usage.
func usage(err error) error { return &Outcome{Status: ExitUsage, Err: err} }

func usagef(format string, args ...any) error { return usage(fmt.Errorf(format, args...)) }
