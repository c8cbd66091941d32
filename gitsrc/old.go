package gitsrc

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// bringOld brings a commit that neither a branch nor a tag leads to any more, if the server still gives it. The caller holds
// the store's lock.
func (f *Fetcher) bringOld(ctx context.Context, url string, id plumbing.Hash) error {
	if f.readable(url, id) == nil {
		return nil
	}
	err := f.withHelper(ctx, url, func() error {
		partial, err := f.partial(ctx, url)
		if err != nil {
			return err
		}
		if partial || f.opts.ThroughGit(url) {
			return f.fetchThrough(ctx, url, f.dir(url), partial, id.String())
		}
		return f.fetchOld(ctx, url, id)
	})
	if err == nil {
		err = f.readable(url, id)
	}
	if err != nil {
		return hint.With(fmt.Errorf("commit %s is not in %s any more: %w", short7(id.String()), clean(url), explain("fetch", url, err)),
			"push a branch or a tag that leads to it, and try again")
	}
	return nil
}

// fetchOld fetches one commit by its id.
func (f *Fetcher) fetchOld(ctx context.Context, url string, id plumbing.Hash) (err error) {
	defer recovered(&err)
	repo, err := f.openStore(url)
	if err != nil {
		return err
	}
	in, err := f.access(ctx, url)
	if err != nil {
		return err
	}
	// Fetching goes by reference names; this one only keeps the commit for a moment.
	local := plumbing.ReferenceName("refs/wheelhouse/old-" + id.String())
	remote := git.NewRemote(repo.Storer, &config.RemoteConfig{Name: "origin", URLs: []string{url}})
	err = remote.FetchContext(ctx, &git.FetchOptions{
		RemoteName: "origin", Auth: in.auth, ProxyOptions: in.proxy, Tags: git.NoTags,
		RefSpecs: []config.RefSpec{config.RefSpec(id.String() + ":" + local.String())},
	})
	if errors.Is(err, git.NoErrAlreadyUpToDate) {
		err = nil
	}
	return errors.Join(err, repo.Storer.RemoveReference(local))
}
