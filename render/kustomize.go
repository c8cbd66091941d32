package render

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/provenance"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// kustomizeLock serialises builds within one process: the library keeps global state (kubernetes-sigs/kustomize#3659).
// Workers are processes of their own, so several builds run at once all the same.
var kustomizeLock sync.Mutex

// copyLimit bounds what is copied of a repository for one build.
const copyLimit = 64 << 20

// kustomize builds a kustomization from a copy of the repository in memory, where the source's options are written into
// the kustomization as `kustomize edit` would.
func (j job) kustomize() ([]*unstructured.Unstructured, error) {
	mem := filesys.MakeFsInMemory()
	c := copier{from: j.files, to: mem, seen: map[string]bool{}}
	if err := c.kustomization(j.dir); err != nil {
		return nil, err
	}
	if err := j.editKustomization(mem); err != nil {
		return nil, err
	}
	kustomizeLock.Lock()
	defer kustomizeLock.Unlock()
	opts := krusty.MakeDefaultOptions()
	// Namespaces first, webhooks last, as the program prints them, unless the kustomization has sortOptions.
	opts.Reorder = krusty.ReorderOptionUnspecified
	opts.LoadRestrictions = types.LoadRestrictionsNone
	result, err := krusty.MakeKustomizer(opts).Run(mem, path.Join("/", j.dir))
	if err != nil {
		return nil, fmt.Errorf("build kustomization in %s: %w", j.dir, err)
	}
	if err := nameBuilder(result); err != nil {
		return nil, fmt.Errorf("build kustomization in %s: %w", j.dir, err)
	}
	text, err := result.AsYaml()
	if err != nil {
		return nil, fmt.Errorf("build kustomization in %s: %w", j.dir, err)
	}
	if len(text) > manifestLimit {
		return nil, errTooLarge
	}
	objects, err := parse("kustomization in "+j.dir, text)
	if err != nil {
		return nil, err
	}
	return checked(objects)
}

// builder is what the label app.kubernetes.io/managed-by says where a kustomization asks for it: the release of kustomize
// that has the library of go.mod. The library would name this program's version, which is another with every release of it.
const builder = "kustomize-v5.8.2"

// nameBuilder writes builder over what the library takes for itself.
func nameBuilder(result resmap.ResMap) error {
	own := "kustomize-" + provenance.GetProvenance().Semver()
	for _, r := range result.Resources() {
		labels := r.GetLabels()
		if labels[konfig.ManagedbyLabelKey] != own {
			continue
		}
		labels[konfig.ManagedbyLabelKey] = builder
		if err := r.SetLabels(labels); err != nil {
			return err
		}
	}
	return nil
}

var kustomizationNames = []string{"kustomization.yaml", "kustomization.yml", "Kustomization"}

// copier copies a kustomization's folder and everything that it names, within the repository.
type copier struct {
	from fs.FS
	to   filesys.FileSystem
	seen map[string]bool
	size int
}

// kustomization copies a folder, and the folders and files that its kustomization names beyond it.
func (c *copier) kustomization(dir string) error {
	if c.seen[dir] {
		return nil
	}
	c.seen[dir] = true
	if err := c.folder(dir); err != nil {
		return err
	}
	k, _, err := readKustomization(c.to, dir)
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
		info, err := fs.Stat(c.from, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		if info.IsDir() {
			err = c.kustomization(name)
		} else {
			err = c.file(name)
		}
		if err != nil {
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
			for _, list := range []string{"files", "envs"} {
				for _, f := range items(m[list]) {
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
	return out
}

func items(v any) []any {
	list, _ := v.([]any)
	return list
}

func (c *copier) folder(dir string) error {
	return fs.WalkDir(c.from, dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		if d.IsDir() {
			return nil
		}
		return c.file(name)
	})
}

func (c *copier) file(name string) error {
	if c.to.Exists("/" + name) {
		return nil
	}
	b, err := fs.ReadFile(c.from, name)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	if c.size += len(b); c.size > copyLimit {
		return errors.New("the kustomization reads more than 64 MB")
	}
	return c.to.WriteFile("/"+name, b)
}

// readKustomization reads the kustomization of a folder and says which file it is.
func readKustomization(mem filesys.FileSystem, dir string) (map[string]any, string, error) {
	for _, name := range kustomizationNames {
		file := path.Join("/", dir, name)
		if !mem.Exists(file) {
			continue
		}
		b, err := mem.ReadFile(file)
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

// editKustomization writes the source's options into the kustomization, in Argo CD's order.
func (j job) editKustomization(mem filesys.FileSystem) error {
	opts := j.src.Kustomize
	if opts == nil {
		return nil
	}
	k, file, err := readKustomization(mem, j.dir)
	if err != nil {
		return err
	}
	if opts.NamePrefix != "" {
		k["namePrefix"] = opts.NamePrefix
	}
	if opts.NameSuffix != "" {
		k["nameSuffix"] = opts.NameSuffix
	}
	for _, image := range opts.Images {
		k["images"] = replaceNamed(items(k["images"]), imageEntry(j.expand(image)))
	}
	for _, r := range opts.Replicas {
		count, err := strconv.Atoi(fmt.Sprint(r.Count))
		if err != nil {
			return fmt.Errorf("kustomize replicas of %s: %v is no number", r.Name, r.Count)
		}
		k["replicas"] = replaceNamed(items(k["replicas"]), map[string]any{"name": r.Name, "count": count})
	}
	j.editLabels(k, opts)
	if opts.Namespace != "" {
		k["namespace"] = j.expand(opts.Namespace)
	}
	for _, p := range opts.Patches {
		k["patches"] = append(items(k["patches"]), patchEntry(p))
	}
	for _, component := range opts.Components {
		if _, err := fs.Stat(j.files, path.Join(j.dir, component)); err != nil && opts.IgnoreMissingComponents {
			continue
		}
		k["components"] = append(items(k["components"]), component)
		c := copier{from: j.files, to: mem, seen: map[string]bool{}}
		if err := c.kustomization(path.Join(j.dir, component)); err != nil {
			return err
		}
	}
	b, err := yaml.Marshal(k)
	if err != nil {
		return fmt.Errorf("write kustomization of %s: %w", j.dir, err)
	}
	return mem.WriteFile(file, b)
}

func (j job) editLabels(k map[string]any, opts *app.KustomizeSource) {
	if len(opts.CommonLabels) > 0 {
		pairs := map[string]any{}
		for name, v := range opts.CommonLabels {
			pairs[name] = j.expand(v)
		}
		if opts.LabelWithoutSelector {
			k["labels"] = append(items(k["labels"]), map[string]any{
				"pairs": pairs, "includeSelectors": false, "includeTemplates": opts.LabelIncludeTemplates,
			})
		} else {
			k["commonLabels"] = merged(k["commonLabels"], pairs)
		}
	}
	if len(opts.CommonAnnotations) > 0 {
		pairs := map[string]any{}
		for name, v := range opts.CommonAnnotations {
			if opts.CommonAnnotationsEnvsubst {
				v = j.expand(v)
			}
			pairs[name] = v
		}
		k["commonAnnotations"] = merged(k["commonAnnotations"], pairs)
	}
}

func merged(old any, pairs map[string]any) map[string]any {
	m, _ := old.(map[string]any)
	if m == nil {
		m = map[string]any{}
	}
	for k, v := range pairs {
		m[k] = v
	}
	return m
}

// replaceNamed appends an entry, in the place of one of the same name.
func replaceNamed(list []any, entry map[string]any) []any {
	for i, e := range list {
		if m, ok := e.(map[string]any); ok && m["name"] == entry["name"] {
			list[i] = entry
			return list
		}
	}
	return append(list, entry)
}

// imageEntry reads name=newname:tag, name:tag and name@digest.
func imageEntry(s string) map[string]any {
	name, replacement, renamed := strings.Cut(s, "=")
	if !renamed {
		replacement = name
	}
	entry := map[string]any{}
	newName, digest, hasDigest := strings.Cut(replacement, "@")
	tag := ""
	if !hasDigest {
		if i := strings.LastIndex(newName, ":"); i > strings.LastIndex(newName, "/") {
			newName, tag = newName[:i], newName[i+1:]
		}
	}
	if !renamed {
		name = newName
	} else {
		entry["newName"] = newName
	}
	entry["name"] = name
	if hasDigest {
		entry["digest"] = digest
	}
	if tag != "" {
		entry["newTag"] = tag
	}
	return entry
}

func patchEntry(p app.KustomizePatch) map[string]any {
	m := map[string]any{}
	if p.Path != "" {
		m["path"] = p.Path
	}
	if p.Patch != "" {
		m["patch"] = p.Patch
	}
	if p.Target != nil {
		m["target"] = p.Target
	}
	if len(p.Options) > 0 {
		m["options"] = p.Options
	}
	return m
}
