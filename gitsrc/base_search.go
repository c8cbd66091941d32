package gitsrc

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync/atomic"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/internal/kustomization"
	"github.com/wheelhouse-gitops/wheelhouse/internal/untrusted"
	"golang.org/x/sync/errgroup"
)

// What one source may bring.
const (
	// mostBases bounds the references to what is elsewhere.
	mostBases = 100
	// mostDepth bounds how often a base may lead to another one.
	mostDepth = 10
	// mostVisited bounds the kustomizations that are looked through, and mostRead their bytes together.
	mostVisited = 5000
	mostRead    = 16 << 20
	// mostReferences bounds what they name elsewhere, whether it can be brought or not.
	mostReferences = 10_000
	// mostOfTheWeb bounds the bytes of the files of the web together.
	mostOfTheWeb = 64 << 20
)

// search looks through the kustomizations that a folder leads to, those in what is brought too.
type search struct {
	fetcher *Fetcher
	bases   *bases
	maxAge  time.Duration
	local   bool
	seen    map[string]bool
	wants   []want
	met     int
	// left is what may still be read.
	left *untrusted.Budget
	// web are the bytes of the files of the web.
	web atomic.Int64
	// err is why the search ended early: the context's end, or a limit.
	err error
}

// want is a reference to something elsewhere.
type want struct {
	folder    string
	reference kustomization.Reference
	// depth counts the repositories on the way to it.
	depth int
	// local says that the repository that names it is one of this machine.
	local bool
}

// walk looks through the kustomization in a folder, if there is one that can be read: of what is wrong with one the renderer
// tells, in a worker of its own. What is too large to be looked through here ends the search.
func (s *search) walk(ctx context.Context, folder string, depth int, local bool) {
	if s.failed(ctx) || s.seen[folder] || len(s.seen) >= mostVisited {
		return
	}
	s.seen[folder] = true
	k, ok := s.kustomizationIn(folder)
	if !ok {
		return
	}
	// Each fails as the search does.
	_ = kustomization.Each(k, func(r kustomization.Reference) (string, error) {
		s.meet(ctx, folder, r, depth, local)
		return r.Text, s.err
	})
}

// failed reports whether the search is to go no further.
func (s *search) failed(ctx context.Context) bool {
	if s.err == nil {
		s.err = ctx.Err()
	}
	return s.err != nil
}

// meet follows a reference within its repository, and notes one to elsewhere.
func (s *search) meet(ctx context.Context, folder string, r kustomization.Reference, depth int, local bool) {
	name := path.Join(folder, r.Text)
	switch {
	case s.failed(ctx):
	case kustomization.IsRemote(r.Text):
		if s.wants = append(s.wants, want{folder, r, depth, local}); len(s.wants)+s.met > mostReferences {
			s.err = hint.With(fmt.Errorf("kustomization of %s: more than %d references lead to what is elsewhere", folder, mostReferences),
				"name fewer bases in one source")
		}
	case !r.Folder || !fs.ValidPath(name) || rootOf(name) != rootOf(folder):
	default:
		if info, err := fs.Stat(s.bases, name); err == nil && info.IsDir() {
			s.walk(ctx, name, depth, local)
		}
	}
}

// rootOf is the folder that the repository of a path is in: empty is the source's own.
func rootOf(name string) string {
	rest, ok := strings.CutPrefix(name, app.BaseFolder+"/")
	if !ok {
		return ""
	}
	id, _, _ := strings.Cut(rest, "/")
	return id
}

func (s *search) kustomizationIn(folder string) (map[string]any, bool) {
	for _, name := range kustomization.Names {
		k := map[string]any{}
		switch err := s.read(path.Join(folder, name), &k); {
		case err == nil:
			return k, true
		case !errors.Is(err, fs.ErrNotExist):
			return nil, false
		}
	}
	return nil, false
}

// read reads a YAML file. One that is too large ends the search.
func (s *search) read(name string, into any) error {
	err := untrusted.Read(s.bases, name, s.left, into)
	if errors.Is(err, untrusted.ErrLimit) {
		s.err = fmt.Errorf("look for what is elsewhere: %w", err)
	}
	return err
}

// bring brings what was met, then what that leads to, until there is nothing new, and returns the files with all of it.
func (s *search) bring(ctx context.Context) (fs.FS, error) {
	for len(s.wants) > 0 && !s.failed(ctx) {
		wants := s.wants
		s.wants = nil
		results, failures := make([]brought, len(wants)), make([]error, len(wants))
		var g errgroup.Group
		g.SetLimit(4)
		for i, w := range wants {
			if s.met++; s.met > mostBases {
				failures[i] = fmt.Errorf("one source may name %d bases elsewhere at most", mostBases)
				continue
			}
			g.Go(func() error {
				results[i], failures[i] = s.bringOne(ctx, w)
				return nil
			})
		}
		_ = g.Wait()
		for i, w := range wants {
			s.put(ctx, w, results[i], failures[i])
		}
	}
	switch {
	case s.err != nil:
		return nil, s.err
	case len(s.bases.places) == 0:
		return s.bases.FS, nil
	}
	return s.bases, nil
}

// bringOne brings what one reference leads to. Files of the web are kept in memory, and bounded together.
func (s *search) bringOne(ctx context.Context, w want) (brought, error) {
	b, err := s.fetcher.bringOne(ctx, w, s.maxAge)
	if file, ok := b.files.(oneFile); ok && s.web.Add(int64(len(file.data))) > mostOfTheWeb {
		return brought{}, hint.With(fmt.Errorf("the files of the web that one source names have more than %d MiB together", mostOfTheWeb>>20),
			"keep some of them in the repository")
	}
	return b, err
}

func (s *search) put(ctx context.Context, w want, b brought, err error) {
	at := app.Base(w.folder, w.reference.Text)
	if err != nil {
		s.bases.places[at] = place{err: err}
		return
	}
	to := path.Join(app.BaseFolder, b.id, b.path)
	s.bases.mounts[b.id] = b.files
	s.bases.places[at] = place{path: to}
	s.walk(ctx, to, w.depth+1, b.local)
}

// componentsOf are the components that a source adds to its kustomization, and those that files in its folder lay over it.
func (s *search) componentsOf(src app.Source, folder string) []string {
	var all []string
	if src.Kustomize != nil {
		all = src.Kustomize.Components
	}
	entries, err := fs.ReadDir(s.bases, folder)
	if err != nil {
		return all
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".argocd-source") || path.Ext(e.Name()) != ".yaml" {
			continue
		}
		var over app.Source
		if s.read(path.Join(folder, e.Name()), &over) == nil && over.Kustomize != nil {
			all = append(all[:len(all):len(all)], over.Kustomize.Components...)
		}
	}
	return all
}
