package gitsrc

import (
	"context"
	"errors"
	"fmt"
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
	if !src.InGit() {
		return app.Commit{}, fmt.Errorf("commit to %s: it is no git repository", clean(src.RepoURL))
	}
	if l, err := f.opts.Registry.Login(src.RepoURL); err != nil || l.SignatureKeys != "" {
		if err == nil {
			err = hint.With(fmt.Errorf("commit to %s: its commits must be signed, and this one would not be", clean(src.RepoURL)),
				"commit and sign with git")
		}
		return app.Commit{}, err
	}
	if err := checkNames(c.Files); err != nil {
		return app.Commit{}, err
	}
	f.use(src.RepoURL)
	unlock, err := lockFile(ctx, f.dir(src.RepoURL)+".lock")
	if err != nil {
		return app.Commit{}, err
	}
	defer unlock()
	if err := f.bring(ctx, src.RepoURL, plumbing.NewHash(c.Base)); err != nil {
		return app.Commit{}, explain("fetch", src.RepoURL, err)
	}
	repo, err := f.openStore(src.RepoURL)
	if err != nil {
		return app.Commit{}, fmt.Errorf("open store of %s: %w", clean(src.RepoURL), err)
	}
	name := c.Branch
	if name == "" || name == "HEAD" {
		l, err := f.list(ctx, src.RepoURL, time.Minute)
		if err != nil {
			return app.Commit{}, err
		}
		name = l.head
	}
	branch, err := branchOf(repo, name)
	if err != nil {
		return app.Commit{}, err
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
	f.outdate(src.RepoURL)
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
		if root, err = writeFileInto(s, root, strings.Split(name, "/"), c.Files[name]); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if root.IsZero() {
		if root, err = writeTree(s, &object.Tree{}); err != nil {
			return nil, err
		}
	}
	if root == tree.Hash {
		return nil, hint.With(errors.New("there is nothing to commit: the files are as in "+short7(parent.Hash.String())), "change something first")
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
	if err := fits(entry, at >= 0, len(parts) > 1); err != nil {
		return plumbing.ZeroHash, err
	}
	if at < 0 && content == nil {
		return root, nil
	}
	var err error
	if len(parts) > 1 {
		entry.Mode = filemode.Dir
		entry.Hash, err = writeFileInto(s, entry.Hash, parts[1:], content)
	} else if entry.Hash = plumbing.ZeroHash; content != nil {
		entry.Hash, err = writeBlob(s, content)
	}
	if err != nil {
		return plumbing.ZeroHash, err
	}
	switch {
	case entry.Hash.IsZero():
		tree.Entries = slices.Delete(tree.Entries, at, at+1)
	case at >= 0:
		tree.Entries[at] = entry
	default:
		tree.Entries = append(tree.Entries, entry)
	}
	if len(tree.Entries) == 0 {
		// Git has no empty folders.
		return plumbing.ZeroHash, nil
	}
	slices.SortFunc(tree.Entries, func(a, b object.TreeEntry) int { return strings.Compare(sortName(a), sortName(b)) })
	return writeTree(s, tree)
}

func writeTree(s storer.EncodedObjectStorer, tree *object.Tree) (plumbing.Hash, error) {
	o := s.NewEncodedObject()
	if err := tree.Encode(o); err != nil {
		return plumbing.ZeroHash, err
	}
	return s.SetEncodedObject(o)
}

// fits refuses to write a file in the place of something else, or below it.
func fits(e object.TreeEntry, there, below bool) error {
	switch {
	case !there, below == (e.Mode == filemode.Dir) && e.Mode != filemode.Symlink && e.Mode != filemode.Submodule:
		return nil
	case e.Mode == filemode.Symlink:
		return hint.With(fmt.Errorf("%s is a link", e.Name), "commit to the file that it leads to")
	case below:
		return hint.With(fmt.Errorf("%s is no folder", e.Name), "choose another path")
	}
	return hint.With(fmt.Errorf("%s is no file", e.Name), "choose another path")
}

// movedOn reports whether a push was refused because the branch is not what it was. go-git makes plain errors of that
// (remote.go, checkFastForwardUpdate and the report of the server), so their texts tell.
func movedOn(err error) bool {
	if err == nil {
		return false
	}
	for _, text := range []string{"non-fast-forward", "fetch first", "failed to update ref", "reference already exists", "cannot lock ref"} {
		if strings.Contains(err.Error(), text) {
			return true
		}
	}
	return false
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
	in, err := f.access(url)
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
		RemoteName: "origin", Auth: in.auth, ProxyOptions: in.proxy,
		RefSpecs: []config.RefSpec{config.RefSpec(local.String() + ":" + branch.String())},
	})
	removeErr := repo.Storer.RemoveReference(local)
	switch {
	case errors.Is(err, git.NoErrAlreadyUpToDate):
		err = nil
	case movedOn(err):
		return hint.With(fmt.Errorf("push to %s of %s: %w", branch.Short(), clean(url), errMovedOn), "try again; nothing was pushed")
	case err != nil:
		err = explain("push to "+branch.Short(), url, err)
	}
	if err == nil {
		err = repo.Storer.SetReference(plumbing.NewHashReference(branch, hash))
	}
	return errors.Join(err, removeErr)
}
