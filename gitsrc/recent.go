package gitsrc

import (
	"context"
	"os"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// recentLimit is the number of commits that are kept open.
const recentLimit = 16

// opened is a commit that was read from a store: many applications follow the same repository, and opening a store reads its
// index.
type opened struct {
	url, id string
	// keys are those that had to have signed the commit when it was opened, and large says whether files in Git LFS were served.
	keys     string
	large    bool
	checkout app.Checkout
}

// reopened returns a commit that is still open, as a source asks for it. One whose store has gone is not, nor one that other
// keys have to have signed by now, or whose files in Git LFS are served otherwise.
func (f *Fetcher) reopened(ctx context.Context, src app.Source, id string) (app.Checkout, bool) {
	url := clean(src.RepoURL)
	l, err := f.opts.Registry.Login(ctx, src.RepoURL)
	if err != nil {
		// Opening it says so.
		return app.Checkout{}, false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, o := range f.recent {
		if o.url != url || o.id != id {
			continue
		}
		f.recent = append(f.recent[:i:i], f.recent[i+1:]...)
		if _, err := os.Stat(f.dir(src.RepoURL)); err != nil || o.keys != l.SignatureKeys || o.large != l.EnableLFS {
			return app.Checkout{}, false
		}
		f.recent = append(f.recent, o)
		o.checkout.Commit.Revision = src.TargetRevision
		return o.checkout, true
	}
	return app.Checkout{}, false
}

// keepOpen remembers an open commit; the one that was asked for least recently leaves. The login is that of before it was
// opened.
func (f *Fetcher) keepOpen(src app.Source, id string, l app.RepositoryLogin, c app.Checkout) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.recent = append(f.recent, opened{clean(src.RepoURL), id, l.SignatureKeys, l.EnableLFS, c})
	if len(f.recent) > recentLimit {
		f.recent = append([]opened(nil), f.recent[1:]...)
	}
}
