package render

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// checkReferences says of a kustomization, and of those that it names, what names something elsewhere than in the
// repository: the library would look for it with git or on the network, and say less.
func (f *kustomizeFS) checkReferences(dir string, seen map[string]bool) error {
	if seen[dir] {
		return nil
	}
	seen[dir] = true
	k, _, err := readKustomization(f, dir)
	if err != nil {
		return err
	}
	for _, ref := range references(k) {
		if remote(ref) {
			return hint.With(fmt.Errorf("kustomization in %s names a remote base: %s", dir, ref),
				"copy the base into the repository: nothing is fetched while rendering")
		}
		name := path.Join(dir, ref)
		if !fs.ValidPath(name) {
			return fmt.Errorf("kustomization in %s names %s, which is outside of the repository", dir, ref)
		}
		info, err := fs.Stat(f.files, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		if !info.IsDir() {
			continue
		}
		if err := f.checkReferences(name, seen); err != nil {
			return err
		}
	}
	return nil
}

// remote reports whether kustomize would fetch a reference from elsewhere.
func remote(ref string) bool {
	return strings.Contains(ref, "://") || strings.HasPrefix(ref, "git@") || strings.HasPrefix(ref, "github.com/") ||
		strings.Contains(ref, "?ref=")
}

// references lists what a kustomization reads from elsewhere than its own folder, if it does.
func references(k map[string]any) []string {
	var out []string
	for _, field := range []string{"resources", "bases", "components", "crds", "configurations", "generators", "transformers", "validators", "patchesStrategicMerge"} {
		for _, v := range items(k[field]) {
			if s, ok := v.(string); ok && !strings.Contains(s, "\n") {
				out = append(out, s)
			}
		}
	}
	for _, field := range []string{"patches", "patchesJson6902", "replacements"} {
		for _, v := range items(k[field]) {
			if m, ok := v.(map[string]any); ok {
				if s, ok := m["path"].(string); ok {
					out = append(out, s)
				}
			}
		}
	}
	for _, field := range []string{"configMapGenerator", "secretGenerator"} {
		for _, v := range items(k[field]) {
			m, _ := v.(map[string]any)
			for _, list := range []string{"files", "envs", "env"} {
				for _, f := range append(items(m[list]), m[list]) {
					if s, ok := f.(string); ok {
						_, file, named := strings.Cut(s, "=")
						if !named {
							file = s
						}
						out = append(out, file)
					}
				}
			}
		}
	}
	if m, ok := k["openapi"].(map[string]any); ok {
		if s, ok := m["path"].(string); ok {
			out = append(out, s)
		}
	}
	return out
}

func items(v any) []any {
	list, _ := v.([]any)
	return list
}

// readKustomization reads the kustomization of a folder and says which file it is.
func readKustomization(files filesys.FileSystem, dir string) (map[string]any, string, error) {
	for _, name := range kustomizationNames {
		file := path.Join("/", dir, name)
		if !files.Exists(file) {
			continue
		}
		b, err := files.ReadFile(file)
		if err != nil {
			return nil, "", fmt.Errorf("read %s: %w", file[1:], err)
		}
		k := map[string]any{}
		if err := yaml.Unmarshal(b, &k); err != nil {
			return nil, "", fmt.Errorf("read %s: %w", file[1:], err)
		}
		return k, file, nil
	}
	return nil, "", hint.With(fmt.Errorf("no kustomization.yaml in %s: %w", dir, app.ErrNotFound), "correct spec.source.path")
}
