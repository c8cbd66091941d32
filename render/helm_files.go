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

// valuePlace is where a name in a source's values leads: to a path of this repository, or of that of another source, or to the web.
type valuePlace struct {
	files fs.FS
	path  string
	// ref is the other source, with its dollar sign; empty is this repository.
	ref string
	// url is that of a file of the web.
	url string
}

// key tells whether two names are those of one file.
func (p valuePlace) key() string { return path.Join(p.ref, p.path) }

// shown is the name of the file as a person may read it.
func (p valuePlace) shown() string {
	if p.url != "" {
		return shownFile(p.url)
	}
	return p.key()
}

// read reads the file: fs.ErrNotExist where there is none.
func (p valuePlace) read() ([]byte, error) {
	b, err := fs.ReadFile(p.files, p.path)
	if p.url == "" || !errors.Is(err, fs.ErrNotExist) {
		return b, err
	}
	if _, err := fs.Stat(p.files, p.path+missingEnd); err != nil {
		return nil, hint.With(errors.New("it was not brought with the files"), "put the file into the repository")
	}
	return nil, fs.ErrNotExist
}

// whose says who has the file.
func (p valuePlace) whose() string {
	if p.url != "" {
		return "the server"
	}
	return "the repository"
}

// valueFiles reads the value files in their order: each once, in the place of its own entry if it has one, else in that of the
// first glob that it fits.
func (j job) valueFiles(opts app.HelmSource) ([]app.ValuesFile, error) {
	own := map[string]bool{}
	for _, raw := range opts.ValueFiles {
		if p, err := j.valuePlace(j.expandPath(raw)); err == nil && !isGlob(p.path) {
			own[p.key()] = true
		}
	}
	var out []app.ValuesFile
	have := map[string]bool{}
	for _, raw := range opts.ValueFiles {
		places, glob, err := j.valuePlaces(j.expandPath(raw))
		if err != nil {
			return nil, fmt.Errorf("values file %s: %w", shownFile(raw), err)
		}
		if len(places) == 0 && !opts.IgnoreMissingValueFiles {
			return nil, hint.With(fmt.Errorf("values file %s: %w: no file of the repository fits the pattern", raw, app.ErrNotFound), missingValues)
		}
		for _, p := range places {
			if have[p.key()] || glob && own[p.key()] {
				continue
			}
			b, err := p.read()
			if errors.Is(err, fs.ErrNotExist) && opts.IgnoreMissingValueFiles {
				continue
			}
			if errors.Is(err, fs.ErrNotExist) {
				return nil, hint.With(fmt.Errorf("values file %s: %w: %s has no such file", shownFile(raw), app.ErrNotFound, p.whose()), missingValues)
			}
			if err != nil {
				return nil, fmt.Errorf("values file %s: %w", p.shown(), err)
			}
			have[p.key()] = true
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
		places = append(places, valuePlace{files: p.files, path: name, ref: p.ref})
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
		p = valuePlace{files: files, path: path.Clean(strings.TrimLeft(rest, "/")), ref: ref}
	case isWebFile(name):
		p.path, p.url = webFile(name), name
	case strings.Contains(name, "://"):
		scheme, _, _ := strings.Cut(name, "://")
		return p, hint.With(fmt.Errorf("values files are not fetched by %s", scheme),
			"name it by https://, or put it into the repository, or into one that is a source with a ref")
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
	b, err := p.read()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, hint.With(fmt.Errorf("%s: %w: %s has no such file", p.shown(), app.ErrNotFound, p.whose()), "correct the path")
	}
	if err != nil && p.url != "" {
		return nil, fmt.Errorf("%s: %w", p.shown(), err)
	}
	return b, err
}
