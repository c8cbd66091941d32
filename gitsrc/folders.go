package gitsrc

import (
	"sync"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

const (
	// foldersLimit bounds the entries of the folders that are remembered of one commit.
	foldersLimit = 100_000
	// indexedFrom is the number of entries from which a folder has an index.
	indexedFrom = 32
)

// folders remembers decoded folders of a commit: thousands of applications of one repository look through the same ones. The
// zero folders is empty. Its methods are safe for concurrent use.
type folders struct {
	mu      sync.Mutex
	known   map[plumbing.Hash]*object.Tree
	index   map[plumbing.Hash]map[string]int
	entries int
}

// get returns a folder, which nobody may change; nil when it is not known.
func (f *folders) get(hash plumbing.Hash) *object.Tree {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.known[hash]
}

// put remembers a folder, and forgets the others when there are too many.
func (f *folders) put(hash plumbing.Hash, tree *object.Tree) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.entries += len(tree.Entries); f.known == nil || f.entries > foldersLimit {
		f.known, f.index, f.entries = map[plumbing.Hash]*object.Tree{}, map[plumbing.Hash]map[string]int{}, len(tree.Entries)
	}
	f.known[hash] = tree
}

// entry finds a name in a folder; nil when it is not there.
func (f *folders) entry(hash plumbing.Hash, tree *object.Tree, name string) *object.TreeEntry {
	if len(tree.Entries) < indexedFrom {
		return childOf(tree, name)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.known[hash] != tree {
		return childOf(tree, name)
	}
	if f.index[hash] == nil {
		at := make(map[string]int, len(tree.Entries))
		for i, e := range tree.Entries {
			if _, twice := at[e.Name]; !twice {
				at[e.Name] = i
			}
		}
		f.index[hash] = at
	}
	if i, ok := f.index[hash][name]; ok {
		return &tree.Entries[i]
	}
	return nil
}
