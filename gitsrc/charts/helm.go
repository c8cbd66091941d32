package charts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// index returns a repository's index, not older than maxAge.
func (s *Store) index(ctx context.Context, a artifact, maxAge time.Duration) (*index, error) {
	return ask(ctx, &s.known, indexQuestion(a.repo), maxAge, func(ctx context.Context) (*index, error) { return s.readIndex(ctx, a) })
}

// knownIndex returns the index as it was last seen, by this process or another, and asks only when there is none.
func (s *Store) knownIndex(ctx context.Context, a artifact) (*index, error) {
	if i, ok := last[*index](&s.known, indexQuestion(a.repo)); ok {
		return i, nil
	}
	if file, n, ok := s.disk.notedFile("index", a.repo); ok {
		i, err := openFile(file, n.Sum)
		if err == nil {
			// It is older than any answer that somebody asks for.
			s.known.keep(indexQuestion(a.repo), held{value: i})
			return i, nil
		}
		_ = file.Close()
	}
	return s.index(ctx, a, math.MaxInt64)
}

func indexQuestion(repo string) string { return "read index of " + clean(repo) }

// readIndex asks the server for its index, or whether the one that is kept still holds.
func (s *Store) readIndex(ctx context.Context, a artifact) (*index, error) {
	const act = "read index"
	base, login, err := s.enter(ctx, a)
	if err != nil {
		return nil, err
	}
	u := *base
	u.Path = strings.TrimSuffix(u.Path, "/") + "/index.yaml"
	kept, before, _ := s.disk.notedFile("index", a.repo)
	fresh, err := s.disk.newFile("index")
	if err != nil {
		return nil, err
	}
	var used *os.File
	defer func() {
		_ = os.Remove(fresh.Name())
		for _, file := range []*os.File{kept, fresh} {
			if file != nil && file != used {
				_ = file.Close()
			}
		}
	}()
	sum := sha256.New()
	p, err := get(ctx, request{url: &u, login: login, before: before, limit: indexLimit, to: io.MultiWriter(fresh, sum)})
	file, name := fresh, hex.EncodeToString(sum.Sum(nil))
	switch {
	case errors.Is(err, ErrLimit):
		return nil, hint.With(fmt.Errorf("%s of %s: it is larger than %s", act, clean(a.repo), size(indexLimit)),
			"ask who runs the repository to leave old versions out")
	case err != nil:
		return nil, explain(act, a.repo, err)
	case p.status == http.StatusNotModified && kept != nil:
		if i, ok := last[*index](&s.known, indexQuestion(a.repo)); ok && i.sum == before.Sum {
			return i, nil
		}
		file, name = kept, before.Sum
	case p.status == http.StatusOK:
		n := note{Sum: name, ETag: p.etag, Modified: p.modified, Of: a.repo}
		if err := s.disk.keepNotedFile("index", fresh.Name(), n); err != nil {
			s.opts.Log.Warn("index is not kept", "repository", clean(a.repo), "error", err)
		}
	default:
		return nil, refusedBy(act, a.repo, login, p, "there is no index.yaml")
	}
	used = file
	i, err := openFile(file, name)
	if err != nil {
		used = nil
		return nil, hint.With(fmt.Errorf("%s of %s: %w", act, clean(a.repo), err), orElse(hint.Of(err),
			"check the URL: it is that of the folder that index.yaml is in; of a registry it begins with oci://"))
	}
	return i, nil
}

// openFile opens an index in a file.
func openFile(file *os.File, sum string) (*index, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("read the index: %w", err)
	}
	return openIndex(file, info.Size(), sum)
}

// enter returns the URL of a repository without credentials, and the login for it.
func (s *Store) enter(ctx context.Context, a artifact) (*url.URL, Login, error) {
	login, err := s.login(ctx, a.login)
	if err != nil {
		return nil, login, err
	}
	login.PassCredentials = login.PassCredentials || a.pass
	u, err := url.Parse(a.repo)
	if err != nil || u.Host == "" {
		return nil, login, hint.With(fmt.Errorf("repository %s: this is no URL", clean(a.repo)), "correct spec.source.repoURL")
	}
	if u.User != nil && login.Username == "" && login.Password.Empty() {
		password, _ := u.User.Password()
		login.Username, login.Password = u.User.Username(), app.NewSecret(password)
	}
	u.User, u.Fragment = nil, ""
	return u, login, nil
}

// chartOf returns the files of a version of a chart.
func (s *Store) chartOf(ctx context.Context, a artifact, i *index, r release) (*tree, error) {
	base, login, err := s.enter(ctx, a)
	if err != nil {
		return nil, err
	}
	link := r.URLs[0]
	if isOCI(link) {
		return s.linkedOCI(ctx, a, link, login.Keyring)
	}
	u, err := locate(base, link)
	if err != nil {
		return nil, fmt.Errorf("chart %s %s of %s: %w", a.chart, r.Version, clean(a.repo), err)
	}
	if login, err = s.loginFor(ctx, u, base, login); err != nil {
		return nil, err
	}
	// An archive without a digest is good for as long as the index that names it.
	digest := strings.TrimPrefix(r.Digest, "sha256:")
	key := orElse(digest, sumOf([]byte(i.sum+" "+u.String())))
	files, err := s.opened.get(ctx, key+" "+a.chart+" "+login.Keyring, func() (*tree, error) {
		b, err := s.archive(ctx, u, login, digest, key)
		if err != nil {
			return nil, explain("fetch chart "+a.chart+" "+r.Version, a.repo, err)
		}
		if login.Keyring != "" {
			if err := s.verifyPublished(ctx, a, r, u, login, b); err != nil {
				return nil, err
			}
		}
		return chartIn(b, a.chart)
	})
	if err == nil && login.Keyring != "" {
		err = isChart(files, a.chart, r.Version)
	}
	return files, err
}

// locate is the URL of an archive that an index names, relative to the repository or not.
func locate(base *url.URL, link string) (*url.URL, error) {
	ref, err := url.Parse(link)
	if err != nil {
		return nil, errors.New("the index names an archive by what is no URL")
	}
	folder := *base
	folder.Path = strings.TrimSuffix(folder.Path, "/") + "/"
	u := folder.ResolveReference(ref)
	if !ref.IsAbs() && ref.RawQuery == "" {
		u.RawQuery = base.RawQuery
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("the index names an archive at %s, which is neither http nor https", clean(u.String()))
	}
	return u, nil
}

// loginFor is the login for an archive: the repository's on its own host, or where it may be passed; elsewhere what is
// registered there.
func (s *Store) loginFor(ctx context.Context, u, base *url.URL, login Login) (Login, error) {
	if login.PassCredentials || sameHost(u, base) {
		return login, nil
	}
	other, err := s.login(ctx, u.String())
	other.Keyring = login.Keyring
	return other, err
}

// archive returns an archive from the cache, or from its server.
func (s *Store) archive(ctx context.Context, u *url.URL, login Login, digest, key string) ([]byte, error) {
	if b, ok := s.disk.blob(digest); ok {
		return b, nil
	}
	if b, _, ok := s.disk.noted("unnamed", key); ok && digest == "" {
		return b, nil
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	p, err := get(ctx, request{url: u, login: login, limit: standard.compressed, whole: true})
	switch {
	case err != nil:
		return nil, err
	case p.status != http.StatusOK:
		return nil, refusedBy("fetch "+path.Base(u.Path), u.String(), login, p, "the index names it, and it is not there")
	case digest != "" && sumOf(p.body) != digest:
		return nil, hint.With(errors.New("fetch "+path.Base(u.Path)+" of "+clean(u.String())+": its digest is not the one that the index names"),
			"somebody changed it after it was indexed: ask who runs the repository")
	case digest == "":
		err = errors.Join(s.disk.keepNoted("unnamed", p.body, note{Of: key}), s.disk.keepBlob(p.body))
	default:
		err = s.disk.keepBlob(p.body)
	}
	if err != nil {
		s.opts.Log.Warn("archive is not kept", "url", clean(u.String()), "error", err)
	}
	return p.body, nil
}

// fetchTimeout bounds the transfer of an archive.
const fetchTimeout = 2 * time.Minute

// chartIn unpacks a chart. Its files are in one folder of the archive.
func chartIn(b []byte, name string) (*tree, error) {
	files, err := unpack(b, standard)
	if err != nil {
		return nil, hint.With(fmt.Errorf("unpack chart %s: %w", name, err), "it is not what charts look like: ask who made it")
	}
	folder := ""
	for _, e := range files.root.entries {
		if _, ok := files.nodes[e.name+"/Chart.yaml"]; ok && (folder == "" || e.name == path.Base(name)) {
			folder = e.name
		}
	}
	if folder == "" {
		return nil, hint.With(fmt.Errorf("unpack chart %s: the archive has no folder with a Chart.yaml", name), "package it with helm package")
	}
	return files.sub(folder), nil
}
