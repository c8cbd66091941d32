package render

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// valuePlace is where a name in a source's values leads: to a path of this repository, or of that of another source.
type valuePlace struct {
	files fs.FS
	path  string
	// ref is the other source, with its dollar sign; empty is this repository.
	ref string
}

// shown is the path as it is shown, and by which two names of one file are told to be that.
func (p valuePlace) shown() string { return path.Join(p.ref, p.path) }

// valueFiles reads the value files in their order: each once, in the place of its own entry if it has one, else in that of the
// first glob that it fits.
func (j job) valueFiles(opts app.HelmSource) ([]app.ValuesFile, error) {
	own := map[string]bool{}
	for _, raw := range opts.ValueFiles {
		if p, err := j.valuePlace(j.expandPath(raw)); err == nil && !isGlob(p.path) {
			own[p.shown()] = true
		}
	}
	var out []app.ValuesFile
	have := map[string]bool{}
	for _, raw := range opts.ValueFiles {
		places, glob, err := j.valuePlaces(j.expandPath(raw))
		if err != nil {
			return nil, fmt.Errorf("values file %s: %w", raw, err)
		}
		if len(places) == 0 && !opts.IgnoreMissingValueFiles {
			return nil, hint.With(fmt.Errorf("values file %s: %w: no file of the repository fits the pattern", raw, app.ErrNotFound), missingValues)
		}
		for _, p := range places {
			if have[p.shown()] || glob && own[p.shown()] {
				continue
			}
			b, err := fs.ReadFile(p.files, p.path)
			if errors.Is(err, fs.ErrNotExist) && opts.IgnoreMissingValueFiles {
				continue
			}
			if errors.Is(err, fs.ErrNotExist) {
				return nil, hint.With(fmt.Errorf("values file %s: %w: the repository has no such file", raw, app.ErrNotFound), missingValues)
			}
			if err != nil {
				return nil, fmt.Errorf("values file %s: %w", p.shown(), err)
			}
			have[p.shown()] = true
			out = append(out, app.ValuesFile{Path: p.shown(), Text: string(b)})
		}
	}
	return out, nil
}

const missingValues = "correct spec.source.helm.valueFiles, or set ignoreMissingValueFiles"

// valuePlaces are the places that a name stands for, of which a glob has any number: the files of a folder in the order of their
// names, and after them those of the folders in it.
func (j job) valuePlaces(name string) (places []valuePlace, glob bool, err error) {
	p, err := j.valuePlace(name)
	if err != nil || !isGlob(p.path) {
		return []valuePlace{p}, false, err
	}
	found, err := doublestar.Glob(p.files, p.path, doublestar.WithFilesOnly())
	if err != nil {
		return nil, true, hint.With(err, "correct the pattern")
	}
	for _, name := range found {
		places = append(places, valuePlace{p.files, name, p.ref})
	}
	return places, true, nil
}

// isGlob reports whether a path is a pattern. As in Argo CD braces alone make none.
func isGlob(name string) bool { return strings.ContainsAny(name, "*?[") }

// expandPath substitutes the build environment, and leaves $ref/ at the beginning alone.
func (j job) expandPath(name string) string {
	ref, rest, ok := strings.Cut(name, "/")
	if ok && strings.HasPrefix(ref, "$") {
		if _, isVariable := j.env[ref[1:]]; !isVariable {
			return ref + "/" + j.expand(rest)
		}
	}
	return j.expand(name)
}

// inRepository resolves a path: from the source's folder, or with a leading slash from the root.
func (j job) inRepository(name string) string {
	if strings.HasPrefix(name, "/") {
		return path.Clean(strings.TrimLeft(name, "/"))
	}
	return path.Join(j.dir, name)
}

// valuePlace finds where a name leads, in this repository or with $ref/ in another source's.
func (j job) valuePlace(name string) (valuePlace, error) {
	p := valuePlace{files: j.files}
	ref, rest, ok := strings.Cut(name, "/")
	switch {
	case ok && strings.HasPrefix(ref, "$"):
		files, known := j.req.Refs[ref[1:]]
		if !known {
			return p, hint.With(fmt.Errorf("%s: no source has ref: %s", name, ref[1:]), "give one source that ref")
		}
		p = valuePlace{files, path.Clean(strings.TrimLeft(rest, "/")), ref}
	case strings.Contains(name, "://"):
		return p, hint.With(fmt.Errorf("%s: values files are not fetched from the network", name), "put the file into the repository, or into one that is a source with a ref")
	default:
		p.path = j.inRepository(name)
	}
	if !fs.ValidPath(p.path) {
		return p, hint.With(fmt.Errorf("%s leads out of the repository", name), "name a file of the repository, or of another source by $ref/")
	}
	return p, nil
}

// valueFile reads one file that values name.
func (j job) valueFile(name string) ([]byte, error) {
	p, err := j.valuePlace(name)
	if err != nil {
		return nil, err
	}
	b, err := fs.ReadFile(p.files, p.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, hint.With(fmt.Errorf("%s: %w: the repository has no such file", name, app.ErrNotFound), "correct the path")
	}
	return b, err
}
