package filestore

import (
	"bufio"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/wheelhouse-gitops/wheelhouse/internal/disk"
)

// writeState puts data into a file of .wheelhouse, unless it is in it already, and makes its folder.
func writeState(path string, data []byte) error {
	return writeUnlessSame(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// writeJSON is writeState for a value. One that can be long writes itself, part by part.
func writeJSON(path string, v any) error {
	return writeUnlessSame(path, func(w io.Writer) error {
		buffered := bufio.NewWriterSize(w, chunk)
		var err error
		if long, ok := v.(interface{ WriteJSON(w io.Writer) error }); ok {
			err = long.WriteJSON(buffered)
		} else {
			err = json.NewEncoder(buffered).Encode(v)
		}
		return errors.Join(err, buffered.Flush())
	})
}

// writeUnlessSame is writeState for a function that writes the data, which it does twice where the file holds something else.
func writeUnlessSame(path string, write func(io.Writer) error) error {
	if holds(path, write) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return replace(path, 0o600, func(f *os.File) error { return write(f) })
}

// readJSON reads a value that writeJSON wrote.
func readJSON(path string, v any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}

// removeState removes a file of .wheelhouse; one that is not there is fine.
func removeState(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// rewriteFile replaces the content of a file that its author made: behind symbolic links, with the permissions and,
// where that is allowed, the owner it has.
func rewriteFile(path string, data []byte) error {
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	info, err := os.Stat(target)
	if err != nil {
		return err
	}
	return replace(target, info.Mode().Perm(), func(f *os.File) error {
		if err := f.Chmod(info.Mode().Perm()); err != nil {
			return err
		}
		if owner, ok := info.Sys().(*syscall.Stat_t); ok {
			if err := f.Chown(int(owner.Uid), int(owner.Gid)); err != nil && !errors.Is(err, fs.ErrPermission) {
				return err
			}
		}
		_, err := f.Write(data)
		return err
	})
}

// replaceFile writes a file so that readers see the old content or the new, and a crash leaves one of them.
func replaceFile(path string, data []byte, perm fs.FileMode) error {
	return replace(path, perm, func(f *os.File) error {
		_, err := f.Write(data)
		return err
	})
}

// replace is replaceFile for a function that writes the content.
func replace(path string, perm fs.FileMode, write func(*os.File) error) (err error) {
	temp := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"."+rand.Text()[:8]+".tmp")
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, removeState(temp))
		}
	}()
	if err := fill(f, write); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return err
	}
	return disk.SyncFolder(filepath.Dir(path))
}

func fill(f *os.File, write func(*os.File) error) error {
	if err := write(f); err != nil {
		return err
	}
	return f.Sync()
}
