package gitsrc

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// errMovedOn says that somebody else changed the same files in the meantime.
var errMovedOn = errors.New("the branch has moved on")

// Commit writes files as one new commit on a branch and pushes it. When the branch has moved on without touching these
// files, the commit is put on top; when it touched them, nothing is pushed. A new branch starts at the base.
func (f *Fetcher) Commit(ctx context.Context, src app.Source, c app.NewCommit) (app.Commit, error) {
	if err := supported(src); err != nil {
		return app.Commit{}, err
	}
	unlock, err := lockFile(f.dir(src.RepoURL) + ".lock")
	if err != nil {
		return app.Commit{}, err
	}
	defer unlock()
	if err := f.fetchInto(ctx, src.RepoURL); err != nil {
		return app.Commit{}, explain("fetch", src.RepoURL, err)
	}
	repo, err := git.PlainOpen(f.dir(src.RepoURL))
	if err != nil {
		return app.Commit{}, fmt.Errorf("open store of %s: %w", clean(src.RepoURL), err)
	}
	branch := plumbing.NewBranchReferenceName(c.Branch)
	if c.Branch == "" || c.Branch == "HEAD" {
		l, err := f.list(ctx, src.RepoURL, time.Minute)
		if err != nil {
			return app.Commit{}, err
		}
		branch = plumbing.ReferenceName(l.head)
	}
	parent, err := parentOf(repo, branch, c)
	if err != nil {
		return app.Commit{}, err
	}
	commit, err := write(repo.Storer, parent, c)
	if err != nil {
		return app.Commit{}, fmt.Errorf("write commit to %s: %w", clean(src.RepoURL), err)
	}
	if err := f.push(ctx, repo, src.RepoURL, commit.Hash, branch); err != nil {
		return app.Commit{}, err
	}
	f.mu.Lock()
	delete(f.listed, src.RepoURL)
	f.mu.Unlock()
	return commitOf(app.Commit{Revision: branch.Short()}, commit), nil
}

// parentOf finds the commit to put the new one on.
func parentOf(repo *git.Repository, branch plumbing.ReferenceName, c app.NewCommit) (*object.Commit, error) {
	base, err := repo.CommitObject(plumbing.NewHash(c.Base))
	if err != nil {
		return nil, fmt.Errorf("read commit %s: %w", short7(c.Base), err)
	}
	ref, err := repo.Reference(branch, true)
	if errors.Is(err, plumbing.ErrReferenceNotFound) || err == nil && ref.Hash() == base.Hash {
		return base, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read branch %s: %w", branch.Short(), err)
	}
	tip, err := repo.CommitObject(ref.Hash())
	if err != nil {
		return nil, fmt.Errorf("read commit %s: %w", short7(ref.Hash().String()), err)
	}
	for name := range c.Files {
		before, errBefore := fileHash(base, name)
		now, errNow := fileHash(tip, name)
		if err := errors.Join(errBefore, errNow); err != nil {
			return nil, err
		}
		if before != now {
			return nil, hint.With(fmt.Errorf("commit to %s: %w: %s was changed by %s (%s)", branch.Short(), errMovedOn, name,
				tip.Author.Name, short7(tip.Hash.String())), "refresh, look at the new text, and edit again; nothing was pushed")
		}
	}
	return tip, nil
}

func fileHash(c *object.Commit, name string) (plumbing.Hash, error) {
	file, err := c.File(name)
	if errors.Is(err, object.ErrFileNotFound) {
		return plumbing.ZeroHash, nil
	}
	if err != nil {
		return plumbing.ZeroHash, fmt.Errorf("read %s: %w", name, err)
	}
	return file.Hash, nil
}

// write stores blobs, trees and the commit.
func write(s storer.EncodedObjectStorer, parent *object.Commit, c app.NewCommit) (*object.Commit, error) {
	tree, err := parent.Tree()
	if err != nil {
		return nil, err
	}
	root := tree.Hash
	for _, name := range sortedNames(c.Files) {
		if root, err = writeFileInto(s, root, strings.Split(path.Clean(name), "/"), c.Files[name]); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	who := signature(c.Author)
	commit := &object.Commit{
		Author: who, Committer: who, Message: c.Message, TreeHash: root, ParentHashes: []plumbing.Hash{parent.Hash},
	}
	o := s.NewEncodedObject()
	if err := commit.Encode(o); err != nil {
		return nil, err
	}
	hash, err := s.SetEncodedObject(o)
	if err != nil {
		return nil, err
	}
	return object.GetCommit(s, hash)
}

func sortedNames(files map[string][]byte) []string {
	names := make([]string, 0, len(files))
	for n := range files {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// writeFileInto returns the hash of a tree in which one file has new content; nil content removes it.
func writeFileInto(s storer.EncodedObjectStorer, root plumbing.Hash, parts []string, content []byte) (plumbing.Hash, error) {
	tree := &object.Tree{}
	if !root.IsZero() {
		t, err := object.GetTree(s, root)
		if err != nil {
			return plumbing.ZeroHash, err
		}
		tree.Entries = slices.Clone(t.Entries)
	}
	at := slices.IndexFunc(tree.Entries, func(e object.TreeEntry) bool { return e.Name == parts[0] })
	entry := object.TreeEntry{Name: parts[0], Mode: filemode.Regular}
	if at >= 0 {
		entry = tree.Entries[at]
	}
	var err error
	switch {
	case len(parts) > 1:
		below := plumbing.ZeroHash
		if at >= 0 && entry.Mode == filemode.Dir {
			below = entry.Hash
		}
		entry.Mode = filemode.Dir
		entry.Hash, err = writeFileInto(s, below, parts[1:], content)
	case content != nil:
		entry.Hash, err = writeBlob(s, content)
	}
	if err != nil {
		return plumbing.ZeroHash, err
	}
	switch {
	case len(parts) == 1 && content == nil:
		if at >= 0 {
			tree.Entries = slices.Delete(tree.Entries, at, at+1)
		}
	case at >= 0:
		tree.Entries[at] = entry
	default:
		tree.Entries = append(tree.Entries, entry)
	}
	slices.SortFunc(tree.Entries, func(a, b object.TreeEntry) int { return strings.Compare(sortName(a), sortName(b)) })
	o := s.NewEncodedObject()
	if err := tree.Encode(o); err != nil {
		return plumbing.ZeroHash, err
	}
	return s.SetEncodedObject(o)
}

// sortName is the name by which git sorts entries of a tree: folders as if they ended in a slash.
func sortName(e object.TreeEntry) string {
	if e.Mode == filemode.Dir {
		return e.Name + "/"
	}
	return e.Name
}

func writeBlob(s storer.EncodedObjectStorer, content []byte) (plumbing.Hash, error) {
	o := s.NewEncodedObject()
	o.SetType(plumbing.BlobObject)
	w, err := o.Writer()
	if err != nil {
		return plumbing.ZeroHash, err
	}
	_, err = w.Write(content)
	if err := errors.Join(err, w.Close()); err != nil {
		return plumbing.ZeroHash, err
	}
	return s.SetEncodedObject(o)
}

// signature reads "Name <mail>".
func signature(author string) object.Signature {
	name, mail, _ := strings.Cut(author, "<")
	return object.Signature{
		Name: strings.TrimSpace(name), Email: strings.TrimSuffix(strings.TrimSpace(mail), ">"), When: time.Now(),
	}
}

// push sends the commit; the server refuses it when the branch has moved in the meantime.
func (f *Fetcher) push(ctx context.Context, repo *git.Repository, url string, hash plumbing.Hash, branch plumbing.ReferenceName) error {
	auth, err := f.auth(url)
	if err != nil {
		return err
	}
	// Pushing goes by reference names, so the commit gets one of its own for a moment.
	local := plumbing.ReferenceName("refs/wheelhouse/push-" + hash.String())
	if err := repo.Storer.SetReference(plumbing.NewHashReference(local, hash)); err != nil {
		return fmt.Errorf("name commit: %w", err)
	}
	remote := git.NewRemote(repo.Storer, &config.RemoteConfig{Name: "origin", URLs: []string{url}})
	err = remote.PushContext(ctx, &git.PushOptions{
		RemoteName: "origin", Auth: auth.method, InsecureSkipTLS: auth.insecure, CABundle: auth.ca,
		RefSpecs: []config.RefSpec{config.RefSpec(local.String() + ":" + branch.String())},
	})
	removeErr := repo.Storer.RemoveReference(local)
	switch {
	case errors.Is(err, git.NoErrAlreadyUpToDate):
		err = nil
	case errors.Is(err, git.ErrNonFastForwardUpdate):
		return hint.With(fmt.Errorf("push to %s of %s: %w", branch.Short(), clean(url), errMovedOn), "try again; nothing was pushed")
	case err != nil:
		err = explain("push to "+branch.Short(), url, err)
	}
	if err == nil {
		err = repo.Storer.SetReference(plumbing.NewHashReference(branch, hash))
	}
	return errors.Join(err, removeErr)
}
