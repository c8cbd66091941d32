// Package kustomization knows what a kustomization names beside its own file: files and folders of its repository, and
// bases that are elsewhere.
//
// Two processes have to find the same: the one that brings what is elsewhere, and the worker that renders, which has no
// network. [Each] visits the references of both kinds, [IsRemote] tells them apart, and [Parse] reads the URL of a base as
// `kustomize build` does.
package kustomization

import "strings"

// Names are the names that the file of a kustomization may have, in the order in which they are looked for.
var Names = []string{"kustomization.yaml", "kustomization.yml", "Kustomization"}

// Reference is what a kustomization names.
type Reference struct {
	Text string
	// Folder says that it may be a kustomization of its own; other references are files.
	Folder bool
}

var (
	folders = []string{"resources", "bases", "components", "generators", "transformers", "validators"}
	files   = []string{"crds", "configurations", "patchesStrategicMerge"}
	paths   = []string{"patches", "patchesJson6902", "replacements"}
	sources = []string{"configMapGenerator", "secretGenerator"}
)

// Each visits the references of a kustomization in a fixed order, and puts what visit returns in their place. An error of
// visit ends it.
func Each(k map[string]any, visit func(Reference) (string, error)) error {
	for _, field := range folders {
		if err := eachText(k[field], true, visit); err != nil {
			return err
		}
	}
	for _, field := range files {
		if err := eachText(k[field], false, visit); err != nil {
			return err
		}
	}
	for _, field := range paths {
		for _, v := range items(k[field]) {
			if err := atPath(v, visit); err != nil {
				return err
			}
		}
	}
	for _, field := range sources {
		for _, v := range items(k[field]) {
			if err := ofGenerator(v, visit); err != nil {
				return err
			}
		}
	}
	return atPath(k["openapi"], visit)
}

// eachText visits a list of names. A text of several lines is written in place, and names nothing.
func eachText(v any, folder bool, visit func(Reference) (string, error)) error {
	list := items(v)
	for i, v := range list {
		s, ok := v.(string)
		if !ok || strings.Contains(s, "\n") {
			continue
		}
		to, err := visit(Reference{s, folder})
		if err != nil {
			return err
		}
		list[i] = to
	}
	return nil
}

// atPath visits the field path.
func atPath(v any, visit func(Reference) (string, error)) error {
	m, _ := v.(map[string]any)
	s, ok := m["path"].(string)
	if !ok {
		return nil
	}
	to, err := visit(Reference{Text: s})
	if err == nil {
		m["path"] = to
	}
	return err
}

// ofGenerator visits the files of a generator, which may be named KEY=FILE.
func ofGenerator(v any, visit func(Reference) (string, error)) error {
	m, _ := v.(map[string]any)
	named := func(r Reference) (string, error) {
		key, file, ok := strings.Cut(r.Text, "=")
		if !ok || IsRemote(r.Text) {
			return visit(r)
		}
		to, err := visit(Reference{Text: file})
		return key + "=" + to, err
	}
	for _, field := range []string{"files", "envs", "env"} {
		if err := eachText(m[field], false, named); err != nil {
			return err
		}
		s, ok := m[field].(string)
		if !ok {
			continue
		}
		to, err := named(Reference{Text: s})
		if err != nil {
			return err
		}
		m[field] = to
	}
	return nil
}

func items(v any) []any {
	list, _ := v.([]any)
	return list
}
