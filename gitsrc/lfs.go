package gitsrc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/internal/lfs"
)

// largeTimeout bounds one download from Git LFS. Others may wait for it, so it does not end with whoever began it.
const largeTimeout = 5 * time.Minute

// largeMark is at the end of every hash of a repository whose pointers of Git LFS are replaced by their content: its files
// are others than those of the same commit without.
const largeMark = "+lfs"

// content reads a file: what a pointer of Git LFS stands for, where the repository's login asks for that.
func (t *treeFS) content(hash plumbing.Hash) ([]byte, error) {
	data, err := t.blob(hash)
	if err != nil {
		return nil, err
	}
	p, ok := lfs.Parse(data)
	if !ok {
		return data, nil
	}
	large, err := t.large(t, p)
	if large == nil && err == nil {
		return data, nil
	}
	return large, err
}

// contentSize is the size of what a pointer stands for, of a file that may be one.
func (t *treeFS) contentSize(hash plumbing.Hash, size int64) int64 {
	if t.mark == "" || size >= lfs.MostBytes {
		return size
	}
	data, err := t.blob(hash)
	if err != nil {
		return size
	}
	if p, ok := lfs.Parse(data); ok {
		return p.Size
	}
	return size
}

// Origin returns the URL of the git repository that a file is in, which is another one for those of submodules.
func (t *treeFS) Origin(name string) string {
	n, err := t.find("find", name)
	if err != nil || n.in == nil {
		return ""
	}
	return clean(n.in.modules.url)
}

// keepsPointers refuses to write over pointers of Git LFS: the new content would be in git, and not in LFS.
func keepsPointers(s storer.EncodedObjectStorer, parent *object.Commit, files map[string][]byte) error {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		entry, err := entryAt(s, parent.TreeHash, name)
		if err != nil {
			return err
		}
		content := files[name]
		if content == nil || !entry.Mode.IsFile() || entry.Hash == plumbing.ComputeHash(plumbing.BlobObject, content) {
			continue
		}
		old, err := readObject(s, plumbing.BlobObject, entry.Hash)
		if errors.Is(err, errTooLarge) {
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if _, pointer := lfs.Parse(old); pointer {
			return hint.With(fmt.Errorf("%s: it is kept in Git LFS, and a commit from here would put the text itself in the place of its pointer", name),
				"change it in a clone with git-lfs, and push that")
		}
	}
	return nil
}

// largeFile returns what a pointer in a repository's files stands for; nil where pointers stay what they are.
func (f *Fetcher) largeFile(ctx context.Context, url string, files *treeFS, p lfs.Pointer) ([]byte, error) {
	l, err := f.opts.Registry.Login(ctx, url)
	if err != nil || !l.EnableLFS {
		return nil, err
	}
	switch {
	case len(p.Extensions) > 0:
		return nil, hint.With(fmt.Errorf("its content in Git LFS was changed by extensions of Git LFS (%s), which are not run here",
			strings.Join(p.Extensions, ", ")), "keep the file in Git LFS without extensions")
	case p.Size > mostBytes:
		return nil, hint.With(fmt.Errorf("its content in Git LFS has %d MiB: %w", p.Size>>20, errTooLarge), "keep it out of what is rendered, or make it smaller")
	}
	o := largeObject{f.dir(url), p}
	if data, err := f.loadLarge(o); err == nil {
		return data, nil
	}
	key := "lfs " + p.OID + " " + url
	if err := f.lately(key); err != nil {
		return nil, err
	}
	v, err, shared := f.flight.Do(key, func() (any, error) {
		// Another one's download may have come since.
		if data, err := f.loadLarge(o); err == nil {
			return data, nil
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), largeTimeout)
		defer cancel()
		data, err := f.bringLarge(ctx, url, files, p)
		f.remember(key, err)
		if err != nil {
			return nil, err
		}
		if err := o.store(data); err != nil {
			f.opts.Log.Warn("what came from Git LFS is not kept", "repository", clean(url), "object", p.OID, "error", err)
		}
		return data, nil
	})
	if err != nil {
		return nil, err
	}
	data := v.([]byte)
	if shared {
		// Each caller may change what it gets.
		data = bytes.Clone(data)
	}
	return data, nil
}

// loadLarge reads an object that is kept; one that is damaged is as good as none, which the log says.
func (f *Fetcher) loadLarge(o largeObject) ([]byte, error) {
	data, err := o.load()
	if errors.Is(err, errDamaged) {
		f.opts.Log.Warn("damaged object of Git LFS is fetched anew", "store", o.folder, "error", err)
	}
	return data, err
}

// failure is the last of several failures in a row.
type failure struct {
	err   error
	at    time.Time
	times int
}

// lately returns a failure that is too young for another try. Whoever wanted to know for sure since then has one.
func (f *Fetcher) lately(key string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	last, ok := f.failed[key]
	age := time.Since(last.at)
	if !ok || age > pauseAfter(last.times) || age > failurePause && f.asked.Load() > last.at.UnixNano() {
		return nil
	}
	return last.err
}

// remember notes how a try ended.
func (f *Fetcher) remember(key string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil {
		delete(f.failed, key)
		return
	}
	f.failed[key] = failure{err, time.Now(), f.failed[key].times + 1}
}
