package gitsrc

import (
	"context"
	"path"
	"slices"
	"sync"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// mostAhead is the number of files that are brought at once because they are likely to be read. A folder with more is brought
// as its folders are read.
const mostAhead = 5000

// ahead remembers of which folders all files are in a partial store. The zero ahead knows of none. Its methods are safe for
// concurrent use.
type ahead struct {
	mu    sync.Mutex
	known map[plumbing.Hash]bool
}

func (a *ahead) has(folder plumbing.Hash) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.known[folder]
}

func (a *ahead) add(folder plumbing.Hash) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.known == nil {
		a.known = map[plumbing.Hash]bool{}
	}
	a.known[folder] = true
}

// ahead brings the files below a source's path that a partial store lacks. A path that cannot be followed is told to who reads
// it. A source that others only refer to has none: what is referred to is brought when it is read.
func (f *Fetcher) ahead(ctx context.Context, src app.Source, c app.Checkout) (app.Checkout, error) {
	files, ok := c.Files.(*treeFS)
	if partial, err := f.partial(ctx, src.RepoURL); err != nil || !partial || !ok || src.Ref != "" && src.Path == "" {
		return c, err
	}
	at, err := files.find("open", path.Clean(src.Path))
	if err != nil || at.mode != filemode.Dir || at.in != files || files.ahead.has(at.hash) {
		return c, nil
	}
	wanted, ok := files.below(at.hash)
	if !ok {
		return c, nil
	}
	files.mu.Lock()
	absent := absentOf(files.store, wanted)
	files.mu.Unlock()
	if len(absent) > 0 {
		store, err := f.supply(ctx, src.RepoURL, absent)
		if err != nil {
			return app.Checkout{}, err
		}
		files.mu.Lock()
		files.store = store
		files.mu.Unlock()
	}
	files.ahead.add(at.hash)
	return c, nil
}

// below returns the files in a folder and in all folders below it: false when there are too many, or a folder cannot be read.
func (t *treeFS) below(folder plumbing.Hash) ([]plumbing.Hash, bool) {
	var out []plumbing.Hash
	seen := map[plumbing.Hash]bool{}
	for left := []plumbing.Hash{folder}; len(left) > 0; {
		hash := left[len(left)-1]
		left = left[:len(left)-1]
		tree, err := t.tree(hash)
		if err != nil {
			return nil, false
		}
		for _, e := range tree.Entries {
			if e.Mode == filemode.Submodule || seen[e.Hash] {
				continue
			}
			seen[e.Hash] = true
			if e.Mode == filemode.Dir {
				left = append(left, e.Hash)
				continue
			}
			if out = append(out, e.Hash); len(out) > mostAhead {
				return nil, false
			}
		}
	}
	return out, true
}

// around returns a file and the others of all known folders that it is in; nothing when it is in none.
func (f *folders) around(file plumbing.Hash) []plumbing.Hash {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []plumbing.Hash
	seen := map[plumbing.Hash]bool{}
	add := func(hash plumbing.Hash) {
		if !seen[hash] && len(out) < mostAhead {
			seen[hash] = true
			out = append(out, hash)
		}
	}
	for _, tree := range f.known {
		isFile := func(e object.TreeEntry) bool { return e.Mode != filemode.Dir && e.Mode != filemode.Submodule }
		if !slices.ContainsFunc(tree.Entries, func(e object.TreeEntry) bool { return e.Hash == file && isFile(e) }) {
			continue
		}
		add(file)
		for _, e := range tree.Entries {
			if isFile(e) {
				add(e.Hash)
			}
		}
	}
	return out
}
