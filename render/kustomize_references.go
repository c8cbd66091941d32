package render

import (
	"errors"
	"fmt"
	"io/fs"
	"path"

	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/internal/kustomization"
)

// settle goes through a kustomization and those that it names. What they name elsewhere is replaced by the place that it was
// brought to, in the text that the library reads: the library would look for it with git or on the network.
func (f *kustomizeFS) settle(dir string, seen map[string]bool) error {
	if seen[dir] {
		return nil
	}
	seen[dir] = true
	k, file, err := f.kustomizationIn(dir)
	if err != nil {
		return err
	}
	var below []string
	replaced := false
	err = kustomization.Each(k, func(r kustomization.Reference) (string, error) {
		to, name, err := f.place(dir, r)
		replaced = replaced || to != r.Text
		below = append(below, name)
		return to, err
	})
	if err != nil {
		return err
	}
	if replaced {
		b, err := yaml.Marshal(k)
		if err != nil {
			return fmt.Errorf("write kustomization of %s: %w", f.shown(dir), err)
		}
		f.over[file] = b
	}
	for _, name := range below {
		if err := f.settleFolder(name, seen); err != nil {
			return err
		}
	}
	return nil
}

// settleFolder settles what a kustomization names if that is a folder.
func (f *kustomizeFS) settleFolder(name string, seen map[string]bool) error {
	info, err := fs.Stat(f.files, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", f.shown(name), err)
	}
	if !info.IsDir() {
		return nil
	}
	return remedied(f.settle(name, seen), "put a kustomization.yaml into the folder, or correct the kustomization that names it")
}

// place says by which text the library finds what the kustomization in a folder names, and the path of it in the repository.
func (f *kustomizeFS) place(dir string, r kustomization.Reference) (text, name string, err error) {
	if kustomization.IsRemote(r.Text) {
		name, err := f.brought(dir, r.Text)
		if err != nil {
			return "", "", err
		}
		return f.relative(dir, name, r.Text), name, nil
	}
	name = path.Join(dir, r.Text)
	if !fs.ValidPath(name) || baseOf(dir) != "" && (baseOf(name) != baseOf(dir) || path.IsAbs(r.Text)) {
		return "", "", hint.With(fmt.Errorf("kustomization in %s names %s, which is outside of the repository", f.shown(dir), r.Text),
			"name a file or folder of the repository, or another repository by its URL")
	}
	return r.Text, name, nil
}

// kustomizationIn reads the kustomization of a folder and says which file it is.
func (f *kustomizeFS) kustomizationIn(dir string) (map[string]any, string, error) {
	for _, name := range kustomization.Names {
		file := path.Join(dir, name)
		if !f.has(file) {
			continue
		}
		b, err := f.content(file)
		if err != nil {
			return nil, "", fmt.Errorf("read %s: %w", f.shown(file), err)
		}
		k := map[string]any{}
		if err := yaml.Unmarshal(b, &k); err != nil {
			return nil, "", remedied(fmt.Errorf("read %s: %w", f.shown(file), err), "correct the file")
		}
		return k, file, nil
	}
	return nil, "", fmt.Errorf("no kustomization.yaml in %s: %w", f.shown(dir), app.ErrNotFound)
}

func items(v any) []any {
	list, _ := v.([]any)
	return list
}
