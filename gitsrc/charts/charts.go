// Package charts brings charts from Helm repositories and from OCI registries, and plain manifests that are kept as OCI
// artifacts.
//
// [Store.Resolve] asks a repository which version a range stands for: one answer serves all applications of the
// repository for a while. [Store.Fetch] brings that version, from a cache on disk if it is there, and returns an fs.FS of
// its files. What comes from a repository is somebody else's: it is bounded in size, its digest is verified, archives
// are read into memory within limits, and nothing of them is written to disk unpacked. Credentials go to the
// repository's own host alone, and none of them enters an error.
package charts

import (
	"cmp"
	"context"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// Login is how a repository is entered. The zero Login enters one that is open to everybody.
type Login struct {
	Username string
	Password app.Secret
	// Token is a bearer token, in place of name and password.
	Token app.Secret
	// PassCredentials sends name and password also to other hosts that the repository names.
	PassCredentials bool
	// PlainHTTP speaks to an OCI registry without TLS.
	PlainHTTP bool
	// Keyring is a file with the keys that charts have to be signed by; empty asks for no signature.
	Keyring string
	// Client knows whom to trust, and the proxy; nil trusts whom the system trusts.
	Client *http.Client
}

// Options say where a Store keeps things. CacheDir is required.
type Options struct {
	// CacheDir holds indexes and archives. It can be deleted at any time.
	CacheDir string
	// CacheLimit bounds the size of all that is kept there, in bytes; 0 is 2 GiB. What was not used for the longest time leaves.
	CacheLimit int64
	// Logins returns the login for a URL; nil enters every repository without one.
	Logins func(ctx context.Context, url string) (Login, error)
	Log    *slog.Logger
}

// Store brings charts. Its methods are safe for concurrent use.
type Store struct {
	opts   Options
	disk   disk
	known  memory
	opened trees
	tokens tokens
	// plain serves where a login has no client.
	plain *http.Client
}

// New returns a Store; it touches neither disk nor network.
func New(opts Options) *Store {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Logins == nil {
		opts.Logins = func(context.Context, string) (Login, error) { return Login{}, nil }
	}
	plain := &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, IdleConnTimeout: time.Minute}}
	return &Store{opts: opts, disk: disk{opts.CacheDir, cmp.Or(opts.CacheLimit, defaultCacheLimit)}, plain: plain}
}

// login is the login for a URL.
func (s *Store) login(ctx context.Context, url string) (Login, error) {
	l, err := s.opts.Logins(ctx, url)
	if l.Client == nil {
		l.Client = s.plain
	}
	return l, err
}

// ociScheme begins the URLs of OCI registries.
const ociScheme = "oci://"

func isOCI(raw string) bool { return strings.HasPrefix(raw, ociScheme) }

// artifact is the place of a source's chart or manifests.
type artifact struct {
	// repo is the URL of the repository; in a registry it is that of the artifact itself.
	repo string
	// chart is the name of the chart in a Helm repository.
	chart string
	oci   bool
	// byVersion has versions as commit ids, as charts have; other artifacts have digests.
	byVersion bool
	// login is the URL that the login is registered for; pass is what the source says of passing it on.
	login string
	pass  bool
	// keyring is that of the repository whose index names the artifact.
	keyring string
}

// placeOf is where the artifact of a source is. As in Argo CD, a repository without a scheme is a registry.
func placeOf(src app.Source) artifact {
	pass := src.Helm != nil && src.Helm.PassCredentials
	if src.Chart != "" && strings.Contains(src.RepoURL, "://") && !isOCI(src.RepoURL) {
		return artifact{repo: src.RepoURL, chart: src.Chart, byVersion: true, login: src.RepoURL, pass: pass}
	}
	place := strings.Trim(strings.TrimPrefix(src.RepoURL, ociScheme), "/")
	if src.Chart != "" {
		place += "/" + strings.Trim(src.Chart, "/")
	}
	return artifact{repo: ociScheme + place, oci: true, byVersion: src.Chart != "", login: src.RepoURL, pass: pass}
}

// Resolve returns what the source's revision stands for: of a chart its version, of another OCI artifact the digest of
// its manifest. An answer of the repository that is younger than maxAge serves; concurrent calls share a request.
func (s *Store) Resolve(ctx context.Context, src app.Source, maxAge time.Duration) (app.Commit, error) {
	a := placeOf(src)
	if a.oci {
		return s.resolveOCI(ctx, a, src.TargetRevision, maxAge)
	}
	index, err := s.index(ctx, a, maxAge)
	if err != nil {
		return app.Commit{}, err
	}
	r, err := index.find(a, src.TargetRevision)
	if err != nil {
		return app.Commit{}, err
	}
	return r.commit(a.chart, src.TargetRevision), nil
}

// Fetch returns the files of a version, or of a manifest's digest, as Resolve named it. One that is in the cache needs no
// network.
func (s *Store) Fetch(ctx context.Context, src app.Source, id string) (app.Checkout, error) {
	a := placeOf(src)
	var files fs.FS
	var c app.Commit
	var err error
	if a.oci {
		files, c, err = s.fetchOCI(ctx, a, id)
	} else {
		files, c, err = s.fetchChart(ctx, a, id)
	}
	c.Revision = src.TargetRevision
	return app.Checkout{Files: files, Commit: c}, err
}

// fetchChart brings a version of a chart in a Helm repository.
func (s *Store) fetchChart(ctx context.Context, a artifact, version string) (fs.FS, app.Commit, error) {
	index, err := s.knownIndex(ctx, a)
	if err != nil {
		return nil, app.Commit{}, err
	}
	r, err := index.find(a, version)
	if err != nil {
		// What is known may be older than the version.
		if index, err = s.index(ctx, a, 0); err != nil {
			return nil, app.Commit{}, err
		}
		if r, err = index.find(a, version); err != nil {
			return nil, app.Commit{}, err
		}
	}
	files, err := s.chartOf(ctx, a, index, r)
	return files, r.commit(a.chart, ""), err
}

// Test connects to a repository, and returns which step failed and what to do.
func (s *Store) Test(ctx context.Context, url string) error {
	if isOCI(url) || !strings.Contains(url, "://") {
		return s.testOCI(ctx, url)
	}
	_, err := s.index(ctx, artifact{repo: url, login: url}, 0)
	return err
}
