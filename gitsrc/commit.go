package gitsrc

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// Commit makes one new commit on a branch and pushes it: [Fetcher.Draft] and [Fetcher.Push] at once. That there is nothing
// to change is an error.
func (f *Fetcher) Commit(ctx context.Context, src app.Source, c app.NewCommit) (app.Commit, error) {
	d, err := f.Draft(ctx, src, c)
	if err == nil && d.Empty() {
		err = hint.With(fmt.Errorf("write commit to %s: there is nothing to commit: the files are as in %s", clean(src.RepoURL), d.Parent.Short()),
			"change something first")
	}
	if err != nil {
		return app.Commit{}, err
	}
	return f.Push(ctx, src, d)
}

// Draft makes one new commit in the store, which [Fetcher.Fetch] reads as any other, and pushes nothing. When the branch has
// moved on without touching the paths of the commit, it is put on top; when it touched them, that is an error. A new branch
// starts at the base.
func (f *Fetcher) Draft(ctx context.Context, src app.Source, c app.NewCommit) (app.Draft, error) {
	if err := f.takesCommits(ctx, src); err != nil {
		return app.Draft{}, err
	}
	if err := checkNames(c); err != nil {
		return app.Draft{}, err
	}
	f.use(src.RepoURL)
	head := ""
	if unnamed(c.Branch) || unnamed(src.TargetRevision) {
		l, err := f.list(ctx, src.RepoURL, "", time.Minute)
		if err != nil {
			return app.Draft{}, err
		}
		head = l.head
	}
	unlock, err := lockFile(ctx, f.dir(src.RepoURL)+".lock")
	if err != nil {
		return app.Draft{}, err
	}
	defer unlock()
	if err := f.bring(ctx, src.RepoURL, plumbing.NewHash(c.Base)); err != nil {
		return app.Draft{}, explain("fetch", src.RepoURL, err)
	}
	for _, id := range slices.Sorted(maps.Values(c.Restore)) {
		if err := f.bringOld(ctx, src.RepoURL, plumbing.NewHash(id)); err != nil {
			return app.Draft{}, err
		}
	}
	return f.draft(ctx, src, c, head)
}

// draft makes the commit of what is in the store. The caller holds the lock.
func (f *Fetcher) draft(ctx context.Context, src app.Source, c app.NewCommit, head string) (app.Draft, error) {
	repo, err := f.openStore(src.RepoURL)
	if err != nil {
		return app.Draft{}, fmt.Errorf("open store of %s: %w", clean(src.RepoURL), err)
	}
	branch, err := branchOf(repo, named(c.Branch, head))
	if err != nil {
		return app.Draft{}, err
	}
	parent, made, err := parentOf(repo, branch, c)
	if err != nil {
		return app.Draft{}, err
	}
	if repo, err = f.bringReplaced(ctx, src.RepoURL, repo, parent, c); err != nil {
		return app.Draft{}, explain("fetch the files that change", src.RepoURL, err)
	}
	commit, err := write(repo.Storer, parent, c)
	if err != nil {
		return app.Draft{}, fmt.Errorf("write commit to %s: %w", clean(src.RepoURL), err)
	}
	if repo, err = f.bringChanged(ctx, src.RepoURL, repo, parent, commit); err != nil {
		return app.Draft{}, explain("fetch the files that change", src.RepoURL, err)
	}
	if err := keepsPointers(repo.Storer, parent, c.Files); err != nil {
		return app.Draft{}, fmt.Errorf("write commit to %s: %w", clean(src.RepoURL), err)
	}
	d := app.Draft{
		Commit: commitOf(app.Commit{Revision: branch.Short()}, commit), Parent: commitOf(app.Commit{Revision: branch.Short()}, parent),
		Branch: branch.Short(), New: made,
		Followed: strings.TrimPrefix(named(src.TargetRevision, head), "refs/heads/") == branch.Short(),
	}
	d.Files, err = changedFiles(ctx, repo.Storer, parent, commit)
	if err != nil {
		return d, fmt.Errorf("compare commits of %s: %w", clean(src.RepoURL), err)
	}
	return d, nil
}

// unnamed reports whether a revision stands for the repository's own branch, and named returns the name of that then.
func unnamed(revision string) bool { return revision == "" || revision == "HEAD" }

func named(revision, head string) string {
	if unnamed(revision) {
		return head
	}
	return revision
}

// takesCommits refuses sources that nothing of ours can be committed to.
func (f *Fetcher) takesCommits(ctx context.Context, src app.Source) error {
	if !src.InGit() {
		return fmt.Errorf("commit to %s: it is no git repository", clean(src.RepoURL))
	}
	l, err := f.opts.Registry.Login(ctx, src.RepoURL)
	if err == nil && l.SignatureKeys != "" {
		err = hint.With(fmt.Errorf("commit to %s: its commits must be signed, and this one would not be", clean(src.RepoURL)),
			"commit and sign with git")
	}
	return err
}

// parentOf finds the commit to put the new one on, and reports whether the branch is yet to be made.
func parentOf(repo *git.Repository, branch plumbing.ReferenceName, c app.NewCommit) (parent *object.Commit, made bool, err error) {
	base, err := commitAt(repo.Storer, plumbing.NewHash(c.Base))
	if err != nil {
		return nil, false, fmt.Errorf("read commit %s: %w", short7(c.Base), err)
	}
	ref, err := repo.Reference(branch, true)
	if errors.Is(err, plumbing.ErrReferenceNotFound) {
		return base, true, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read branch %s: %w", branch.Short(), err)
	}
	tip, err := commitAt(repo.Storer, ref.Hash())
	if err != nil {
		return nil, false, fmt.Errorf("read commit %s: %w", short7(ref.Hash().String()), err)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Files)) {
		if err := untouched(repo.Storer, base, tip, name, ""); err != nil {
			return nil, false, fmt.Errorf("commit to %s: %w", branch.Short(), err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Restore)) {
		if err := untouched(repo.Storer, base, tip, name, c.Restore[name]); err != nil {
			return nil, false, fmt.Errorf("commit to %s: %w", branch.Short(), err)
		}
	}
	return tip, false, nil
}

// untouched returns app.ErrMovedOn when a path is another one at the tip than at the base, unless it is there already what
// it is to be again.
func untouched(s storer.EncodedObjectStorer, base, tip *object.Commit, name, wanted string) error {
	if base.Hash == tip.Hash {
		return nil
	}
	before, errBefore := entryAt(s, base.TreeHash, name)
	now, errNow := entryAt(s, tip.TreeHash, name)
	if err := errors.Join(errBefore, errNow); err != nil {
		return err
	}
	if before.Hash == now.Hash {
		return nil
	}
	if wanted != "" {
		old, err := commitAt(s, plumbing.NewHash(wanted))
		if err != nil {
			return fmt.Errorf("read commit %s: %w", short7(wanted), err)
		}
		if was, err := entryAt(s, old.TreeHash, name); err == nil && was.Hash == now.Hash {
			return nil
		}
	}
	return hint.With(fmt.Errorf("%w: %s was changed by %s (%s)", app.ErrMovedOn, name, tip.Author.Name, short7(tip.Hash.String())),
		"refresh, look at the new text, and edit again; nothing was pushed")
}

// Push pushes a draft; the server refuses it when the branch has moved in the meantime, which is app.ErrMovedOn.
func (f *Fetcher) Push(ctx context.Context, src app.Source, d app.Draft) (app.Commit, error) {
	if err := f.takesCommits(ctx, src); err != nil {
		return app.Commit{}, err
	}
	f.use(src.RepoURL)
	unlock, err := lockFile(ctx, f.dir(src.RepoURL)+".lock")
	if err != nil {
		return app.Commit{}, err
	}
	defer unlock()
	repo, err := f.openStore(src.RepoURL)
	if err != nil {
		return app.Commit{}, fmt.Errorf("open store of %s: %w", clean(src.RepoURL), err)
	}
	hash := plumbing.NewHash(d.Commit.ID)
	if err := readable(repo.Storer, hash); err != nil {
		return app.Commit{}, hint.With(fmt.Errorf("push %s to %s: it is not in the store any more: %w", d.Commit.Short(), clean(src.RepoURL), err),
			"try again; nothing was pushed")
	}
	if err := f.push(ctx, repo, src.RepoURL, hash, plumbing.NewBranchReferenceName(d.Branch)); err != nil {
		return app.Commit{}, err
	}
	f.outdate(src.RepoURL)
	return d.Commit, nil
}

// push sends the commit; the server refuses it when the branch has moved in the meantime.
func (f *Fetcher) push(ctx context.Context, repo *git.Repository, url string, hash plumbing.Hash, branch plumbing.ReferenceName) error {
	in, err := f.access(ctx, url)
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
		return hint.With(fmt.Errorf("push to %s of %s: %w", branch.Short(), clean(url), app.ErrMovedOn), "try again; nothing was pushed")
	case declined(err):
		err = hint.With(explain("push to "+branch.Short(), url, err), "its server does not take this commit on "+branch.Short()+": push it to a new branch")
	case err != nil:
		err = explain("push to "+branch.Short(), url, err)
	}
	if err == nil {
		err = repo.Storer.SetReference(plumbing.NewHashReference(branch, hash))
	}
	return errors.Join(err, removeErr)
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

// declined reports whether the server took the push and refused the branch, as it does with a protected one. go-git reports
// that as a text too (plumbing/protocol/packp, CommandStatus.Error).
func declined(err error) bool { return err != nil && strings.Contains(err.Error(), "command error on") }
