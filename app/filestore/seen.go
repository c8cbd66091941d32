package filestore

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// readSeen returns which file held which application when the folder was last read. Without that knowledge the folder
// is taken as it is.
func (f folder) readSeen() map[string]string {
	seen := map[string]string{}
	if err := readJSON(f.path("seen.json"), &seen); err != nil {
		return map[string]string{}
	}
	return seen
}

// settle compares what was found in the folder with what was seen before, and remembers it. That one application is
// gone, or some of many, is an author's doing. All of several at once is more likely a folder that is not what it was:
// it is refused until the file "emptied" says that it was meant.
func (f folder) settle(seen, found map[string]string, broken int) error {
	if maps.Equal(seen, found) {
		return nil
	}
	if len(found)+broken == 0 && len(seen) > 1 {
		if err := f.confirmEmptied(len(seen)); err != nil {
			return err
		}
	}
	// A folder that cannot be written to can still be read: then only this memory is missing next time.
	_ = writeJSON(f.path("seen.json"), found)
	return nil
}

// confirmEmptied uses up the marker that says that the folder was emptied on purpose.
func (f folder) confirmEmptied(lost int) error {
	err := os.Remove(f.path("emptied"))
	if errors.Is(err, fs.ErrNotExist) {
		return hint.With(fmt.Errorf("the files of all its %d applications vanished at once", lost),
			"bring the files back (mount the share, check out the branch); if this was meant, run: touch "+f.path("emptied"))
	}
	return err
}

// unsee forgets an application that was removed through the store.
func (f folder) unsee(file string) error {
	seen := f.readSeen()
	delete(seen, file)
	return writeJSON(f.path("seen.json"), seen)
}
