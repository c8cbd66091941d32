package command_test

import (
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/wheelhouse-gitops/wheelhouse/command"
)

// TestTheTable reads every row as the command line and the console do.
func TestTheTable(t *testing.T) {
	t.Parallel()
	groups := command.Groups()
	seen := map[string]bool{}
	for _, v := range command.Table() {
		name := v.Group + " " + v.Name
		if groups[v.Group] == "" {
			t.Errorf("%s: the group is not explained", name)
		}
		if seen[name] {
			t.Errorf("%s is there twice", name)
		}
		seen[name] = true
		if v.Short == "" || strings.HasSuffix(v.Short, ".") || v.Run == nil {
			t.Errorf("%s needs a short sentence without a full stop, and something to run", name)
		}
		if (v.MaxArgs != 0) != (v.Args != "") {
			t.Errorf("%s: the usage line %q does not show its %d arguments", name, v.Args, v.MaxArgs)
		}
		if v.Flags == nil {
			continue
		}
		f := pflag.NewFlagSet(name, pflag.ContinueOnError)
		v.Flags(f)
		f.VisitAll(func(flag *pflag.Flag) {
			if flag.Usage == "" {
				t.Errorf("%s: --%s is not explained", name, flag.Name)
			}
			if flag.Name == "output" || flag.Name == "store" {
				t.Errorf("%s: --%s is a flag of all commands", name, flag.Name)
			}
		})
	}
	if len(seen) < 20 {
		t.Errorf("only %d rows", len(seen))
	}
}
