package render

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/kustomization"
)

// editKustomization writes the source's options into the kustomization, in Argo CD's order.
func (j job) editKustomization(files *kustomizeFS) error {
	opts := j.src.Kustomize
	if opts == nil {
		return nil
	}
	k, file, err := files.kustomizationIn(j.dir)
	if err != nil {
		return err
	}
	if err := j.layOptions(k, opts); err != nil {
		return err
	}
	for _, component := range opts.Components {
		text, name, err := files.place(j.dir, kustomization.Reference{Text: component, Folder: true})
		if err != nil {
			return err
		}
		if _, err := fs.Stat(j.files, name); err != nil && opts.IgnoreMissingComponents {
			continue
		}
		k["components"] = append(items(k["components"]), text)
		if err := files.settle(name, map[string]bool{}); err != nil {
			return err
		}
	}
	b, err := yaml.Marshal(k)
	if err != nil {
		return fmt.Errorf("write kustomization of %s: %w", j.dir, err)
	}
	files.over[file] = b
	return nil
}

// layOptions writes options into a kustomization, all but its components.
func (j job) layOptions(k map[string]any, opts *app.KustomizeSource) error {
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
	return nil
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
