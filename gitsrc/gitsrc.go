// Package gitsrc turns a source into files at a commit. Charts and OCI artifacts are brought by package charts; what follows
// is git's.
//
// Every repository has one bare store below a cache folder, shared by all processes through a file lock; there is never
// a work tree. [Fetcher.Resolve] asks a repository which commit a revision stands for: one listing of references
// answers for all applications of the repository. [Fetcher.Fetch] brings a commit into the store if it is not there,
// and returns an fs.FS over git's own objects. [Fetcher.Commit] writes files as one new commit and pushes it.
// Credentials come from a [Registry]; none of them ever enters an error.
package gitsrc

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"golang.org/x/sync/singleflight"
	"golang.org/x/sys/unix"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc/charts"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// Options say where a Fetcher keeps things. CacheDir is required.
type Options struct {
	CacheDir string
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
	// SSHAgent is the socket of the agent that logs in where no key is registered; empty is none.
	SSHAgent string
	Log      *slog.Logger
}

// Fetcher fetches what sources name. Its methods are safe for concurrent use.
type Fetcher struct {
	opts    Options
	clients *Clients
	charts  *charts.Store
	flight  singleflight.Group
	// asked is when somebody last wanted to know for sure what there is, in nanoseconds.
	asked atomic.Int64

	mu     sync.Mutex
	listed map[string]listing
}

// listing is what a repository answered when its references were listed.
type listing struct {
	refs map[string]string
	head string
	at   time.Time
	err  error
}

// failurePause is how long a failed listing is answered from memory, so that many applications of a repository that is
// down ask it once.
const failurePause = 2 * time.Second

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
	install()
	f := &Fetcher{opts: opts, clients: opts.Clients, listed: map[string]listing{}}
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
	rev := src.Revision()
	if plumbing.IsHash(rev) {
		return f.describe(src, rev), nil
	}
	l, err := f.list(ctx, src.RepoURL, maxAge)
	if err != nil {
		return app.Commit{}, err
	}
	id, err := match(l, rev, src.TagPrefix)
	if err != nil {
		if short, ok := f.short(src, rev); ok {
			return f.describe(src, short), nil
		}
		return app.Commit{}, err
	}
	return f.describe(src, id), nil
}

// describe fills in author, date and message when the commit is in the store already.
func (f *Fetcher) describe(src app.Source, id string) app.Commit {
	c := app.Commit{Revision: src.TargetRevision, ID: id}
	repo, err := git.PlainOpen(f.dir(src.RepoURL))
	if err != nil {
		return c
	}
	commit, err := repo.CommitObject(plumbing.NewHash(id))
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

// short finds a truncated commit id in the store.
func (f *Fetcher) short(src app.Source, rev string) (string, bool) {
	if len(rev) < 4 || len(rev) > 39 || strings.Trim(rev, "0123456789abcdef") != "" {
		return "", false
	}
	repo, err := git.PlainOpen(f.dir(src.RepoURL))
	if err != nil {
		return "", false
	}
	h, err := repo.ResolveRevision(plumbing.Revision(rev))
	if err != nil {
		return "", false
	}
	return h.String(), true
}

// forget drops what is known of the references of a repository, so that it is asked anew.
func (f *Fetcher) forget(url string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.listed, url)
}

// list lists the references of a repository.
func (f *Fetcher) list(ctx context.Context, url string, maxAge time.Duration) (listing, error) {
	f.mu.Lock()
	l, ok := f.listed[url]
	f.mu.Unlock()
	age := time.Since(l.at)
	if ok && (l.err == nil && age < maxAge || l.err != nil && age < failurePause) {
		return l, l.err
	}
	// A caller that gives up must not fail the others that wait for the same answer.
	ch := f.flight.DoChan(url, func() (any, error) {
		fresh := f.ask(context.WithoutCancel(ctx), url)
		f.mu.Lock()
		f.listed[url] = fresh
		f.mu.Unlock()
		return fresh, fresh.err
	})
	select {
	case <-ctx.Done():
		return listing{}, fmt.Errorf("list references of %s: %w", clean(url), ctx.Err())
	case r := <-ch:
		fresh, _ := r.Val.(listing)
		return fresh, r.Err
	}
}

// listTimeout bounds one listing of references.
const listTimeout = 30 * time.Second

func (f *Fetcher) ask(ctx context.Context, url string) listing {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	l := listing{at: time.Now(), refs: map[string]string{}}
	in, err := f.access(url)
	if err != nil {
		l.err = err
		return l
	}
	remote := git.NewRemote(nil, &config.RemoteConfig{Name: "origin", URLs: []string{url}})
	refs, err := remote.ListContext(ctx, &git.ListOptions{
		Auth: in.auth, ProxyOptions: in.proxy, PeelingOption: git.AppendPeeled,
	})
	if err != nil {
		l.err = explain("list references", url, err)
		return l
	}
	for _, r := range refs {
		switch {
		case r.Type() == plumbing.SymbolicReference && r.Name() == plumbing.HEAD:
			l.head = r.Target().String()
		case r.Type() == plumbing.HashReference:
			l.refs[r.Name().String()] = r.Hash().String()
		}
	}
	return l
}

// dir is the folder of a repository's store.
func (f *Fetcher) dir(url string) string {
	sum := sha256.Sum256([]byte(clean(url)))
	base := strings.TrimSuffix(filepath.Base(strings.TrimSuffix(clean(url), "/")), ".git")
	return filepath.Join(f.opts.CacheDir, sanitize(base)+"-"+hex.EncodeToString(sum[:8])+".git")
}

func sanitize(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, s)
}

// Fetch returns the repository's files at a commit, with the packages that a chart in it depends on. A commit that is in the
// store needs no network.
func (f *Fetcher) Fetch(ctx context.Context, src app.Source, id string) (app.Checkout, error) {
	fetch := f.fetch
	if !src.InGit() {
		fetch = f.charts.Fetch
	}
	c, err := fetch(ctx, src, id)
	if err == nil {
		c.Files = f.depended(ctx, src, c.Files)
	}
	return c, err
}

// fetch returns a git repository's files at a commit.
func (f *Fetcher) fetch(ctx context.Context, src app.Source, id string) (app.Checkout, error) {
	if c, err := f.open(src, id); err == nil {
		return c, nil
	}
	if err := f.update(ctx, src.RepoURL, id); err != nil {
		return app.Checkout{}, err
	}
	c, err := f.open(src, id)
	if err != nil {
		return app.Checkout{}, hint.With(fmt.Errorf("commit %s is not in %s: %w", id, clean(src.RepoURL), err),
			"check the revision; a commit must be reachable from a branch or tag")
	}
	return c, nil
}

// open reads a commit from the store.
func (f *Fetcher) open(src app.Source, id string) (app.Checkout, error) {
	repo, err := git.PlainOpen(f.dir(src.RepoURL))
	if err != nil {
		return app.Checkout{}, err
	}
	commit, err := repo.CommitObject(plumbing.NewHash(id))
	if err != nil {
		return app.Checkout{}, err
	}
	tree, err := commit.Tree()
	if err != nil {
		return app.Checkout{}, err
	}
	return app.Checkout{
		Files: newTreeFS(repo.Storer, tree), Commit: commitOf(app.Commit{Revision: src.TargetRevision}, commit),
	}, nil
}

// update fetches branches and tags into the store, one process at a time. A store that is damaged is made anew.
func (f *Fetcher) update(ctx context.Context, url, id string) error {
	_, err, _ := f.flight.Do("fetch "+url, func() (any, error) {
		unlock, err := lockFile(f.dir(url) + ".lock")
		if err != nil {
			return nil, err
		}
		defer unlock()
		err = f.fetchInto(ctx, url)
		if err != nil && damaged(err) {
			f.opts.Log.Warn("damaged store is made anew", "repository", clean(url), "error", err)
			if err := os.RemoveAll(f.dir(url)); err != nil {
				return nil, fmt.Errorf("remove damaged store of %s: %w", clean(url), err)
			}
			err = f.fetchInto(ctx, url)
		}
		return nil, err
	})
	if err != nil {
		return explain("fetch "+short7(id), url, err)
	}
	return nil
}

// damaged reports whether a store, not a server, is at fault.
func damaged(err error) bool {
	return errors.Is(err, plumbing.ErrObjectNotFound) || strings.Contains(err.Error(), "packfile") ||
		strings.Contains(err.Error(), "malformed") || errors.Is(err, git.ErrRepositoryNotExists)
}

func (f *Fetcher) fetchInto(ctx context.Context, url string) error {
	in, err := f.access(url)
	if err != nil {
		return err
	}
	dir := f.dir(url)
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
	// The URL in the store has no credentials; those are passed with each call.
	remote := git.NewRemote(repo.Storer, &config.RemoteConfig{Name: "origin", URLs: []string{url}})
	err = remote.FetchContext(ctx, &git.FetchOptions{
		RemoteName: "origin", Auth: in.auth, ProxyOptions: in.proxy, Force: true, Prune: true, Tags: git.AllTags,
		RefSpecs: []config.RefSpec{"+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"},
	})
	if errors.Is(err, git.NoErrAlreadyUpToDate) {
		return nil
	}
	return err
}

func short7(id string) string {
	if len(id) > 7 {
		return id[:7]
	}
	return id
}

// lockFile takes an exclusive lock between processes and waits for it.
func lockFile(path string) (func(), error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make cache folder: %w", err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	for {
		err = unix.Flock(int(file.Fd()), unix.LOCK_EX)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), file.Close())
	}
	return func() { _ = file.Close() }, nil
}
