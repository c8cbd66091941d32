package render

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/resource"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/internal/kustomization"
)

// mount is what was brought: a repository at a commit, or the folder of one file.
type mount struct{ url, ref string }

// baseOf is the name below app.BaseFolder of what a path is in; empty is the repository itself.
func baseOf(name string) string {
	rest, ok := strings.CutPrefix(name, app.BaseFolder+"/")
	if !ok {
		return ""
	}
	id, _, _ := strings.Cut(rest, "/")
	return id
}

// brought returns the path of what the kustomization in a folder names elsewhere.
func (f *kustomizeFS) brought(dir, reference string) (string, error) {
	shown := kustomization.Shown(reference)
	b, err := fs.ReadFile(f.files, app.Base(dir, reference))
	if errors.Is(err, fs.ErrNotExist) {
		return "", hint.With(fmt.Errorf("kustomization in %s names a remote base: %s, which was not brought with the files", f.shown(dir), shown),
			"commit and push what names it, or copy the base into the repository: nothing is fetched while rendering, nor for a folder of this machine")
	}
	if err != nil {
		return "", fmt.Errorf("kustomization in %s names %s: %w", f.shown(dir), shown, err)
	}
	name := string(b)
	if !fs.ValidPath(name) || baseOf(name) == "" {
		return "", fmt.Errorf("kustomization in %s names %s: it was brought to %q, where nothing is", f.shown(dir), shown, name)
	}
	if f.hidden == "" {
		f.hidden = rand.Text()
	}
	if _, ok := f.mounts[baseOf(name)]; !ok {
		m := mount{url: path.Dir(shown)}
		if remote, ok := kustomization.Parse(reference); ok {
			m = mount{kustomization.Shown(remote.URL), remote.Ref}
		}
		f.mounts[baseOf(name)] = m
	}
	return name, nil
}

// relative is the name by which the library finds a path from a folder: to it a base is a folder like others.
func (f *kustomizeFS) relative(dir, name, reference string) string {
	to, err := filepath.Rel(f.outward(dir), f.outward(name))
	if err != nil {
		// Both are absolute.
		panic(err)
	}
	to = filepath.ToSlash(to)
	f.named[to] = kustomization.Shown(reference)
	return to
}

// shown is a path of the repository as its reader knows it: what was brought by its URL.
func (f *kustomizeFS) shown(name string) string {
	m, ok := f.mounts[baseOf(name)]
	if !ok {
		return name
	}
	rest := strings.TrimPrefix(strings.TrimPrefix(name, path.Join(app.BaseFolder, baseOf(name))), "/")
	shown := m.url
	if rest != "" {
		shown += "//" + rest
	}
	if m.ref != "" {
		shown += "?ref=" + m.ref
	}
	return shown
}

// broughtPath finds the paths of what was brought in a text of the library's.
var broughtPath = regexp.MustCompile(`(?:\.\./)*/?` + regexp.QuoteMeta(app.BaseFolder) + `/[0-9a-f]+(?:/[\w./@+-]*)?`)

// explain has an error of the library name what the author's files name.
func (f *kustomizeFS) explain(err error) error {
	if err == nil || f.hidden == "" {
		return err
	}
	text := err.Error()
	for _, to := range slices.Backward(slices.Sorted(maps.Keys(f.named))) {
		text = strings.ReplaceAll(text, "'"+to+"'", "'"+f.named[to]+"'")
	}
	text = broughtPath.ReplaceAllStringFunc(text, func(found string) string {
		return f.shown(found[strings.Index(found, app.BaseFolder):])
	})
	return errors.New(strings.ReplaceAll(strings.ReplaceAll(text, "/"+f.hidden+"/", "/"), "/"+f.hidden, "/"))
}

// The annotations that say where objects come from, in kustomizations that ask for them.
const (
	originKey          = "config.kubernetes.io/origin"
	transformationsKey = "alpha.config.kubernetes.io/transformations"
)

// nameOrigins writes into the annotations of objects which repository they come from, as the library does for what it fetches
// itself.
func (f *kustomizeFS) nameOrigins(result resmap.ResMap) error {
	if len(f.mounts) == 0 {
		return nil
	}
	for _, r := range result.Resources() {
		annotations := r.GetAnnotations()
		if text, ok := annotations[originKey]; ok {
			var o resource.Origin
			if err := kyaml.Unmarshal([]byte(text), &o); err != nil {
				return err
			}
			f.nameOrigin(&o)
			said, err := o.String()
			if err != nil {
				return err
			}
			annotations[originKey] = said
		}
		if text, ok := annotations[transformationsKey]; ok {
			var all resource.Transformations
			if err := kyaml.Unmarshal([]byte(text), &all); err != nil {
				return err
			}
			for _, o := range all {
				f.nameOrigin(o)
			}
			said, err := all.String()
			if err != nil {
				return err
			}
			annotations[transformationsKey] = said
		}
		if err := r.SetAnnotations(annotations); err != nil {
			return err
		}
	}
	return nil
}

func (f *kustomizeFS) nameOrigin(o *resource.Origin) {
	for _, field := range []*string{&o.Path, &o.ConfiguredIn} {
		i := strings.Index(*field, app.BaseFolder+"/")
		if i < 0 {
			continue
		}
		id := baseOf((*field)[i:])
		*field = strings.TrimPrefix(strings.TrimPrefix((*field)[i:], path.Join(app.BaseFolder, id)), "/")
		o.Repo, o.Ref = f.mounts[id].url, f.mounts[id].ref
	}
}
