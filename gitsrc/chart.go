package gitsrc

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc/charts"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// ociScheme begins the URLs of OCI registries. As in Argo CD, the repository of a chart may be written without it.
const ociScheme = "oci://"

// chartLogin is how a Helm repository or a registry is entered.
func (f *Fetcher) chartLogin(ctx context.Context, raw string) (charts.Login, error) {
	found, err := f.opts.Registry.registered(ctx, raw)
	if err != nil {
		return charts.Login{}, err
	}
	if !strings.Contains(found.URL, "://") && found.URL != "" {
		found.URL = ociScheme + found.URL
	}
	client, err := f.clients.Client(found)
	return charts.Login{
		Username: found.Username, Password: found.Password, Token: found.BearerToken, Client: client,
		PassCredentials: found.PassCredentials, PlainHTTP: found.PlainHTTP, Keyring: found.Keyring,
	}, err
}

// registered is the login for a URL, which may be registered with the scheme of registries or without.
func (r *Registry) registered(ctx context.Context, raw string) (app.RepositoryLogin, error) {
	found, err := r.Login(ctx, raw)
	if err != nil || found.Registered {
		return found, err
	}
	switch bare, oci := strings.CutPrefix(raw, ociScheme); {
	case oci:
		return r.Login(ctx, bare)
	case !strings.Contains(raw, "://"):
		return r.Login(ctx, ociScheme+raw)
	}
	return found, nil
}

// Test lists the references of a git repository, reads the index of a Helm repository, or logs in to a registry; the error
// says which step failed. A URL of the web that is not registered may be either of the first two.
func (r *Repositories) Test(ctx context.Context, url string) error {
	found, err := r.registered(ctx, url)
	if err != nil {
		return err
	}
	if isRegistry(url) || found.Type == typeHelm || found.Type == typeOCI {
		return r.fetcher.charts.Test(ctx, url)
	}
	if found.Partial {
		if _, err := r.fetcher.program(url); err != nil {
			return err
		}
	}
	r.fetcher.outdate(url)
	_, err = r.fetcher.list(ctx, url, "", 0)
	if err != nil && !found.Registered && isWeb(url) && r.fetcher.charts.Test(ctx, url) == nil {
		return nil
	}
	return err
}

// isRegistry reports whether a URL is that of a registry, and neither of git nor a folder.
func isRegistry(url string) bool {
	host, _, _ := strings.Cut(url, "/")
	return strings.HasPrefix(url, ociScheme) || !strings.Contains(url, "://") && !isSSH(url) && strings.Trim(host, ".") != "" &&
		strings.ContainsAny(host, ".:")
}

// dependencyAge is how old an answer about the versions of a dependency may be.
const dependencyAge = time.Minute

// depended returns a source's files with what a chart in its folder depends on. Sources of which another tool than Helm
// makes the manifests have none.
func (f *Fetcher) depended(ctx context.Context, src app.Source, files fs.FS) fs.FS {
	folder := path.Clean(src.Path)
	otherTool := src.Kustomize != nil || src.Directory != nil || src.Plugin != nil || src.Ksonnet != nil
	if otherTool || src.OnlyRef() || !fs.ValidPath(folder) {
		return files
	}
	return f.charts.Depend(ctx, files, folder, charts.Wants{
		Named: func(name string) (string, error) { return f.opts.Registry.named(ctx, name) }, PassCredentials: src.Helm != nil && src.Helm.PassCredentials,
		MaxAge: f.elsewhereAge(),
	})
}

// WebFile returns a file of the web, entered with the login that is registered for its URL: app.ErrNotFound where the server has none.
// It is as it was a minute ago at most, and since somebody last wanted to know for sure.
func (f *Fetcher) WebFile(ctx context.Context, url string) ([]byte, error) {
	return f.charts.File(ctx, url, f.elsewhereAge())
}

// elsewhereAge is how old an answer about something may be that sources name elsewhere.
func (f *Fetcher) elsewhereAge() time.Duration {
	return min(dependencyAge, time.Since(time.Unix(0, f.asked.Load())))
}

// named is the URL of the repository that is registered under a name.
func (r *Registry) named(ctx context.Context, name string) (string, error) {
	known, err := r.known(ctx)
	if err != nil {
		return "", err
	}
	for _, e := range known.All() {
		switch {
		case e.Name != name || e.Type != typeHelm && e.Type != typeOCI:
		case !strings.Contains(e.URL, "://"):
			return ociScheme + e.URL, nil
		default:
			return clean(e.URL), nil
		}
	}
	return "", hint.With(fmt.Errorf("no repository of charts is registered by the name %s", name),
		"wheelhouse repo add URL --type helm --name "+name)
}
