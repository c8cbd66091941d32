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

// revisionFlags name other revisions of an application's sources than the followed ones. Their names are Argo CD's.
type revisionFlags struct {
	revision  string
	revisions []string
	positions []int
	names     []string
}

func (r *revisionFlags) declare(f *pflag.FlagSet) {
	f.StringVar(&r.revision, "revision", "", "this `revision` instead of the followed one")
	f.StringArrayVar(&r.revisions, "revisions", nil, "`revision` of the source at the same place of --source-positions or --source-names; may repeat")
	f.IntSliceVar(&r.positions, "source-positions", nil, "`positions` of sources, counted from 1; may repeat")
	f.StringArrayVar(&r.names, "source-names", nil, "`name` or ref of a source; may repeat")
}

// given reports whether any of them is.
func (r *revisionFlags) given() bool {
	return r.revision != "" || len(r.revisions) > 0 || len(r.positions) > 0 || len(r.names) > 0
}

// at reads the flags: the revisions that replace followed ones, by the index of the source.
func (r *revisionFlags) at(a *app.Application) (map[int]string, error) {
	if r.revision != "" && len(r.revisions) > 0 {
		return nil, usagef("--revision and --revisions exclude each other")
	}
	places, err := r.places(a)
	if err != nil {
		return nil, err
	}
	if len(places) == 1 && r.revision == "" && len(r.revisions) == 0 {
		return nil, usagef("a source is named without --revision or --revisions")
	}
	out := map[int]string{}
	for i, place := range places {
		out[place] = r.revision
		if r.revision == "" {
			out[place] = r.revisions[i]
		}
	}
	return out, nil
}

// lookFlags are the flags of verbs that look at other content of an application's sources than what they follow.
type lookFlags struct {
	revisionFlags
	local, root string
}

func (l *lookFlags) declare(f *pflag.FlagSet) {
	l.revisionFlags.declare(f)
	f.StringVar(&l.local, "local", "", "the source's `folder` on this machine instead of the one in git")
	f.StringVar(&l.root, "local-repo-root", "", "root `folder` of the repository that --local is in (default: of the git clone, else --local itself)")
}

// given reports whether any flag asks for something else than what is followed.
func (l *lookFlags) given() bool {
	return l.revisionFlags.given() || l.local != "" || l.root != ""
}

// lookAt reads the flags. The caller closes what it returns.
func (l *lookFlags) lookAt(ctx context.Context, env *Env, k app.Key) (engine.LookAt, func() error, error) {
	none := func() error { return nil }
	if l.local == "" && l.root != "" {
		return engine.LookAt{}, none, usagef("--local-repo-root goes with --local, which names the folder to take: add that, or leave it out")
	}
	if l.local != "" && (l.revision != "" || len(l.revisions) > 0) {
		return engine.LookAt{}, none, usagef("--local and a revision exclude each other")
	}
	a, err := stored(ctx, env, k)
	if err != nil {
		return engine.LookAt{}, none, err
	}
	if l.local == "" {
		revisions, err := l.at(&a)
		return engine.LookAt{Revisions: revisions}, none, err
	}
	places, err := l.places(&a)
	if err != nil {
		return engine.LookAt{}, none, err
	}
	local, closer, err := openLocal(l.local, l.root, a.Spec.AllSources()[places[0]])
	return engine.LookAt{Local: map[int]engine.LocalSource{places[0]: local}}, closer, err
}

// stored returns the document of an application.
func stored(ctx context.Context, env *Env, k app.Key) (app.Application, error) {
	a, err := env.Ports.Store.Load(ctx, k)
	if errors.Is(err, app.ErrNotFound) {
		err = env.Engine.Unknown(k)
	}
	return a, err
}

// places returns the indexes of the sources that the flags are about, each once.
func (r *revisionFlags) places(a *app.Application) ([]int, error) {
	sources := a.Spec.AllSources()
	if len(r.positions) > 0 && len(r.names) > 0 {
		return nil, usagef("--source-positions and --source-names exclude each other")
	}
	var places []int
	for _, p := range r.positions {
		if p < 1 || p > len(sources) {
			return nil, usagef("%s has sources 1 to %d, and none at %d", a.Key(), len(sources), p)
		}
		places = append(places, p-1)
	}
	for _, name := range r.names {
		i := slices.IndexFunc(sources, func(s app.Source) bool { return name != "" && (s.Name == name || s.Ref == name) })
		if i < 0 {
			return nil, usagef("%s has no source of the name or ref %q", a.Key(), name)
		}
		places = append(places, i)
	}
	for i, p := range places {
		if slices.Contains(places[:i], p) {
			return nil, usagef("source %d of %s is named twice", p+1, a.Key())
		}
	}
	switch {
	case len(r.revisions) > 0 && len(places) != len(r.revisions):
		return nil, usagef("--revisions needs as many --source-positions or --source-names: %d, not %d", len(r.revisions), len(places))
	case len(r.revisions) > 0:
	case len(places) == 0 && len(sources) == 1:
		places = []int{0}
	case len(places) != 1:
		return nil, usage(hint.With(fmt.Errorf("%s has %d sources: one must be named", a.Key(), len(sources)),
			"add --source-positions N; several take --revisions R --source-positions N each"))
	}
	return places, nil
}
