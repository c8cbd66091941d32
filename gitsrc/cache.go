package gitsrc

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// defaultCacheLimit is how large all stores together may grow, in bytes, when the options do not say.
const defaultCacheLimit = 10 << 30

// usePrecision is how exactly the last use of a store is noted.
const usePrecision = time.Minute

// use notes that this process uses a store: it does not leave the cache then, whoever else it is that clears up. When
// that was is the time of its lock file, for the other processes.
func (f *Fetcher) use(url string) {
	dir, now := f.dir(url), time.Now()
	f.mu.Lock()
	fresh := now.Sub(f.used[dir]) < usePrecision
	if !fresh {
		f.used[dir] = now
	}
	f.mu.Unlock()
	if fresh {
		return
	}
	unlock, err := tryLock(dir + ".lock")
	if err == nil {
		unlock()
	}
	if err := os.Chtimes(dir+".lock", now, now); err != nil {
		f.opts.Log.Debug("use of a store is not noted", "error", err)
	}
}

// kept is a store in the cache folder.
type kept struct {
	dir  string
	used time.Time
	size int64
}

// trim removes the stores that were not used for the longest time, until all together are within the limit. One that
// this process uses, or that is locked, stays.
func (f *Fetcher) trim() error {
	stores, total, err := f.stores()
	if err != nil {
		return fmt.Errorf("measure the cache: %w", err)
	}
	limit := cmp.Or(f.opts.CacheLimit, defaultCacheLimit)
	slices.SortFunc(stores, func(a, b kept) int { return a.used.Compare(b.used) })
	var failed []error
	for _, s := range stores {
		f.mu.Lock()
		_, ours := f.used[s.dir]
		f.mu.Unlock()
		if total <= limit || ours {
			continue
		}
		switch err := f.discard(s); {
		case err == nil:
			total -= s.size
		case !errors.Is(err, errHeld):
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// discard removes a store that nobody holds. It vanishes as a whole, for others may read it without the lock.
func (f *Fetcher) discard(s kept) error {
	unlock, err := tryLock(s.dir + ".lock")
	if err != nil {
		return err
	}
	defer unlock()
	old := s.dir + ".old"
	if err := errors.Join(os.RemoveAll(old), os.Rename(s.dir, old), os.RemoveAll(old), os.RemoveAll(s.dir+".new")); err != nil {
		return fmt.Errorf("remove store: %w", err)
	}
	f.opts.Log.Info("store left the cache", "store", s.dir, "used", s.used, "bytes", s.size)
	return nil
}

// stores measures what is in the cache folder.
func (f *Fetcher) stores() ([]kept, int64, error) {
	dirs, err := filepath.Glob(filepath.Join(f.opts.CacheDir, "*.git"))
	if err != nil {
		return nil, 0, err
	}
	var out []kept
	var total int64
	for _, dir := range dirs {
		k := kept{dir: dir}
		if info, err := os.Stat(dir + ".lock"); err == nil {
			k.used = info.ModTime()
		}
		err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return ignoreGone(err)
			}
			info, err := d.Info()
			if err == nil {
				k.size += info.Size()
			}
			return ignoreGone(err)
		})
		if err != nil {
			return nil, 0, err
		}
		total += k.size
		out = append(out, k)
	}
	return out, total, nil
}

// ignoreGone drops the error of a file that somebody else removed in the meantime.
func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
