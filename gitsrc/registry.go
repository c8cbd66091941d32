package gitsrc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// Registry keeps repositories and their credentials in one file that only its owner may read. An entry whose URL is a
// prefix of others' serves them too; the longest prefix wins.
type Registry struct {
	path string
	mu   sync.Mutex
}

// NewRegistry returns the registry in a file; an empty path is a registry without entries that takes none.
func NewRegistry(path string) *Registry { return &Registry{path: path} }

// List returns the registered repositories, without secrets.
func (r *Registry) List(context.Context) ([]app.Repository, error) {
	entries, err := r.read()
	if err != nil {
		return nil, err
	}
	out := make([]app.Repository, len(entries))
	for i, e := range entries {
		out[i] = e.repository()
	}
	return out, nil
}

// Add registers a repository, replacing an entry of the same URL. A login that could never serve is refused.
func (r *Registry) Add(ctx context.Context, l app.RepositoryLogin) error {
	l = withoutSecrets(l)
	if err := check(l); err != nil {
		return err
	}
	return r.change(ctx, func(entries []entry) ([]entry, error) {
		entries = slices.DeleteFunc(entries, func(e entry) bool { return e.URL == l.URL })
		return append(entries, entryOf(l)), nil
	})
}

// Remove forgets a repository; app.ErrNotFound when it is not registered.
func (r *Registry) Remove(ctx context.Context, url string) error {
	return r.change(ctx, func(entries []entry) ([]entry, error) {
		kept := slices.DeleteFunc(slices.Clone(entries), func(e entry) bool { return e.URL == url })
		if len(kept) == len(entries) {
			return nil, fmt.Errorf("repository %s: %w", clean(url), app.ErrNotFound)
		}
		return kept, nil
	})
}

// Login returns how a URL is entered: by its own entry, or by that of the longest prefix. Without any the login is empty.
func (r *Registry) Login(raw string) (app.RepositoryLogin, error) {
	entries, err := r.read()
	if err != nil {
		return app.RepositoryLogin{}, err
	}
	best := entry{}
	for _, e := range entries {
		if prefixOf(clean(e.URL), clean(raw)) && len(e.URL) > len(best.URL) {
			best = e
		}
	}
	return best.login(), nil
}

// prefixOf reports whether an entry serves a URL: credentials of https://host/team are not those of
// https://host/team-of-others.
func prefixOf(prefix, url string) bool {
	if !strings.HasPrefix(url, prefix) || prefix == "" {
		return false
	}
	rest := url[len(prefix):]
	return rest == "" || strings.HasSuffix(prefix, "/") || rest[0] == '/' || rest == ".git"
}

func (r *Registry) read() ([]entry, error) {
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
func (r *Registry) change(ctx context.Context, f func([]entry) ([]entry, error)) error {
	if r.path == "" {
		return errors.New("write repositories: there is no file for them")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
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

// Repositories is the registry together with the means to try a repository.
type Repositories struct {
	*Registry
	fetcher *Fetcher
}

// NewRepositories joins a registry and a fetcher.
func NewRepositories(r *Registry, f *Fetcher) *Repositories {
	return &Repositories{Registry: r, fetcher: f}
}
