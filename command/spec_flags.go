package command

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/pflag"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// specFlags are the flags of `app create` and `app set` that write a part of the spec. Only flags that were given are
// written, so `set` leaves everything else alone.
type specFlags struct {
	rows []specFlag
	// position is the source that the flags of a source mean, counted from 1; 0 is the only one.
	position int
}

// specFlag is one of them: how it is declared, and what it writes into an application.
type specFlag struct {
	name    string
	declare func(f *pflag.FlagSet)
	write   func(a *app.Application, position int) error
}

func (s *specFlags) declare(f *pflag.FlagSet) {
	s.rows = specTable()
	for _, row := range s.rows {
		row.declare(f)
	}
	f.IntVar(&s.position, "source-position", 0, "which of several sources is meant, by its `number` from 1")
}

// given reports whether any of the flags was.
func (s *specFlags) given(f *pflag.FlagSet) bool {
	return slices.ContainsFunc(s.rows, func(row specFlag) bool { return f.Changed(row.name) })
}

// apply writes the flags that were given into an application, in the order of the table. Two that name the cluster are refused: one of
// them would lose unseen.
func (s *specFlags) apply(f *pflag.FlagSet, a *app.Application) error {
	if f.Lookup("dest-server").Value.String() != "" && f.Lookup("dest-name").Value.String() != "" {
		return usagef("--dest-server and --dest-name both name the cluster: give one of them")
	}
	var errs []error
	for _, row := range s.rows {
		if !f.Changed(row.name) {
			continue
		}
		if err := row.write(a, s.position); err != nil {
			errs = append(errs, fmt.Errorf("--%s: %w", row.name, err))
		}
	}
	if len(errs) > 0 {
		return usage(errors.Join(errs...))
	}
	return nil
}

// writer writes the value of a flag into an application.
type writer[T any] func(a *app.Application, position int, value T) error

func text(name, help string, w writer[string]) specFlag {
	return row(name, w, func(f *pflag.FlagSet, v *string) { f.StringVar(v, name, "", help) })
}

func list(name, help string, w writer[[]string]) specFlag {
	return row(name, w, func(f *pflag.FlagSet, v *[]string) { f.StringArrayVar(v, name, nil, help+"; may repeat") })
}

func yes(name, help string, w writer[bool]) specFlag {
	return row(name, w, func(f *pflag.FlagSet, v *bool) { f.BoolVar(v, name, false, help) })
}

func number(name, help string, def int64, w writer[int64]) specFlag {
	return row(name, w, func(f *pflag.FlagSet, v *int64) { f.Int64Var(v, name, def, help) })
}

func row[T any](name string, w writer[T], declare func(*pflag.FlagSet, *T)) specFlag {
	var value T
	return specFlag{
		name:    name,
		declare: func(f *pflag.FlagSet) { declare(f, &value) },
		write:   func(a *app.Application, position int) error { return w(a, position, value) },
	}
}
