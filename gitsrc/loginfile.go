package gitsrc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// loginFile keeps logins in one file that only its owner may read. Without a path it has none and takes none.
type loginFile struct {
	path string
	// writing is held by who changes the file, which may wait for other processes.
	writing sync.Mutex

	mu sync.Mutex
	// known is what the file held when it was as info says.
	known *app.Logins
	info  os.FileInfo
}

var _ LoginStore = (*loginFile)(nil)

// Logins implements LoginStore.
func (r *loginFile) Logins(context.Context) (*app.Logins, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	info, err := r.stat()
	if err != nil {
		return nil, err
	}
	if r.known != nil && sameFile(info, r.info) {
		return r.known, nil
	}
	entries, err := r.read()
	if err != nil {
		return nil, err
	}
	all := make([]app.RepositoryLogin, len(entries))
	for i, e := range entries {
		all[i] = e.login()
		all[i].From = r.path
	}
	r.known, r.info = app.NewLogins(all), info
	return r.known, nil
}

func sameFile(a, b os.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}

// stat returns nil when there is no file.
func (r *loginFile) stat() (os.FileInfo, error) {
	if r.path == "" {
		return nil, nil
	}
	info, err := os.Stat(r.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read repositories: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, hint.With(fmt.Errorf("read repositories: others may read %s, which holds credentials", r.path), "chmod 600 "+r.path)
	}
	return info, nil
}

// Put implements LoginStore.
func (r *loginFile) Put(ctx context.Context, l app.RepositoryLogin) error {
	return r.change(ctx, func(entries []entry) ([]entry, error) {
		entries = slices.DeleteFunc(entries, func(e entry) bool { return app.SameRepository(e.URL, l.URL) })
		return append(entries, entryOf(l)), nil
	})
}

// Remove implements LoginStore.
func (r *loginFile) Remove(ctx context.Context, url string) error {
	return r.change(ctx, func(entries []entry) ([]entry, error) {
		kept := slices.DeleteFunc(slices.Clone(entries), func(e entry) bool { return app.SameRepository(e.URL, url) })
		if len(kept) == len(entries) {
			return nil, app.ErrNotFound
		}
		return kept, nil
	})
}

func (r *loginFile) read() ([]entry, error) {
	if info, err := r.stat(); info == nil {
		return nil, err
	}
	b, err := os.ReadFile(r.path)
	if err != nil {
		return nil, fmt.Errorf("read repositories: %w", err)
	}
	var entries []entry
	if err := yaml.Unmarshal(b, &entries); err != nil {
		// The parser's own text may repeat a line of the file.
		return nil, hint.With(fmt.Errorf("read repositories: %s is not valid YAML", r.path), "mend the file, or remove it and add the repositories again")
	}
	return entries, nil
}

// change reads, changes and writes the file, one process at a time.
func (r *loginFile) change(ctx context.Context, f func([]entry) ([]entry, error)) error {
	if r.path == "" {
		return errors.New("write repositories: there is no file for them")
	}
	r.writing.Lock()
	defer r.writing.Unlock()
	unlock, err := lockFile(ctx, r.path+".lock")
	if err != nil {
		return err
	}
	defer unlock()
	entries, err := r.read()
	if err != nil {
		return err
	}
	if entries, err = f(entries); err != nil {
		return err
	}
	b, err := yaml.Marshal(entries)
	if err != nil {
		return fmt.Errorf("write repositories: %w", err)
	}
	return writeFile("repositories", r.path, b)
}

// writeFile replaces a file as a whole; only its owner may read it.
func writeFile(what, path string, b []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", what, err)
	}
	_, err = tmp.Write(b)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", what, err), os.Remove(tmp.Name()))
	}
	return nil
}
