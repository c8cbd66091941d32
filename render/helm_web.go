package render

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/internal/kustomization"
)

// A worker has no network. The values files of the web that a source names are brought before it renders, and are served with the
// files of the repository, in a folder that no folder lists; what the repository itself has there is not seen.

const (
	webFolder = ".wheelhouse/web/"
	// missingEnd is at the end of the name of a note, that a server has no such file.
	missingEnd = ".missing"
)

// What one source may have brought: so many files, of so many bytes together.
const (
	mostOfTheWeb  = 100
	webBytesLimit = 64 << 20
)

// isWebFile reports whether the name of a values file is a URL of the web.
func isWebFile(name string) bool { return kustomization.IsWeb(name) && strings.Contains(name, "://") }

// webFile is the path at which the file of a URL is served.
func webFile(raw string) string {
	sum := sha256.Sum256([]byte(raw))
	return webFolder + hex.EncodeToString(sum[:])
}

// shownFile is the name of a values file as a person may read it: of a URL neither user and password nor the query.
func shownFile(name string) string {
	if !isWebFile(name) {
		return name
	}
	bare, _, _ := strings.Cut(name, "?")
	return app.CleanURL(bare)
}

// withWeb returns a request with the values files of the web that it names.
func (p *Pool) withWeb(ctx context.Context, req app.RenderRequest) app.RenderRequest {
	if req.Before != nil {
		before, past := *req.Before, req
		past.Files, past.Commit = before.Files, before.Commit
		before.Files = p.webFilesOf(ctx, past)
		req.Before = &before
	}
	req.Files = p.webFilesOf(ctx, req)
	return req
}

// webFilesOf are the files of a request with those of the web that its source names.
func (p *Pool) webFilesOf(ctx context.Context, req app.RenderRequest) fs.FS {
	names := webNames(req)
	if len(names) == 0 {
		return req.Files
	}
	out := webFS{req.Files, map[string]webContent{}}
	var mu sync.Mutex
	var g errgroup.Group
	g.SetLimit(4)
	total := 0
	for i, name := range names {
		g.Go(func() error {
			c := webContent{err: fmt.Errorf("one source may name %d files of the web at most", mostOfTheWeb)}
			if i < mostOfTheWeb {
				c.data, c.err = p.bringFile(ctx, name)
			}
			mu.Lock()
			defer mu.Unlock()
			if total += len(c.data); total > webBytesLimit {
				c = webContent{err: fmt.Errorf("the files of the web that one source names have more than %d MiB together", webBytesLimit>>20)}
			}
			at := webFile(name)
			if errors.Is(c.err, app.ErrNotFound) {
				c, at = webContent{}, at+missingEnd
			}
			out.files[at] = c
			return nil
		})
	}
	_ = g.Wait()
	return out
}

// bringFile brings one file of the web, if that is allowed.
func (p *Pool) bringFile(ctx context.Context, name string) ([]byte, error) {
	u, err := url.Parse(name)
	switch {
	case err != nil || u.Host == "":
		return nil, hint.With(errors.New("it is no URL"), "correct it: https://HOST/PATH")
	case p.opts.Web == nil:
		return nil, hint.With(errors.New("nothing is fetched here, which is offline"),
			"name a copy of the file; wheelhouse app manifests renders an application with what it names elsewhere")
	case !slices.Contains(p.opts.WebSchemes, u.Scheme):
		return nil, hint.With(fmt.Errorf("values files are not fetched by %s here", u.Scheme), "allow it with --values-file-schemes, or put the file into a repository")
	}
	return p.opts.Web(ctx, name)
}

// webNames are the values files and the files of parameters that a request names in the web, each once. What is wrong with its
// source the renderer tells.
func webNames(req app.RenderRequest) []string {
	if req.Files == nil || !fs.ValidPath(root(req.Source)) {
		return nil
	}
	src, _, err := mergeOverrides(overlaid(req.Files, req.Overlay), req, nil)
	if err != nil || src.Helm == nil {
		return nil
	}
	j := job{req: req, src: src, env: buildEnv(req), found: newFindings()}
	var names []string
	add := func(name string) {
		if isWebFile(name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, raw := range src.Helm.ValueFiles {
		add(j.expandPath(raw))
	}
	for _, p := range src.Helm.FileParameters {
		add(j.expand(p.Path))
	}
	return names
}

// webContent is a file of the web, or why it could not be brought.
type webContent struct {
	data []byte
	err  error
}

// webFS are files with those of the web.
type webFS struct {
	fs.FS
	files map[string]webContent
}

var (
	_ fs.ReadDirFS  = webFS{}
	_ fs.ReadFileFS = webFS{}
	_ fs.StatFS     = webFS{}
	_ hasher        = webFS{}
)

// find returns a file of the web; it is false for a path of the repository.
func (w webFS) find(op, name string) (webContent, bool) {
	if !strings.HasPrefix(name, webFolder) {
		return webContent{}, false
	}
	c, ok := w.files[name]
	if !ok {
		c.err = &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
	}
	return c, true
}

// Open opens a file or folder.
func (w webFS) Open(name string) (fs.File, error) {
	c, ok := w.find("open", name)
	if !ok {
		return w.FS.Open(name)
	}
	if c.err != nil {
		return nil, c.err
	}
	return overlay{w.FS, map[string][]byte{name: c.data}}.Open(name)
}

// ReadFile reads a whole file.
func (w webFS) ReadFile(name string) ([]byte, error) {
	if c, ok := w.find("read", name); ok {
		return slices.Clone(c.data), c.err
	}
	return fs.ReadFile(w.FS, name)
}

// ReadDir lists a folder of the repository.
func (w webFS) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(w.FS, name) }

// Stat describes a file or folder.
func (w webFS) Stat(name string) (fs.FileInfo, error) {
	c, ok := w.find("stat", name)
	switch {
	case !ok:
		return fs.Stat(w.FS, name)
	case c.err != nil:
		return nil, c.err
	}
	return memInfo{name, int64(len(c.data))}, nil
}

// Hash returns the hash of a file or folder where it is known. That of the root is of what was brought too, although no folder lists
// that.
func (w webFS) Hash(name string) (string, bool) {
	if c, ok := w.find("hash", name); ok {
		sum := sha256.Sum256(c.data)
		return hex.EncodeToString(sum[:]), c.err == nil
	}
	h, ok := w.FS.(hasher)
	if !ok {
		return "", false
	}
	hash, there := h.Hash(name)
	if name != "." || !there {
		return hash, there
	}
	sum := sha256.New()
	_, _ = fmt.Fprintln(sum, hash)
	for _, at := range slices.Sorted(maps.Keys(w.files)) {
		_, _ = fmt.Fprintf(sum, "%s %x %v\n", at, sha256.Sum256(w.files[at].data), w.files[at].err)
	}
	return hex.EncodeToString(sum.Sum(nil)), true
}

// Origin returns the URL of the git repository that a file is in; empty when it is in none.
func (w webFS) Origin(name string) string {
	o, ok := w.FS.(interface{ Origin(string) string })
	if !ok || strings.HasPrefix(name, webFolder) {
		return ""
	}
	return o.Origin(name)
}
