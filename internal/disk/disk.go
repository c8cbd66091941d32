// Package disk makes what is written last over a crash of the machine.
//
// A file that was synced and renamed into its place is there after a crash only if its folder was synced too: the name is in the
// folder and not in the file. [SyncFolder] does that for all who write so.
package disk

import (
	"errors"
	"os"
	"syscall"
)

// SyncFolder makes the names in a folder last over a crash. Some file systems cannot and need not.
func SyncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		err = nil
	}
	return errors.Join(err, d.Close())
}
