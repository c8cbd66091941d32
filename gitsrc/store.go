package gitsrc

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/storer"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/internal/lfs"
)

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

// errDamaged says that a store, not a server, is at fault.
var errDamaged = errors.New("the store is damaged")

// openStore opens the store of a repository: git.ErrRepositoryNotExists when there is none, errDamaged when what is there
// is no bare repository that can be read.
func (f *Fetcher) openStore(url string) (repo *git.Repository, err error) {
	defer recovered(&err)
	dir := f.dir(url)
	info, err := os.Lstat(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, git.ErrRepositoryNotExists
	case err != nil:
		return nil, fmt.Errorf("open store: %w", err)
	case !info.IsDir():
		return nil, fmt.Errorf("%w: it is no folder", errDamaged)
	}
	repo, err = git.PlainOpen(dir)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	config, err := repo.Config()
	if err == nil && !config.Core.IsBare {
		err = errors.New("it has no configuration")
	}
	if err == nil {
		_, err = repo.Storer.Reference(plumbing.HEAD)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	return repo, nil
}

// recovered turns a panic into errDamaged: go-git trusts the files of a store.
func recovered(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%w: %v", errDamaged, r)
	}
}

// Fetch returns the repository's files at a commit, with the packages that a chart in it depends on and with what
// kustomizations in it name elsewhere. A commit that is in the store needs no network. What is read from the store is
// compared with its hash; a store that is damaged is made anew, also when that is found while reading.
func (f *Fetcher) Fetch(ctx context.Context, src app.Source, id string) (app.Checkout, error) {
	fetch := f.fetchOnce
	if !src.InGit() {
		fetch = f.charts.Fetch
	}
	c, err := fetch(ctx, src, id)
	if err != nil {
		return c, err
	}
	if c.Files, err = f.based(ctx, src, f.depended(ctx, src, c.Files)); err != nil {
		return app.Checkout{}, err
	}
	return c, nil
}

// fetchOnce returns a git repository's files at a commit, from an earlier call while they are kept open.
func (f *Fetcher) fetchOnce(ctx context.Context, src app.Source, id string) (app.Checkout, error) {
	if c, ok := f.reopened(ctx, src, id); ok {
		f.use(src.RepoURL)
		return f.ahead(ctx, src, c)
	}
	l, err := f.opts.Registry.Login(ctx, src.RepoURL)
	if err != nil {
		return app.Checkout{}, err
	}
	c, err := f.fetch(ctx, src, id)
	if err != nil {
		return c, err
	}
	f.keepOpen(src, id, l, c)
	return f.ahead(ctx, src, c)
}

// fetch returns a git repository's files at a commit.
func (f *Fetcher) fetch(ctx context.Context, src app.Source, id string) (app.Checkout, error) {
	files, commit, err := f.bringFiles(ctx, src, id, 0)
	if err != nil {
		return app.Checkout{}, err
	}
	return app.Checkout{Files: files, Commit: commit}, nil
}

// bringFiles returns a repository's files, which is itself in this many submodules.
func (f *Fetcher) bringFiles(ctx context.Context, src app.Source, id string, level int) (*treeFS, app.Commit, error) {
	f.use(src.RepoURL)
	if files, c, err := f.open(ctx, src, id, level); err == nil || errors.Is(err, errSignature) {
		return files, c, err
	}
	if err := f.update(ctx, src.RepoURL, plumbing.NewHash(id)); err != nil {
		return nil, app.Commit{}, explain("fetch "+short7(id), src.RepoURL, err)
	}
	files, c, err := f.open(ctx, src, id, level)
	if errors.Is(err, errDamaged) {
		if _, err := f.mend(ctx, src.RepoURL, plumbing.NewHash(id), err, true); err != nil {
			return nil, app.Commit{}, err
		}
		files, c, err = f.open(ctx, src, id, level)
	}
	if errors.Is(err, errSignature) {
		return nil, app.Commit{}, err
	}
	if err != nil {
		return nil, app.Commit{}, hint.With(fmt.Errorf("commit %s is not in %s: %w", id, clean(src.RepoURL), err),
			"check the revision; a commit must be reachable from a branch or tag")
	}
	return files, c, nil
}

// open reads a commit from the store.
func (f *Fetcher) open(ctx context.Context, src app.Source, id string, level int) (*treeFS, app.Commit, error) {
	repo, err := f.openStore(src.RepoURL)
	if err != nil {
		return nil, app.Commit{}, err
	}
	commit, err := commitAt(repo.Storer, plumbing.NewHash(id))
	if err != nil {
		return nil, app.Commit{}, err
	}
	if _, err := readTree(repo.Storer, commit.TreeHash); err != nil {
		return nil, app.Commit{}, err
	}
	if err := f.checkSignature(ctx, src.RepoURL, repo.Storer, commit.Hash); err != nil {
		return nil, app.Commit{}, err
	}
	l, err := f.opts.Registry.Login(ctx, src.RepoURL)
	if err != nil {
		return nil, app.Commit{}, err
	}
	// The files outlive this call, and so does the right to mend what they are read from.
	outlive := context.WithoutCancel(ctx)
	var files *treeFS
	files = &treeFS{
		store: repo.Storer, root: commit.TreeHash,
		mend: func(missing plumbing.Hash, cause error, anew bool) (storer.EncodedObjectStorer, error) {
			return f.retrieve(outlive, src.RepoURL, files, missing, cause, anew)
		},
		large: func(t *treeFS, p lfs.Pointer) ([]byte, error) { return f.largeFile(outlive, src.RepoURL, t, p) },
		modules: &modules{
			url: src.RepoURL, level: level, opened: map[string]module{},
			bring: func(url, commit string) (*treeFS, error) {
				files, _, err := f.bringFiles(outlive, app.Source{RepoURL: url}, commit, level+1)
				return files, err
			},
		},
	}
	if l.EnableLFS {
		files.mark = largeMark
	}
	return files, commitOf(app.Commit{Revision: src.TargetRevision}, commit), nil
}
