package command_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/command"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
)

func TestExitStatus(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want int
	}{
		"nothing failed":         {nil, 0},
		"a difference":           {&command.Outcome{Status: command.ExitDifferent, Quiet: true}, 1},
		"an application missing": {app.ErrNotFound, 3},
		"a failed operation":     {&command.Outcome{Status: command.ExitFailed, Err: errors.New("no")}, 4},
		"time is up":             {context.DeadlineExceeded, 5},
		"a missing role":         {engine.ErrForbidden, 6},
		"a guard":                {&engine.GuardError{}, 6},
		"a refusing API server":  {fmt.Errorf("patch: %w", engine.ErrDeclined), 4},
		"a pin":                  {engine.ErrPinned, 6},
		"another cluster":        {engine.ErrClusterChanged, 6},
		"a lock":                 {app.ErrLocked, 6},
		"what cannot be now":     {app.Unfit(errors.New("it is paused already")), 6},
		"anything else":          {errors.New("the disk is full"), 7},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := c.err
			if err != nil {
				err = fmt.Errorf("sync web: %w", err)
			}
			if got := command.ExitStatus(err); got != c.want {
				t.Errorf("exit status %d, want %d", got, c.want)
			}
		})
	}
}
