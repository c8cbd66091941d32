package command

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/pflag"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// lookFlags are the flags of verbs that look at other content of an application's sources than what they follow. Their
// names are Argo CD's.
type lookFlags struct {
	revision    string
	revisions   []string
	positions   []int
	names       []string
	local, root string
}

func (l *lookFlags) declare(f *pflag.FlagSet) {
	f.StringVar(&l.revision, "revision", "", "this `revision` instead of the followed one")
	f.StringArrayVar(&l.revisions, "revisions", nil, "`revision` of the source at the same place of --source-positions or --source-names; may repeat")
	f.IntSliceVar(&l.positions, "source-positions", nil, "`positions` of sources, counted from 1")
	f.StringArrayVar(&l.names, "source-names", nil, "`name` of a source; may repeat")
	f.StringVar(&l.local, "local", "", "the source's `folder` on this machine instead of the one in git")
	f.StringVar(&l.root, "local-repo-root", "", "root `folder` of the repository that --local is in (default: of the git clone, else --local itself)")
}

// given reports whether any flag asks for something else than what is followed.
func (l *lookFlags) given() bool {
	return l.revision != "" || len(l.revisions) > 0 || l.local != "" || len(l.positions) > 0 || len(l.names) > 0
}

// lookAt reads the flags. The caller closes what it returns.
func (l *lookFlags) lookAt(ctx context.Context, env *Env, k app.Key) (engine.LookAt, func() error, error) {
	none := func() error { return nil }
	if l.local == "" && l.root != "" {
		return engine.LookAt{}, none, usagef("--local-repo-root goes with --local")
	}
	if l.local != "" && (l.revision != "" || len(l.revisions) > 0) {
		return engine.LookAt{}, none, usagef("--local and a revision exclude each other")
	}
	if l.revision != "" && len(l.revisions) > 0 {
		return engine.LookAt{}, none, usagef("--revision and --revisions exclude each other")
	}
	a, err := env.Ports.Store.Load(ctx, k)
	if errors.Is(err, app.ErrNotFound) {
		return engine.LookAt{}, none, env.Engine.Unknown(k)
	}
	if err != nil {
		return engine.LookAt{}, none, err
	}
	places, err := l.places(&a)
	if err != nil {
		return engine.LookAt{}, none, err
	}
	if l.local != "" {
		local, closer, err := openLocal(l.local, l.root, a.Spec.AllSources()[places[0]])
		return engine.LookAt{Local: map[int]engine.LocalSource{places[0]: local}}, closer, err
	}
	at := engine.LookAt{Revisions: map[int]string{}}
	for i, place := range places {
		if l.revision != "" {
			at.Revisions[place] = l.revision
			continue
		}
		at.Revisions[place] = l.revisions[i]
	}
	return at, none, nil
}

// places returns the indexes of the sources that the flags are about.
func (l *lookFlags) places(a *app.Application) ([]int, error) {
	sources := a.Spec.AllSources()
	if len(l.positions) > 0 && len(l.names) > 0 {
		return nil, usagef("--source-positions and --source-names exclude each other")
	}
	var places []int
	for _, p := range l.positions {
		if p < 1 || p > len(sources) {
			return nil, usagef("%s has sources 1 to %d, and none at %d", a.Key(), len(sources), p)
		}
		places = append(places, p-1)
	}
	for _, name := range l.names {
		i := slices.IndexFunc(sources, func(s app.Source) bool { return s.Name == name })
		if i < 0 {
			return nil, usagef("%s has no source of the name %q", a.Key(), name)
		}
		places = append(places, i)
	}
	if len(l.revisions) == 0 {
		switch {
		case len(places) == 0 && len(sources) == 1:
			places = []int{0}
		case len(places) != 1:
			return nil, usage(hint.With(fmt.Errorf("%s has %d sources: one must be named", a.Key(), len(sources)),
				"add --source-positions N; several take --revisions R --source-positions N each"))
		case l.revision == "" && l.local == "":
			return nil, usagef("a source is named without --revision, --revisions or --local")
		}
	} else if len(places) != len(l.revisions) {
		return nil, usagef("--revisions needs as many --source-positions or --source-names: %d, not %d", len(l.revisions), len(places))
	}
	return places, nil
}
