package render

import (
	"fmt"
	"strings"

	"sigs.k8s.io/kustomize/api/pkg/util"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// kept stands for what the kustomization has, in the place of a new name, a tag or a digest.
const kept = "*"

// editImages writes images into the kustomization as `kustomize edit set image` does: an entry replaces that of its name, and
// all are sorted by name.
func (j job) editImages(k map[string]any, images []string) error {
	for _, image := range images {
		entry, err := imageEntry(j.expand(image))
		if err != nil {
			return err
		}
		k["images"] = replaceNamed(items(k["images"]), keeping(entry, entryOf(items(k["images"]), entry["name"])))
	}
	if len(images) > 0 {
		sortNamed(items(k["images"]))
	}
	return nil
}

// imageEntry reads IMAGE=NEW, IMAGE:TAG and IMAGE@DIGEST, and all of these together.
func imageEntry(text string) (map[string]any, error) {
	name, replacement, renamed := strings.Cut(text, "=")
	if !renamed {
		replacement = text
	}
	newName, tag, digest := util.SplitImageName(replacement)
	if !renamed {
		name, newName = newName, ""
	}
	if name == "" || !renamed && tag == "" && digest == "" {
		return nil, hint.With(fmt.Errorf("kustomize image %q: it names no image, or nothing to replace", text),
			"write IMAGE=NEWIMAGE, IMAGE:TAG, IMAGE@DIGEST, or IMAGE=NEWIMAGE:TAG@DIGEST; an * keeps what the kustomization has")
	}
	entry := map[string]any{"name": name}
	for field, v := range map[string]string{"newName": newName, "newTag": tag, "digest": digest} {
		if v != "" {
			entry[field] = v
		}
	}
	return entry, nil
}

// keeping returns an entry with what it is to keep of an older one, which may be nil.
func keeping(entry, old map[string]any) map[string]any {
	for _, field := range []string{"newName", "newTag", "digest"} {
		if entry[field] != kept {
			continue
		}
		delete(entry, field)
		if v, there := old[field]; there {
			entry[field] = v
		}
	}
	return entry
}

// entryOf returns the first entry of a name; nil when there is none.
func entryOf(list []any, name any) map[string]any {
	for _, e := range list {
		if m, ok := e.(map[string]any); ok && m["name"] == name {
			return m
		}
	}
	return nil
}
