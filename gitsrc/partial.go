package gitsrc

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// A partial store holds the commits and folders of a repository, and of its files those that somebody has read: all others
// are left with the server. The git program fetches both. What is left out is not damage, and is brought when it is read: what
// is below a source's path when the source is opened, and else with all files of its folder.

// filterFlag leaves the contents of files with the server.
const filterFlag = "--filter=blob:none"

// promisor tells the program that what a store lacks is with its remote. The store itself has no configuration of it: the
// URL, by which a program would go and fetch on its own, is that of one call.
var promisor = []setting{{"remote.origin.promisor", "true"}, {"remote.origin.partialCloneFilter", "blob:none"}}

// partial reports whether a repository's store is to be partial.
func (f *Fetcher) partial(ctx context.Context, url string) (bool, error) {
	l, err := f.opts.Registry.Login(ctx, url)
	return l.Partial, err
}

// whole makes a partial store anew that is to be one no more: go-git, and who fetches what is new alone, take it for whole.
// The caller holds the lock.
func (f *Fetcher) whole(ctx context.Context, url string) error {
	partial, err := f.partial(ctx, url)
	if err != nil || partial {
		return err
	}
	marks, err := filepath.Glob(filepath.Join(f.dir(url), "objects", "pack", "*"+promisorEnd))
	if err != nil || len(marks) == 0 {
		return err
	}
	return f.remake(ctx, url, errors.New("it is partial, and the repository is registered without --partial"))
}

// retrieve finds an object that could not be read: one that a partial store was left without is brought, and else the store is
// mended. A store that was made anew has lost what was brought before.
func (f *Fetcher) retrieve(
	ctx context.Context, url string, files *treeFS, missing plumbing.Hash, cause error, anew bool,
) (storer.EncodedObjectStorer, error) {
	if errors.Is(cause, plumbing.ErrObjectNotFound) {
		if s, tried, err := f.lacking(ctx, url, files, missing, anew); tried {
			return s, err
		}
	}
	s, err := f.mend(ctx, url, missing, cause, anew)
	if err == nil && s.HasEncodedObject(missing) != nil {
		if s, tried, err := f.lacking(ctx, url, files, missing, true); tried {
			return s, err
		}
	}
	return s, err
}

// lacking brings a file that is not in a partial store, with the others of its folder. It reports whether it tried: what is no
// file of a folder that was read is not left out, and missing for another reason.
func (f *Fetcher) lacking(
	ctx context.Context, url string, files *treeFS, missing plumbing.Hash, certain bool,
) (s storer.EncodedObjectStorer, tried bool, err error) {
	if partial, err := f.partial(ctx, url); err != nil || !partial {
		return nil, false, nil
	}
	wanted := files.folders.around(missing)
	switch {
	case len(wanted) > 0:
	case certain:
		// Which folder it is in may have been forgotten.
		wanted = []plumbing.Hash{missing}
	default:
		return nil, false, nil
	}
	s, err = f.supply(ctx, url, wanted)
	return s, true, err
}

// supply brings files that a store lacks, in one go, and returns the store with them.
func (f *Fetcher) supply(ctx context.Context, url string, wanted []plumbing.Hash) (storer.EncodedObjectStorer, error) {
	err := f.share(ctx, fmt.Sprintf("supply %s+%d", wanted[0], len(wanted)), url, func(ctx context.Context) error {
		err := f.bringObjects(ctx, url, wanted)
		f.settle(ctx, url)
		return err
	})
	if err != nil {
		return nil, explain("fetch files", url, err)
	}
	repo, err := f.openStore(url)
	if err != nil {
		return nil, err
	}
	return repo.Storer, nil
}

// bringObjects fetches the files that are not in the store, which is made anew when it is damaged. The caller holds the lock.
func (f *Fetcher) bringObjects(ctx context.Context, url string, wanted []plumbing.Hash) error {
	err := f.fetchObjects(ctx, url, wanted)
	if err == nil {
		return nil
	}
	cause := f.examine(url)
	if cause == nil && (errors.Is(err, errDamaged) || errors.Is(err, git.ErrRepositoryNotExists)) {
		cause = err
	}
	if cause != nil {
		if err := f.remake(ctx, url, cause); err != nil {
			return err
		}
		return f.fetchObjects(ctx, url, wanted)
	}
	return err
}

func (f *Fetcher) fetchObjects(ctx context.Context, url string, wanted []plumbing.Hash) (err error) {
	defer recovered(&err)
	repo, err := f.openStore(url)
	if err != nil {
		return err
	}
	// Another process may have brought them in the meantime.
	absent := absentOf(repo.Storer, wanted)
	if len(absent) == 0 {
		return nil
	}
	var names strings.Builder
	for _, hash := range absent {
		names.WriteString(hash.String() + "\n")
	}
	// What is asked for by name needs no talk about what is there already.
	settings := append([]setting{{"fetch.negotiationAlgorithm", "noop"}}, promisor...)
	args := append(fetchArgs(f.dir(url)), "--no-tags", filterFlag, "--stdin", "origin")
	err = f.withHelper(ctx, url, func() error {
		_, err := f.converse(ctx, url, settings, []byte(names.String()), args...)
		return err
	})
	if err != nil && strings.Contains(err.Error(), "unadvertised object") {
		// A server of protocol 0 has to be told that it may.
		return hint.With(fmt.Errorf("fetch files of %s: its server gives no single files: %w", clean(url), err),
			"set uploadpack.allowAnySHA1InWant there, or register the repository as a whole: wheelhouse repo add "+clean(url)+" --upsert --partial=false")
	}
	return err
}

// absentOf returns those objects that a store has not.
func absentOf(s storer.EncodedObjectStorer, wanted []plumbing.Hash) []plumbing.Hash {
	var absent []plumbing.Hash
	for _, hash := range wanted {
		if s.HasEncodedObject(hash) != nil {
			absent = append(absent, hash)
		}
	}
	return absent
}

// bringReplaced brings the files that a commit writes over into a partial store: what they are decides whether they may be. It
// returns the store with them. The caller holds the lock.
func (f *Fetcher) bringReplaced(ctx context.Context, url string, repo *git.Repository, parent *object.Commit, c app.NewCommit) (_ *git.Repository, err error) {
	defer recovered(&err)
	if partial, err := f.partial(ctx, url); err != nil || !partial {
		return repo, err
	}
	var wanted []plumbing.Hash
	for name := range c.Files {
		// A path that cannot be written is refused by who writes it.
		if e, err := entryAt(repo.Storer, parent.TreeHash, name); err == nil && e.Mode.IsFile() && !e.Hash.IsZero() {
			wanted = append(wanted, e.Hash)
		}
	}
	return f.withObjects(ctx, url, repo, wanted)
}

// withObjects returns a store with files that it may lack. The caller holds the lock.
func (f *Fetcher) withObjects(ctx context.Context, url string, repo *git.Repository, wanted []plumbing.Hash) (*git.Repository, error) {
	if len(absentOf(repo.Storer, wanted)) == 0 {
		return repo, nil
	}
	if err := f.fetchObjects(ctx, url, wanted); err != nil {
		return nil, err
	}
	return f.openStore(url)
}

// bringChanged brings the files by which two commits differ into a partial store, for they are compared, and the new ones
// pushed. It returns the store with them. The caller holds the lock.
func (f *Fetcher) bringChanged(ctx context.Context, url string, repo *git.Repository, from, to *object.Commit) (_ *git.Repository, err error) {
	defer recovered(&err)
	if partial, err := f.partial(ctx, url); err != nil || !partial {
		return repo, err
	}
	changes, err := changesOf(ctx, repo.Storer, from, to)
	if err != nil {
		return nil, err
	}
	var wanted []plumbing.Hash
	for i, c := range changes {
		if after := c.To.TreeEntry; after.Mode.IsFile() {
			wanted = append(wanted, after.Hash)
		}
		if before := c.From.TreeEntry; before.Mode.IsFile() && i < mostCompared {
			wanted = append(wanted, before.Hash)
		}
	}
	return f.withObjects(ctx, url, repo, wanted)
}
