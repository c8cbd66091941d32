package gitsrc

import (
	"os"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// recentLimit is the number of commits that are kept open.
const recentLimit = 16

// opened is a commit that was read from a store: many applications follow the same repository, and opening a store reads its
// index.
type opened struct {
	url, id  string
	checkout app.Checkout
}

// reopened returns a commit that is still open, as a source asks for it. One whose store has gone is not.
func (f *Fetcher) reopened(src app.Source, id string) (app.Checkout, bool) {
	url := clean(src.RepoURL)
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, o := range f.recent {
		if o.url != url || o.id != id {
			continue
		}
		f.recent = append(f.recent[:i:i], f.recent[i+1:]...)
		if _, err := os.Stat(f.dir(src.RepoURL)); err != nil {
			return app.Checkout{}, false
		}
		f.recent = append(f.recent, o)
		o.checkout.Commit.Revision = src.TargetRevision
		return o.checkout, true
	}
	return app.Checkout{}, false
}

// keepOpen remembers an open commit; the one that was asked for least recently leaves.
func (f *Fetcher) keepOpen(src app.Source, id string, c app.Checkout) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.recent = append(f.recent, opened{clean(src.RepoURL), id, c})
	if len(f.recent) > recentLimit {
		f.recent = append([]opened(nil), f.recent[1:]...)
	}
}
