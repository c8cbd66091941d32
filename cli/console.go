package cli

import (
	"context"
	"errors"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// console opens the console.
func (g *global) console(context.Context) error {
	return hint.With(errors.New("the console is not built into this program"), "use the commands: wheelhouse --help")
}
