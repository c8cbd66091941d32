package charts

import (
	"errors"
	"fmt"
)

// limits bound what an archive may hold. Sizes are in bytes.
type limits struct {
	// compressed is the size of the archive itself.
	compressed int64
	// entries is the number of files, folders and links in it.
	entries int
	// entry is the size of one file, total that of all together.
	entry, total int64
	// ratio is how many times larger than the archive its content may be, beyond ratioFrom bytes.
	ratio, ratioFrom int64
	// depth is the number of folders on the way to a file, name the length of its whole path.
	depth, name int
}

// standard are the limits that hold for everything that comes from a repository. The total is also the size up to which
// a chart is rendered.
var standard = limits{
	compressed: 32 << 20, entries: 20_000, entry: 16 << 20, total: 64 << 20, ratio: 200, ratioFrom: 1 << 20, depth: 32, name: 1024,
}

// ErrLimit is in the chain of every error that says that an archive is refused for its size or form.
var ErrLimit = errors.New("the archive is refused")

func refused(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrLimit, fmt.Sprintf(format, args...))
}

// size writes a number of bytes as a limit is written.
func size(n int64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}
