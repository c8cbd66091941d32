package gitsrc

import (
	"context"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// shortened finds the commit of a truncated id. A listing names the newest commits only, so that the store is asked, and
// where it lacks something of the listing, once more when that is fetched: with an unchanged repository nothing is.
func (f *Fetcher) shortened(ctx context.Context, src app.Source, rev string, l listing) (string, bool, error) {
	if len(rev) < 4 || len(rev) > 39 || strings.Trim(rev, "0123456789abcdef") != "" {
		return "", false, nil
	}
	id, ok := f.short(src, rev)
	if ok {
		return id, true, nil
	}
	lacking, some := f.unfetched(src.RepoURL, l)
	if !some {
		return "", false, nil
	}
	f.use(src.RepoURL)
	if err := f.update(ctx, src.RepoURL, lacking); err != nil {
		return "", false, explain("fetch "+rev, src.RepoURL, err)
	}
	id, ok = f.short(src, rev)
	return id, ok, nil
}

// unfetched returns something that a repository has and its store has not.
func (f *Fetcher) unfetched(url string, l listing) (plumbing.Hash, bool) {
	for name, id := range l.refs {
		if !strings.HasPrefix(name, "refs/heads/") && !strings.HasPrefix(name, "refs/tags/") {
			continue
		}
		if hash := plumbing.NewHash(id); f.readable(url, hash) != nil {
			return hash, true
		}
	}
	return plumbing.ZeroHash, false
}

// short finds a truncated commit id in the store.
func (f *Fetcher) short(src app.Source, rev string) (string, bool) {
	repo, err := f.openStore(src.RepoURL)
	if err != nil {
		return "", false
	}
	h, err := repo.ResolveRevision(plumbing.Revision(rev))
	if err != nil {
		return "", false
	}
	return h.String(), true
}
