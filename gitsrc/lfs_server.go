package gitsrc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/config"
	"github.com/go-git/go-git/v5/plumbing/transport"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// largeServer is where a repository keeps its large files, and how that is entered.
// https://github.com/git-lfs/git-lfs/blob/main/docs/api/server-discovery.md
type largeServer struct {
	url *url.URL
	// header is what the server itself wants to be shown, which its SSH side told.
	header map[string]string
	// repository is the URL of the repository.
	repository string
	// over is the SSH URL by which the server was found; empty without.
	over string
}

// largeServerOf finds the LFS server of a repository: that of its .lfsconfig, or else the one that belongs to its URL.
func (f *Fetcher) largeServerOf(ctx context.Context, repository string, files *treeFS) (largeServer, error) {
	named, err := files.lfsURL()
	if err != nil {
		return largeServer{}, err
	}
	s := largeServer{repository: repository}
	switch raw := orElse(named, repository); {
	case isWeb(raw), isSSH(raw):
		if named == "" {
			s.url, err = beside(raw)
		} else {
			s.url, err = overWeb(raw)
		}
		if err != nil {
			return s, hint.With(errors.New("the URL of its Git LFS server is none"), "correct the repository's URL, or lfs.url in its .lfsconfig")
		}
		if !isSSH(raw) {
			return s, nil
		}
		grant, err := f.largeGrant(ctx, raw)
		if err != nil {
			return s, err
		}
		s.header, s.over = grant.Header, raw
		if grant.Href != "" {
			if s.url, err = url.Parse(grant.Href); err != nil || !isWeb(grant.Href) {
				return s, hint.With(errors.New("its git-lfs-authenticate names no https URL"), "tell the server's operator, or set lfs.url in .lfsconfig")
			}
		}
	case named != "":
		return s, hint.With(fmt.Errorf("lfs.url %q in .lfsconfig is neither https nor ssh", app.ShownURL(raw)), "correct it in the repository")
	default:
		return s, hint.With(errors.New("a repository that is reached neither over https nor over ssh has no Git LFS server"),
			"name one in the repository: git config --file .lfsconfig lfs.url URL")
	}
	return s, nil
}

// lfsURL is the LFS server that the commit itself names; empty when it names none.
func (t *treeFS) lfsURL() (string, error) {
	const name = ".lfsconfig"
	n, err := t.find("read", name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	var text []byte
	if err == nil {
		text, err = n.in.blob(n.hash)
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	c := config.New()
	if err := config.NewDecoder(bytes.NewReader(text)).Decode(c); err != nil {
		return "", hint.With(errors.New(".lfsconfig cannot be read"), "mend the file")
	}
	return c.Section("lfs").Option("url"), nil
}

// beside is the LFS server that belongs to a repository's URL.
func beside(repository string) (*url.URL, error) {
	u, err := overWeb(repository)
	if err != nil {
		return nil, err
	}
	u.User = nil
	for _, p := range []*string{&u.Path, &u.RawPath} {
		if *p != "" {
			*p = strings.TrimSuffix(strings.TrimSuffix(*p, "/"), ".git") + ".git/info/lfs"
		}
	}
	return u, nil
}

// overWeb is a URL itself, or what is at the same place of an SSH server's host by https.
func overWeb(raw string) (*url.URL, error) {
	if !isSSH(raw) {
		return url.Parse(raw)
	}
	ep, err := transport.NewEndpoint(raw)
	if err != nil {
		return nil, err
	}
	return &url.URL{Scheme: "https", Host: ep.Host, Path: "/" + strings.TrimPrefix(ep.Path, "/")}, nil
}

// largeEntry is how a URL is entered on the way to an object: the client and the header with the login, if there is any. The
// repository's own login goes to the repository's scheme, host and port alone; another host has the login that is registered
// for it.
type largeEntry struct {
	client *http.Client
	login  app.RepositoryLogin
	// registered is the URL of the login's entry; empty for none.
	registered string
}

func (f *Fetcher) largeEntry(ctx context.Context, s largeServer, u *url.URL) (largeEntry, error) {
	own, err := f.opts.Registry.Login(ctx, s.repository)
	if err != nil {
		return largeEntry{}, err
	}
	raw, login := s.repository, own
	if !isWeb(raw) || !sameOrigin(raw, u) {
		raw = u.String()
		if login, err = f.opts.Registry.Login(ctx, raw); err != nil {
			return largeEntry{}, err
		}
	}
	// Without a login of its own a host is reached as the repository is: by its proxy, trusting its CA.
	by := own
	if login.Registered {
		by = login
	} else {
		lent := f.borrowed(raw)
		login.Username, login.Password = lent.Username, lent.Password
	}
	client, err := f.clients.Client(by)
	if err != nil {
		return largeEntry{}, err
	}
	return largeEntry{client, withUserOf(raw, login), login.URL}, nil
}

// sameOrigin reports whether a URL has scheme, host and port of another.
func sameOrigin(raw string, u *url.URL) bool {
	other, err := url.Parse(raw)
	return err == nil && originOf(other) == originOf(u)
}

func originOf(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[strings.ToLower(u.Scheme)]
	}
	return strings.ToLower(u.Scheme + "://" + u.Hostname() + ":" + port)
}
