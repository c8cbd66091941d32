package gitsrc

import (
	"context"
	"fmt"

	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/utils/merkletrie"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// mostCounted is the size of the largest file whose changed lines are counted, in bytes, and mostCompared the number of
// files in one commit: counting is for a person's eyes.
const (
	mostCounted  = 1 << 20
	mostCompared = 1000
)

// changesOf compares the folders of two commits; it reads no files.
func changesOf(ctx context.Context, s storer.EncodedObjectStorer, from, to *object.Commit) (object.Changes, error) {
	if from.TreeHash == to.TreeHash {
		return nil, nil
	}
	before, err := object.GetTree(s, from.TreeHash)
	if err != nil {
		return nil, err
	}
	after, err := object.GetTree(s, to.TreeHash)
	if err != nil {
		return nil, err
	}
	return object.DiffTreeWithOptions(ctx, before, after, nil)
}

// changedFiles lists what a commit changes against another one.
func changedFiles(ctx context.Context, s storer.EncodedObjectStorer, from, to *object.Commit) (out []app.FileChange, err error) {
	defer recovered(&err)
	changes, err := changesOf(ctx, s, from, to)
	if err != nil {
		return nil, err
	}
	for i, c := range changes {
		f, err := changedFile(ctx, c, i < mostCompared)
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

// changedFile says what becomes of one file.
func changedFile(ctx context.Context, c *object.Change, count bool) (app.FileChange, error) {
	action, err := c.Action()
	if err != nil {
		return app.FileChange{}, err
	}
	out := app.FileChange{Path: c.To.Name, Act: "changed"}
	switch action {
	case merkletrie.Insert:
		out.Act = "added"
	case merkletrie.Delete:
		out.Path, out.Act = c.From.Name, "removed"
	case merkletrie.Modify:
	}
	if !count {
		return out, nil
	}
	before, after, err := c.Files()
	if err != nil {
		return out, fmt.Errorf("read %s: %w", out.Path, err)
	}
	for _, f := range []*object.File{before, after} {
		if f == nil {
			continue
		}
		if f.Size > mostCounted {
			return out, nil
		}
		if binary, err := f.IsBinary(); err != nil || binary {
			return out, err
		}
	}
	if before == nil && after == nil {
		// A submodule: what changes is in another repository.
		return out, nil
	}
	patch, err := c.PatchContext(ctx)
	if err != nil {
		return out, fmt.Errorf("compare %s: %w", out.Path, err)
	}
	out.Counted = true
	for _, s := range patch.Stats() {
		out.Added, out.Removed = out.Added+s.Addition, out.Removed+s.Deletion
	}
	return out, nil
}
