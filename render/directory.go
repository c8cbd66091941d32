package render

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/internal/lfs"
)

type runtimeObject = runtime.Object

var manifestFile = regexp.MustCompile(`\.(yaml|yml|json|jsonnet)$`)

// skipMark in a file keeps it from being read as manifests.
var skipMark = []byte("+argocd:skip-file-rendering")

// directory reads plain manifests.
func (j job) directory(ctx context.Context) ([]*unstructured.Unstructured, error) {
	opts := app.DirectorySource{}
	if j.src.Directory != nil {
		opts = *j.src.Directory
	}
	names, err := j.manifestFiles(opts)
	if err != nil {
		return nil, err
	}
	questions := make([]question, len(names))
	for i, name := range names {
		questions[i] = question{Op: opRead, Name: name}
	}
	foresee(j.files, questions...)
	var out []*unstructured.Unstructured
	size := 0
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		objects, n, err := j.file(name, opts)
		if err != nil {
			return nil, err
		}
		if size += n; int64(size) > j.limit {
			return nil, tooLarge(j.limit)
		}
		out = append(out, objects...)
	}
	return out, nil
}

// manifestFiles lists the files that a source's options choose, in lexical order, folder by folder.
func (j job) manifestFiles(opts app.DirectorySource) ([]string, error) {
	var out []string
	err := fs.WalkDir(j.files, j.dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name != j.dir && !opts.Recurse {
				return fs.SkipDir
			}
			return nil
		}
		rel := strings.TrimPrefix(strings.TrimPrefix(name, j.dir), "/")
		if manifestFile.MatchString(name) && chosen(rel, opts) {
			out = append(out, name)
		}
		return nil
	})
	return out, err
}

// chosen applies exclude and include, in this order.
func chosen(rel string, opts app.DirectorySource) bool {
	if opts.Exclude != "" && glob(opts.Exclude, rel) {
		return false
	}
	return opts.Include == "" || glob(opts.Include, rel)
}

func glob(pattern, name string) bool {
	ok, err := doublestar.Match(pattern, name)
	return ok && err == nil
}

func (j job) file(name string, opts app.DirectorySource) ([]*unstructured.Unstructured, int, error) {
	b, err := fs.ReadFile(j.files, name)
	if err != nil {
		return nil, 0, fmt.Errorf("read %s: %w", name, err)
	}
	if skipped(b) {
		return nil, 0, nil
	}
	if _, pointer := lfs.Parse(b); pointer {
		// It would be left out like other texts that are no manifests, and its objects be taken for removed.
		return nil, 0, hint.With(fmt.Errorf("%s: it is a pointer of Git LFS and no manifest", name), "have its content served, or exclude the file")
	}
	if path.Ext(name) == ".jsonnet" {
		text, err := j.jsonnet(name, string(b), opts.Jsonnet)
		if err != nil {
			return nil, 0, err
		}
		objects, err := jsonObjects(name, text)
		return checkedIn(name, objects, len(text), err)
	}
	objects, err := parse(name, b)
	return checkedIn(name, objects, len(b), remedied(err, "correct the file, or leave it out with spec.source.directory.exclude"))
}

// skipped reports whether a text has the mark, in whatever encoding it is written.
func skipped(b []byte) bool {
	if bytes.Contains(b, skipMark) {
		return true
	}
	text, err := utf8Text(b)
	return err == nil && bytes.Contains(text, skipMark)
}

// checkedIn checks the objects of a file, so that the error says which file it is.
func checkedIn(file string, objects []*unstructured.Unstructured, size int, err error) ([]*unstructured.Unstructured, int, error) {
	if err == nil {
		if _, err = checked(objects); err != nil {
			err = fmt.Errorf("%s: %w", file, err)
		}
	}
	return objects, size, err
}
