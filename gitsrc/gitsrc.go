// Package gitsrc turns a source into files at a commit, with what those files name elsewhere: the dependencies of charts and
// the bases of kustomizations. Charts and OCI artifacts are brought by package charts; what follows is git's.
//
// Every repository has one bare store below a cache folder, shared by all processes through a file lock; there is never
// a work tree. [Fetcher.Resolve] asks a repository which commit a revision stands for: one listing of references
// answers for all applications of the repository. [Fetcher.Fetch] brings a commit into the store if it is not there,
// and returns an fs.FS over git's own objects; of a repository that is cloned in part, files are brought when they are
// read. [Fetcher.Draft] makes a commit that only this machine has: files with new content, or paths as they were in an
// older commit; [Fetcher.Push] pushes it, and [Fetcher.Commit] does both.
// Credentials come from a [Registry]; none of them ever enters an error.
package gitsrc

import (
	"cmp"
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"golang.org/x/sync/singleflight"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc/charts"
)

// Options say where a Fetcher keeps things. CacheDir is required.
type Options struct {
	CacheDir string
	// CacheLimit bounds the size of all stores together, in bytes; 0 is 10 GiB. The stores that were not used for the longest
	// time leave, and none that this process uses.
	CacheLimit int64
	// ChartDir holds charts and OCI artifacts; it defaults to a folder of CacheDir.
	ChartDir string
	// Registry holds credentials; nil has none.
	Registry *Registry
	// Clients are the HTTP clients to use; nil makes some.
	Clients *Clients
	// KnownHosts are the files with SSH host keys; empty is the user's and the system's.
	KnownHosts []string
	// TrustedHosts is the file with the SSH host keys that Repositories.Trust accepted; it is read beside the others.
	TrustedHosts string
	// SharedHosts returns further SSH host keys, as the text of a file, and says where they are; nil has none.
	SharedHosts func(ctx context.Context) (text, from string, err error)
	// SSHAgent is the socket of the agent that logs in where no key is registered; empty is none.
	SSHAgent string
	// Git is the name or path of the git program; empty is git on PATH. It reaches the servers that go-git cannot talk to,
	// which ThroughGit tells by their URLs (nil: those of Azure DevOps), fetches partial clones, and asks the user's credential
	// helpers.
	Git        string
	ThroughGit func(url string) bool
	Log        *slog.Logger
}

// Fetcher fetches what sources name. Its methods are safe for concurrent use.
type Fetcher struct {
	opts    Options
	clients *Clients
	charts  *charts.Store
	flight  singleflight.Group
	shared  flights
	// asked is when somebody last wanted to know for sure what there is, in nanoseconds.
	asked atomic.Int64

	mu     sync.Mutex
	listed map[string]listing
	// named are the references beside branches and tags that somebody wanted to know of, by repository, and when that was.
	named map[string]map[string]time.Time
	// used are the folders of the stores that this process uses, and when it last noted that.
	used map[string]time.Time
	// recent are the commits that are kept open, the one that was asked for last at the end.
	recent []opened
	// lent are the logins that credential helpers gave, by protocol and host, and by path where they depend on that.
	lent map[string]app.RepositoryLogin
	// grants are what LFS servers grant to those who come over SSH, by URL, and failed the downloads from them that failed.
	grants map[string]largeGrant
	failed map[string]failure
}

// New returns a Fetcher; it touches neither disk nor network.
func New(opts Options) *Fetcher {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Registry == nil {
		opts.Registry = NewRegistry("")
	}
	if opts.Clients == nil {
		opts.Clients = NewClients()
	}
	if opts.ThroughGit == nil {
		opts.ThroughGit = needsProgram
	}
	install()
	f := &Fetcher{
		opts: opts, clients: opts.Clients, listed: map[string]listing{}, named: map[string]map[string]time.Time{}, used: map[string]time.Time{}, lent: map[string]app.RepositoryLogin{},
		grants: map[string]largeGrant{}, failed: map[string]failure{},
	}
	f.charts = charts.New(charts.Options{CacheDir: cmp.Or(opts.ChartDir, filepath.Join(opts.CacheDir, "charts")), Logins: f.chartLogin, Log: opts.Log})
	return f
}

// Resolve returns the commit that the source's revision stands for. An answer of the repository that is younger than
// maxAge serves; concurrent calls for one repository share a request.
func (f *Fetcher) Resolve(ctx context.Context, src app.Source, maxAge time.Duration) (app.Commit, error) {
	if maxAge <= 0 {
		f.asked.Store(time.Now().UnixNano())
	}
	if !src.InGit() {
		return f.charts.Resolve(ctx, src, maxAge)
	}
	return f.resolve(ctx, src, maxAge)
}

// resolve resolves the revision of a git repository.
func (f *Fetcher) resolve(ctx context.Context, src app.Source, maxAge time.Duration) (app.Commit, error) {
	rev := src.Revision()
	if plumbing.IsHash(rev) {
		return f.describe(src, rev), nil
	}
	l, err := f.list(ctx, src.RepoURL, rev, maxAge)
	if err != nil {
		return app.Commit{}, err
	}
	id, err := match(l, rev, src.TagPrefix)
	if err != nil {
		short, ok, fetchErr := f.shortened(ctx, src, rev, l)
		switch {
		case fetchErr != nil:
			return app.Commit{}, fetchErr
		case ok:
			return f.describe(src, short), nil
		}
		return app.Commit{}, err
	}
	c := f.describe(src, id)
	c.AsOf = l.at
	return c, nil
}

// describe fills in author, date and message when the commit is in the store already.
func (f *Fetcher) describe(src app.Source, id string) app.Commit {
	c := app.Commit{Revision: src.TargetRevision, ID: id}
	repo, err := f.openStore(src.RepoURL)
	if err != nil {
		return c
	}
	commit, err := commitAt(repo.Storer, plumbing.NewHash(id))
	if err != nil {
		return c
	}
	return commitOf(c, commit)
}

func commitOf(c app.Commit, o *object.Commit) app.Commit {
	c.ID = o.Hash.String()
	c.Author, c.Date = o.Author.Name, o.Author.When
	c.Message, _, _ = strings.Cut(strings.TrimSpace(o.Message), "\n")
	return c
}

func short7(id string) string {
	if len(id) > 7 {
		return id[:7]
	}
	return id
}
