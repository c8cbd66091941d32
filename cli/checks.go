package cli

import (
	"fmt"
	"os"

	"github.com/wheelhouse-gitops/wheelhouse/command"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/health"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// readChecks reads the users' own health checks; no file is none. A file that cannot be read ends the program: health
// that is judged by other rules than those that were asked for is wrong in silence.
func readChecks(file string) (*health.Checks, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read health checks: %w", err)
	}
	checks, err := health.ParseChecks(text)
	if err != nil {
		return nil, &command.Outcome{Status: command.ExitUsage, Err: hint.With(err, "wheelhouse admin health --lua "+file+" FILE tries checks on objects in a file")}
	}
	return checks, nil
}

// readRules reads the rules of comparisons of all applications; no file is none.
func readRules(file string) (*diff.Customizations, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read comparison rules: %w", err)
	}
	rules, err := diff.ParseCustomizations(text)
	if err != nil {
		return nil, &command.Outcome{Status: command.ExitUsage, Err: hint.With(fmt.Errorf("%s: %w", file, err),
			"wheelhouse admin diff --compare-rules "+file+" tries rules on objects in files")}
	}
	return rules, nil
}
