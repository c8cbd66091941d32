package gitsrc

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// Logins is where a Registry keeps repositories and their credentials. Implementations are safe for concurrent use, in one
// process and in several.
type Logins interface {
	// All returns everything that is kept, which the caller may change. Where that cannot be learnt now, what was known last
	// comes with the error: nil when nothing was.
	All(ctx context.Context) ([]app.RepositoryLogin, error)
	// Put keeps a login, in the place of one of the same URL.
	Put(ctx context.Context, l app.RepositoryLogin) error
	// Remove forgets a URL; app.ErrNotFound when it is not kept.
	Remove(ctx context.Context, url string) error
}

// Registry knows repositories and their credentials. An entry whose URL is a prefix of others' serves them too; the longest
// prefix wins. A registered repository without credentials takes those of the longest template that serves its URL.
type Registry struct {
	kept Logins
	log  *slog.Logger
}

// NewRegistry returns the registry in a file that only its owner may read; an empty path is a registry without entries that
// takes none.
func NewRegistry(path string) *Registry {
	return RegistryOf(&loginFile{path: path}, slog.New(slog.DiscardHandler))
}

// RegistryOf returns the registry of what is kept elsewhere.
func RegistryOf(kept Logins, log *slog.Logger) *Registry { return &Registry{kept, log} }

// List returns the registered repositories, without secrets; with an error, those that were known last.
func (r *Registry) List(ctx context.Context) ([]app.Repository, error) {
	all, err := r.all(ctx)
	if all == nil && err != nil {
		return nil, err
	}
	out := make([]app.Repository, len(all))
	for i, l := range all {
		out[i] = l.Repository
	}
	return out, err
}

// Add registers a repository, replacing an entry of the same URL. A login that could never serve is refused.
func (r *Registry) Add(ctx context.Context, l app.RepositoryLogin) error {
	l = l.WithoutSecrets()
	if err := check(l); err != nil {
		return err
	}
	return r.kept.Put(ctx, l)
}

// Remove forgets a repository; app.ErrNotFound when it is not registered.
func (r *Registry) Remove(ctx context.Context, url string) error {
	if err := r.kept.Remove(ctx, url); err != nil {
		return fmt.Errorf("repository %s: %w", clean(url), err)
	}
	return nil
}

// Login returns how a URL is entered: by its own entry, or by that of the longest prefix. Without any the login is empty.
// While what is kept cannot be read, what was known last serves.
func (r *Registry) Login(ctx context.Context, raw string) (app.RepositoryLogin, error) {
	all, err := r.all(ctx)
	if err != nil {
		if all == nil {
			return app.RepositoryLogin{}, err
		}
		r.log.Warn("logins are those that were known last", "error", err)
	}
	best := longest(all, raw, false)
	if best.Credentials == "" && best.Username == "" && best.Problem == "" && !best.Template && best.Registered {
		best = lend(best, longest(all, raw, true))
	}
	if best.Problem != "" {
		return app.RepositoryLogin{}, hint.With(fmt.Errorf("log in to %s: %s: %s", clean(raw), best.From, best.Problem),
			"mend that entry, or register another login: wheelhouse repo add "+best.URL+" --upsert --username NAME --password -")
	}
	return best, nil
}

// longest returns the entry with the longest prefix of a URL; of two the repository goes before the template.
func longest(all []app.RepositoryLogin, raw string, templates bool) app.RepositoryLogin {
	best := app.RepositoryLogin{}
	for _, l := range all {
		longer := len(l.URL) - len(best.URL)
		if (longer > 0 || longer == 0 && best.Template && !l.Template) && (l.Template || !templates) && prefixOf(l.URL, clean(raw)) {
			best = l
		}
	}
	return best
}

// lend gives a repository the credentials of a template.
func lend(l, t app.RepositoryLogin) app.RepositoryLogin {
	if !t.Registered {
		return l
	}
	l.Username, l.Password, l.BearerToken, l.SSHPrivateKey = t.Username, t.Password, t.BearerToken, t.SSHPrivateKey
	l.ClientCert, l.ClientKey, l.Credentials = t.ClientCert, t.ClientKey, t.Credentials
	if l.ProxyURL.Empty() {
		l.ProxyURL, l.Proxy, l.NoProxy = t.ProxyURL, t.Proxy, t.NoProxy
	}
	if t.Problem != "" {
		l.Problem, l.From = t.Problem, t.From
	}
	return l
}

// prefixOf reports whether an entry serves a URL: credentials of https://host/team are not those of
// https://host/team-of-others.
func prefixOf(prefix, url string) bool {
	prefix = clean(prefix)
	if prefix == "" {
		return false
	}
	if strings.TrimSuffix(prefix, ".git") == strings.TrimSuffix(url, ".git") {
		return true
	}
	rest, ok := strings.CutPrefix(url, prefix)
	switch {
	case !ok:
		return false
	case strings.HasSuffix(prefix, "/"), rest[0] == '/':
		return true
	}
	// The host of git@HOST:PATH has no port, so that a colon ends it.
	return !strings.Contains(prefix, "://") && strings.Contains(prefix, "@") && (strings.HasSuffix(prefix, ":") || rest[0] == ':')
}

// all returns what is kept, as it is listed.
func (r *Registry) all(ctx context.Context) ([]app.RepositoryLogin, error) {
	all, err := r.kept.All(ctx)
	for i := range all {
		all[i] = described(all[i])
	}
	return all, err
}

// described fills in what follows from a login's other fields.
func described(l app.RepositoryLogin) app.RepositoryLogin {
	l = l.WithoutSecrets()
	l.Type, l.Registered = cmp.Or(l.Type, typeGit), true
	switch {
	case !l.SSHPrivateKey.Empty():
		l.Credentials = "ssh key"
	case !l.BearerToken.Empty():
		l.Credentials = "token"
	case !l.Password.Empty():
		l.Credentials = "password"
	case !l.ClientKey.Empty():
		l.Credentials = "certificate"
	}
	return l
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
