package app_test

import (
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

func TestWhichOptionCounts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options, entry string
		set, named     bool
	}{
		"none":                               {"", "Prune=false", false, false},
		"another":                            {"Delete=false", "Prune=false", false, false},
		"one":                                {"Prune=false", "Prune=false", true, true},
		"one with another value":             {"Prune=true", "Prune=false", false, true},
		"one without a value":                {"Prune", "Prune=false", false, false},
		"of Prune the first":                 {"Prune=false,Prune=true", "Prune=false", true, true},
		"of Prune not the last":              {"Prune=true,Prune=false", "Prune=false", false, true},
		"nor one between":                    {"Prune=false,Prune=confirm", "Prune=confirm", false, true},
		"of Delete the first":                {"Delete=confirm,Delete=false", "Delete=confirm", true, true},
		"a wrong value is the first as well": {"Prune=never,Prune=false", "Prune=false", false, true},
		"others where they are named":        {"Replace=true,Replace=false", "Replace=true", true, true},
		"in either order":                    {"Replace=false,Replace=true", "Replace=true", true, true},
		"also what is switched off":          {"Validate=true,Validate=false", "Validate=false", true, true},
		"a name that begins alike":           {"PruneLast=true", "Prune=true", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options := strings.Split(c.options, ",")
			if set, named := app.HoldsOption(options, c.entry); set != c.set || named != c.named {
				t.Errorf("set %v, named %v", set, named)
			}
			spec := app.Spec{SyncPolicy: &app.SyncPolicy{SyncOptions: options}}
			if got := spec.SyncOption(c.entry); got != c.set {
				t.Errorf("of an application it is %v", got)
			}
		})
	}
	if (&app.Spec{}).SyncOption("Prune=false") {
		t.Error("it is set where there is no policy")
	}
}

func TestPrunePropagation(t *testing.T) {
	t.Parallel()
	for options, want := range map[string]string{
		"": "", "Prune=false": "",
		"PrunePropagationPolicy=orphan":                                                                          "orphan",
		"PrunePropagationPolicy=Background":                                                                      "",
		"PrunePropagationPolicy=orphan,PrunePropagationPolicy=background":                                        "background",
		"PrunePropagationPolicy=orphan,PrunePropagationPolicy=foreground,PrunePropagationPolicy=Background":      "foreground",
		"PrunePropagationPolicy=foreground,PrunePropagationPolicy=background,PrunePropagationPolicy=foreground2": "background",
	} {
		t.Run(options, func(t *testing.T) {
			t.Parallel()
			spec := app.Spec{SyncPolicy: &app.SyncPolicy{SyncOptions: strings.Split(options, ",")}}
			if got := spec.PrunePropagation(); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}
