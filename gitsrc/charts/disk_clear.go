package charts

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// unusedFor is how long a file stays that nobody uses.
const unusedFor = 90 * 24 * time.Hour

// defaultCacheLimit is how large all files together may grow, in bytes, when the options do not say.
const defaultCacheLimit = 2 << 30

// spared is how young a file is that does not leave for its size: somebody may be about to read it, or be writing it.
const spared = time.Minute

// cached is a file of the cache.
type cached struct {
	name string
	used time.Time
	size int64
}

// clear removes what was not used for long, and then what was not used for the longest time, until all is within the limit.
// A file that leaves while another process reads it stays open for that one, and is brought again for the next.
func (d disk) clear() {
	files := d.files()
	slices.SortFunc(files, func(a, b cached) int { return a.used.Compare(b.used) })
	var total int64
	for _, f := range files {
		total += f.size
	}
	for _, f := range files {
		age := time.Since(f.used)
		if age <= unusedFor && (total <= d.limit || age < spared) {
			return
		}
		if os.Remove(f.name) == nil {
			total -= f.size
		}
	}
}

// files are those of the cache, as far as they can be listed.
func (d disk) files() []cached {
	var out []cached
	_ = filepath.WalkDir(d.dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			// What cannot be looked at is left where it is.
			return nil
		}
		if i, err := e.Info(); err == nil {
			out = append(out, cached{name, i.ModTime(), i.Size()})
		}
		return nil
	})
	return out
}
