package gitsrc

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// LoginStore is where a Registry keeps repositories and their credentials. Implementations are safe for concurrent use, in one
// process and in several.
type LoginStore interface {
	// Logins returns everything that is kept. Where that cannot be learnt now, what was known last comes with the error: nil
	// when nothing was.
	Logins(ctx context.Context) (*app.Logins, error)
	// Put keeps a login, in the place of one of the same URL.
	Put(ctx context.Context, l app.RepositoryLogin) error
	// Remove forgets a URL; app.ErrNotFound when it is not kept.
	Remove(ctx context.Context, url string) error
}

// Registry knows repositories and their credentials. An entry whose URL is a prefix of others' serves them too; the longest
// prefix wins. A registered repository without credentials takes those of the longest template that serves its URL.
type Registry struct {
	kept LoginStore
}

// NewRegistry returns the registry in a file that only its owner may read; an empty path is a registry without entries that
// takes none.
func NewRegistry(path string) *Registry {
	return RegistryOf(&loginFile{path: path})
}

// RegistryOf returns the registry of what is kept elsewhere.
func RegistryOf(kept LoginStore) *Registry { return &Registry{kept} }

// List returns the registered repositories, without secrets; with an error, those that were known last.
func (r *Registry) List(ctx context.Context) ([]app.Repository, error) {
	known, err := r.kept.Logins(ctx)
	if known == nil {
		return nil, err
	}
	out := make([]app.Repository, len(known.All()))
	for i, l := range known.All() {
		out[i] = l.Repository
	}
	return out, err
}

// Add registers a repository, replacing an entry of the same URL. A login that could never serve is refused.
func (r *Registry) Add(ctx context.Context, l app.RepositoryLogin) error {
	if _, err := url.Parse(l.URL); err != nil && strings.Contains(l.URL, "://") {
		// The parser's words may hold a part of a password.
		return app.Misused(hint.With(fmt.Errorf("repository %s: this is no URL", app.ShownURL(l.URL)),
			"write it without user and password, and give these as --username NAME --password -"))
	}
	l = l.WithoutSecrets()
	if err := check(l); err != nil {
		return err
	}
	return r.kept.Put(ctx, l)
}

// Remove forgets a repository; app.ErrNotFound when it is not registered.
func (r *Registry) Remove(ctx context.Context, raw string) error {
	shown := app.ShownURL(raw)
	err := r.kept.Remove(ctx, shown)
	switch {
	case errors.Is(err, app.ErrNotFound):
		return hint.With(fmt.Errorf("repository %s: %w", shown, err), "wheelhouse repo list shows what is registered")
	case err != nil:
		return fmt.Errorf("repository %s: %w", shown, err)
	}
	return nil
}

// Entry returns the login that is registered for a URL itself; app.ErrNotFound when there is none. Of a repository and a template with
// one URL it is that of the repository.
func (r *Registry) Entry(ctx context.Context, raw string) (app.RepositoryLogin, error) {
	known, err := r.known(ctx)
	if err != nil {
		return app.RepositoryLogin{}, err
	}
	var found app.RepositoryLogin
	for _, l := range known.All() {
		if app.SameRepository(l.URL, raw) && (found.URL == "" || found.Template && !l.Template) {
			found = l
		}
	}
	if found.URL == "" {
		return found, fmt.Errorf("repository %s: %w", app.ShownURL(raw), app.ErrNotFound)
	}
	return found, nil
}

// Login returns how a URL is entered: by its own entry, or by that of the longest prefix. Without any the login is empty.
// While what is kept cannot be read, what was known last serves.
func (r *Registry) Login(ctx context.Context, raw string) (app.RepositoryLogin, error) {
	known, err := r.known(ctx)
	if err != nil {
		return app.RepositoryLogin{}, err
	}
	l := known.For(raw)
	if l.Problem != "" {
		return app.RepositoryLogin{}, hint.With(fmt.Errorf("log in to %s: %s: %s", app.ShownURL(raw), l.From, l.Problem),
			"mend that entry, or register another login: wheelhouse repo add "+l.URL+" --upsert --username NAME --password -")
	}
	return l, nil
}

// known returns what is kept, or what was known last: nil with an error when nothing was.
func (r *Registry) known(ctx context.Context) (*app.Logins, error) {
	known, err := r.kept.Logins(ctx)
	if known != nil {
		return known, nil
	}
	return nil, err
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

// Add registers a repository as [Registry.Add] does, and refuses keys and URLs that a person gave and that are none.
func (r *Repositories) Add(ctx context.Context, l app.RepositoryLogin) error {
	if _, err := url.Parse(l.URL); err == nil || !strings.Contains(l.URL, "://") {
		if err := checkGiven(l.WithoutSecrets()); err != nil {
			return err
		}
	}
	return r.Registry.Add(ctx, l)
}
