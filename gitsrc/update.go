package gitsrc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
)

// fetchTimeout bounds one fetch. Others may wait for it, so it does not end with the call that began it.
const fetchTimeout = 15 * time.Minute

// update brings branches and tags into the store, one process at a time. Concurrent calls for one commit share a fetch,
// which goes on when a caller gives up.
func (f *Fetcher) update(ctx context.Context, url string, id plumbing.Hash) error {
	return f.share(ctx, "fetch "+id.String(), url, func(ctx context.Context) error {
		if f.readable(url, id) == nil {
			return nil
		}
		err := f.bring(ctx, url, id)
		f.settle(ctx, url)
		return err
	})
}

// settle does what is due after something was brought. The caller holds the lock.
func (f *Fetcher) settle(ctx context.Context, url string) {
	if err := f.tidy(ctx, url); err != nil {
		f.opts.Log.Warn("packs are not joined", "repository", clean(url), "error", err)
	}
	if err := f.trim(); err != nil {
		f.opts.Log.Warn("cache is not trimmed", "error", err)
	}
}

// mend finds an object that could not be read: another process may have made the store anew in the meantime, and else it
// is made anew here. That must be insisted on where an object is in two packs, one of which is damaged: go-git reads now
// from the one and now from the other.
func (f *Fetcher) mend(ctx context.Context, url string, missing plumbing.Hash, cause error, anew bool) (storer.EncodedObjectStorer, error) {
	err := f.share(ctx, fmt.Sprintf("mend %v", anew), url, func(ctx context.Context) error {
		if !anew && f.readable(url, missing) == nil {
			return nil
		}
		return f.remake(ctx, url, cause)
	})
	if err != nil {
		return nil, errors.Join(cause, explain("mend the store", url, err))
	}
	repo, err := f.openStore(url)
	if err != nil {
		return nil, err
	}
	return repo.Storer, nil
}

// share does something under the store's lock, once for all who ask for the same at a time.
func (f *Fetcher) share(ctx context.Context, what, url string, do func(context.Context) error) error {
	ch := f.flight.DoChan(what+" "+url, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTimeout)
		defer cancel()
		unlock, err := lockFile(ctx, f.dir(url)+".lock")
		if err != nil {
			return nil, err
		}
		defer unlock()
		return nil, do(ctx)
	})
	select {
	case <-ctx.Done():
		return ctx.Err()
	case r := <-ch:
		return r.Err
	}
}

// bring fetches, and makes the store anew when it is damaged: a fetch alone does not notice that what references lead to
// cannot be read. The caller holds the lock.
func (f *Fetcher) bring(ctx context.Context, url string, id plumbing.Hash) error {
	if err := f.whole(ctx, url); err != nil {
		return err
	}
	err := f.fetchInto(ctx, url, f.dir(url))
	if err == nil && f.readable(url, id) == nil {
		return nil
	}
	if cause := f.examine(url); cause != nil {
		return f.remake(ctx, url, cause)
	}
	return err
}

// readable reports whether an object can be read from the store: of a commit also its folder.
func (f *Fetcher) readable(url string, id plumbing.Hash) error {
	repo, err := f.openStore(url)
	if err != nil {
		return err
	}
	return readable(repo.Storer, id)
}

func readable(s storer.EncodedObjectStorer, id plumbing.Hash) (err error) {
	defer recovered(&err)
	o, err := s.EncodedObject(plumbing.AnyObject, id)
	if err != nil {
		return err
	}
	switch o.Type() {
	case plumbing.CommitObject:
		commit, err := commitAt(s, id)
		if err != nil {
			return err
		}
		_, err = readTree(s, commit.TreeHash)
		return err
	case plumbing.TagObject:
		tag := &object.Tag{}
		if err := decode(s, plumbing.TagObject, id, tag); err != nil {
			return err
		}
		return readable(s, tag.Target)
	default:
		_, err := readObject(s, o.Type(), id)
		if errors.Is(err, errTooLarge) {
			return nil
		}
		return err
	}
}

// examine returns what is wrong with a store: nil when every reference leads to something that can be read, and when
// there is no store.
func (f *Fetcher) examine(url string) (err error) {
	defer recovered(&err)
	repo, err := f.openStore(url)
	if errors.Is(err, git.ErrRepositoryNotExists) {
		return nil
	}
	if err != nil {
		return err
	}
	refs, err := repo.References()
	if err != nil {
		return fmt.Errorf("%w: %w", errDamaged, err)
	}
	return refs.ForEach(func(ref *plumbing.Reference) error {
		if ref.Type() != plumbing.HashReference {
			return nil
		}
		if err := readable(repo.Storer, ref.Hash()); err != nil {
			return fmt.Errorf("%w: %s: %w", errDamaged, ref.Name(), err)
		}
		return nil
	})
}

// remake puts a new store in the place of a damaged one, which stays when the server cannot be reached. The caller holds
// the lock.
func (f *Fetcher) remake(ctx context.Context, url string, cause error) error {
	f.opts.Log.Warn("damaged store is made anew", "repository", clean(url), "error", cause)
	dir := f.dir(url)
	fresh, old := dir+".new", dir+".old"
	if err := errors.Join(os.RemoveAll(fresh), os.RemoveAll(old)); err != nil {
		return fmt.Errorf("clear cache folder: %w", err)
	}
	if err := f.fetchInto(ctx, url, fresh); err != nil {
		return errors.Join(err, os.RemoveAll(fresh))
	}
	if err := os.Rename(dir, old); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("replace damaged store: %w", err)
	}
	if err := os.Rename(fresh, dir); err != nil {
		return fmt.Errorf("replace damaged store: %w", err)
	}
	if err := os.RemoveAll(old); err != nil {
		return fmt.Errorf("remove damaged store: %w", err)
	}
	return nil
}

// fetchInto fetches branches and tags into the store in a folder, which is made if there is none.
func (f *Fetcher) fetchInto(ctx context.Context, url, dir string) (err error) {
	defer recovered(&err)
	repo, err := git.PlainOpen(dir)
	if errors.Is(err, git.ErrRepositoryNotExists) {
		if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
			return fmt.Errorf("make cache folder: %w", err)
		}
		repo, err = git.PlainInit(dir, true)
	}
	if err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	return f.withHelper(ctx, url, func() error {
		partial, err := f.partial(ctx, url)
		if err != nil {
			return err
		}
		if partial || f.opts.ThroughGit(url) {
			return f.fetchThrough(ctx, url, dir, partial)
		}
		return f.fetchByGoGit(ctx, url, repo)
	})
}

func (f *Fetcher) fetchByGoGit(ctx context.Context, url string, repo *git.Repository) error {
	in, err := f.access(ctx, url)
	if err != nil {
		return err
	}
	specs := []config.RefSpec{"+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"}
	for _, spec := range f.fetchedApart(url) {
		specs = append(specs, config.RefSpec(spec))
	}
	// The URL in the store has no credentials; those are passed with each call.
	remote := git.NewRemote(repo.Storer, &config.RemoteConfig{Name: "origin", URLs: []string{url}})
	err = remote.FetchContext(ctx, &git.FetchOptions{
		RemoteName: "origin", Auth: in.auth, ProxyOptions: in.proxy, Force: true, Prune: true, Tags: git.AllTags,
		RefSpecs: specs,
	})
	if errors.Is(err, git.NoErrAlreadyUpToDate) {
		return nil
	}
	return err
}
