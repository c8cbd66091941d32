package gitsrc

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/kustomization"
)

// What one source may bring.
const (
	// mostBases bounds the references to what is elsewhere.
	mostBases = 100
	// mostDepth bounds how often a base may lead to another one.
	mostDepth = 10
	// mostVisited bounds the kustomizations that are looked through.
	mostVisited = 5000
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
// tells.
func (s *search) walk(folder string, depth int, local bool) {
	if s.seen[folder] || len(s.seen) >= mostVisited {
		return
	}
	s.seen[folder] = true
	k, ok := kustomizationIn(s.bases, folder)
	if !ok {
		return
	}
	// No visit fails.
	_ = kustomization.Each(k, func(r kustomization.Reference) (string, error) {
		s.meet(folder, r, depth, local)
		return r.Text, nil
	})
}

// meet follows a reference within its repository, and notes one to elsewhere.
func (s *search) meet(folder string, r kustomization.Reference, depth int, local bool) {
	name := path.Join(folder, r.Text)
	switch {
	case kustomization.IsRemote(r.Text):
		s.wants = append(s.wants, want{folder, r, depth, local})
	case !r.Folder || !fs.ValidPath(name) || rootOf(name) != rootOf(folder):
	default:
		if info, err := fs.Stat(s.bases, name); err == nil && info.IsDir() {
			s.walk(name, depth, local)
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

func kustomizationIn(files fs.FS, folder string) (map[string]any, bool) {
	for _, name := range kustomization.Names {
		b, err := fs.ReadFile(files, path.Join(folder, name))
		if err != nil {
			continue
		}
		k := map[string]any{}
		return k, yaml.Unmarshal(b, &k) == nil
	}
	return nil, false
}

// bring brings what was met, then what that leads to, until there is nothing new, and returns the files with all of it.
func (s *search) bring(ctx context.Context) fs.FS {
	for len(s.wants) > 0 {
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
				results[i], failures[i] = s.fetcher.bringOne(ctx, w, s.maxAge)
				return nil
			})
		}
		_ = g.Wait()
		for i, w := range wants {
			s.put(w, results[i], failures[i])
		}
	}
	if len(s.bases.places) == 0 {
		return s.bases.FS
	}
	return s.bases
}

func (s *search) put(w want, b brought, err error) {
	at := app.Base(w.folder, w.reference.Text)
	if err != nil {
		s.bases.places[at] = place{err: err}
		return
	}
	to := path.Join(app.BaseFolder, b.id, b.path)
	s.bases.mounts[b.id] = b.files
	s.bases.places[at] = place{path: to}
	s.walk(to, w.depth+1, b.local)
}

// componentsOf are the components that a source adds to its kustomization, and those that files in its folder lay over it.
func componentsOf(src app.Source, files fs.FS, folder string) []string {
	var all []string
	if src.Kustomize != nil {
		all = src.Kustomize.Components
	}
	entries, err := fs.ReadDir(files, folder)
	if err != nil {
		return all
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".argocd-source") || path.Ext(e.Name()) != ".yaml" {
			continue
		}
		var over app.Source
		if b, err := fs.ReadFile(files, path.Join(folder, e.Name())); err == nil && yaml.Unmarshal(b, &over) == nil && over.Kustomize != nil {
			all = append(all[:len(all):len(all)], over.Kustomize.Components...)
		}
	}
	return all
}
