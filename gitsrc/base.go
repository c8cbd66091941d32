package gitsrc

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/internal/kustomization"
	"github.com/wheelhouse-gitops/wheelhouse/internal/untrusted"
)

// based returns a source's files with what the kustomizations that its folder leads to name elsewhere. Sources of which
// another tool than Kustomize makes the manifests name nothing.
func (f *Fetcher) based(ctx context.Context, src app.Source, files fs.FS) (fs.FS, error) {
	folder := path.Clean(src.Path)
	otherTool := src.Helm != nil || src.Directory != nil || src.Plugin != nil || src.Ksonnet != nil || src.Chart != ""
	onlyRef := src.Ref != "" && src.Path == ""
	if otherTool || onlyRef || !fs.ValidPath(folder) {
		return files, nil
	}
	s := &search{
		fetcher: f, seen: map[string]bool{}, local: !isWeb(src.RepoURL) && !isSSH(src.RepoURL) && src.InGit(),
		maxAge: f.elsewhereAge(),
		bases:  &bases{FS: files, places: map[string]place{}, mounts: map[string]fs.FS{}},
		left:   untrusted.NewBudget(mostRead),
	}
	s.walk(ctx, folder, 0, s.local)
	for _, component := range s.componentsOf(src, folder) {
		s.meet(ctx, folder, kustomization.Reference{Text: component, Folder: true}, 0, s.local)
	}
	return s.bring(ctx)
}

// brought is content from elsewhere.
type brought struct {
	// id is the name of the content below app.BaseFolder, and path the folder or file in it.
	id, path string
	files    fs.FS
	// local says that it comes from a repository of this machine.
	local bool
}

// fileTypes are the names that files end in which are no folders of repositories.
var fileTypes = []string{".yaml", ".yml", ".json"}

// bringOne brings what a kustomization names: a folder of a git repository, or a file of the web. Whether a URL is of the one
// or the other shows in its form; where that leaves it open, git is asked first.
func (f *Fetcher) bringOne(ctx context.Context, w want, maxAge time.Duration) (brought, error) {
	text := w.reference.Text
	remote, isGit := kustomization.Parse(text)
	web := kustomization.IsWeb(text)
	switch {
	case w.depth > mostDepth:
		return brought{}, fmt.Errorf("bases lead to others more than %d times", mostDepth)
	case !w.reference.Folder && web:
		return f.bringFile(ctx, text, false, maxAge)
	case !w.reference.Folder:
		return brought{}, hint.With(errors.New("only resources, components and their kind may come from git"), "name a file of the repository, or one by https://")
	case web && (!isGit || !remote.Marked && remote.Ref == "" && isFile(text)):
		return f.bringFile(ctx, text, true, maxAge)
	case !isGit:
		return brought{}, hint.With(errors.New("it is no URL of a git repository"), "write https://HOST/REPOSITORY.git//FOLDER?ref=TAG")
	}
	b, err := f.bringFolder(ctx, remote, w.local, maxAge)
	if err != nil && web && !remote.Marked {
		if file, fileErr := f.bringFile(ctx, text, true, maxAge); fileErr == nil {
			return file, nil
		}
	}
	return b, err
}

func isFile(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil {
		return false
	}
	for _, end := range fileTypes {
		if strings.HasSuffix(u.Path, end) {
			return true
		}
	}
	return false
}

// bringFolder brings a repository. One of this machine can only be named by another one of this machine.
func (f *Fetcher) bringFolder(ctx context.Context, r kustomization.Remote, local bool, maxAge time.Duration) (brought, error) {
	own := !isWeb(r.URL) && !isSSH(r.URL)
	if own && !local {
		return brought{}, hint.With(errors.New("a repository of this machine is named by one that is not"), "name it by https:// or ssh://")
	}
	src := app.Source{RepoURL: r.URL, TargetRevision: r.Ref, Path: r.Path}
	at, err := f.resolve(ctx, src, maxAge)
	if err != nil {
		return brought{}, err
	}
	c, err := f.fetchOnce(ctx, src, at.ID)
	if err != nil {
		return brought{}, err
	}
	info, err := fs.Stat(c.Files, r.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return brought{}, hint.With(fmt.Errorf("%s has no folder %s at %s: %w", clean(r.URL), r.Path, short7(at.ID), app.ErrNotFound), "correct the folder, or the ref")
	case err != nil:
		return brought{}, err
	case !info.IsDir():
		return brought{}, hint.With(fmt.Errorf("%s of %s is a file, and a base is a folder", r.Path, clean(r.URL)), "name the folder of the kustomization")
	}
	return brought{id: idOf(clean(r.URL), at.ID), path: r.Path, files: c.Files, local: own}, nil
}

// bringFile brings a file of the web.
func (f *Fetcher) bringFile(ctx context.Context, raw string, manifests bool, maxAge time.Duration) (brought, error) {
	b, err := f.charts.File(ctx, raw, maxAge)
	if err != nil {
		return brought{}, err
	}
	if manifests && !holdsObjects(b) {
		return brought{}, hint.With(errors.New("it is neither a git repository nor a YAML file"),
			"of a repository show where it ends: https://HOST/REPOSITORY.git//FOLDER?ref=TAG; of a file name the raw one")
	}
	u, err := url.Parse(raw)
	if err != nil {
		return brought{}, errors.New("it is no URL")
	}
	name := path.Base(path.Join("/", u.Path))
	if name == "/" {
		name = "file"
	}
	return brought{id: idOf(u.Host+u.Path, string(b)), path: name, files: oneFile{name, b}}, nil
}

// field begins an object: its name, with or without quotes, and a colon; or the brace of JSON.
var field = regexp.MustCompile(`^(\{|["']?[A-Za-z][A-Za-z0-9._/-]*["']?\s*:(\s|$))`)

// holdsObjects reports whether a text looks like YAML with an object in its first document that is not empty. It is not parsed:
// it may be large, and come from anywhere.
func holdsObjects(b []byte) bool {
	for line := range bytes.Lines(bytes.TrimPrefix(b, []byte("\ufeff"))) {
		line = bytes.TrimSpace(bytes.TrimPrefix(line, []byte("---")))
		if len(line) > 0 && line[0] != '#' && line[0] != '%' {
			return field.Match(line)
		}
	}
	return false
}

func idOf(where, state string) string {
	sum := sha256.Sum256([]byte(where + "\n" + state))
	return hex.EncodeToString(sum[:16])
}
