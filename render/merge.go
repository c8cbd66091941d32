package render

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/internal/untrusted"
)

// mergeOverrides lays .argocd-source.yaml and .argocd-source-NAME.yaml of the source's folder over the source, as JSON merge
// patches (RFC 7386): lists are replaced, null takes away. They may not change where the source comes from. It returns the
// files that there are, and notes the fields in them that no source has. The request's source is left as it is.
func mergeOverrides(files fs.FS, req app.RenderRequest, f *findings) (app.Source, []string, error) {
	src := req.Source
	var found []string
	for _, name := range []string{overrideFile(""), overrideFile(req.App.Name)} {
		file := path.Join(root(req.Source), name)
		b, err := fs.ReadFile(files, file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return src, nil, fmt.Errorf("read %s: %w", file, err)
		}
		// With plugins this is read by the process that serves everybody.
		merged, err := patched(src, file, b, f)
		if errors.Is(err, untrusted.ErrLimit) {
			return src, nil, err
		}
		if err != nil {
			return src, nil, hint.With(fmt.Errorf("read %w", err), "it holds fields of a source, such as helm.parameters")
		}
		merged.RepoURL, merged.Path, merged.Chart, merged.TargetRevision = src.RepoURL, src.Path, src.Chart, src.TargetRevision
		src, found = merged, append(found, file)
	}
	return src, found, nil
}

// overrideFile names the file over the sources of all applications of a folder, or over those of one.
func overrideFile(application string) string {
	if application == "" {
		return ".argocd-source.yaml"
	}
	return ".argocd-source-" + application + ".yaml"
}

// patched returns a source with a merge patch, in YAML, applied.
func patched(src app.Source, file string, text []byte, found *findings) (app.Source, error) {
	var out app.Source
	var patch any
	if err := untrusted.Decode(file, text, &patch); err != nil {
		return out, err
	}
	b, err := json.Marshal(src)
	if err != nil {
		return out, err
	}
	var doc any
	if err := json.Unmarshal(b, &doc); err != nil {
		return out, err
	}
	if patch == nil {
		patch = map[string]any{}
	}
	fields, ok := patch.(map[string]any)
	if !ok {
		return out, fmt.Errorf("%s: it is no mapping", file)
	}
	if found != nil {
		for _, said := range app.UnknownSourceFields(fields) {
			found.note("%s: %s", file, said)
		}
	}
	if b, err = json.Marshal(mergePatch(doc, patch)); err != nil {
		return out, err
	}
	if err := json.Unmarshal(b, &out); err != nil {
		return out, fmt.Errorf("%s: %w", file, err)
	}
	return out, nil
}

// mergePatch is RFC 7386.
func mergePatch(doc, patch any) any {
	p, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	d, ok := doc.(map[string]any)
	if !ok {
		d = map[string]any{}
	}
	out := maps.Clone(d)
	for k, v := range p {
		if v == nil {
			delete(out, k)
			continue
		}
		out[k] = mergePatch(out[k], v)
	}
	return out
}

// withOverlays adds the files that were laid over a source to the reason why a tool was chosen.
func withOverlays(why string, overlays []string) string {
	for _, file := range overlays {
		why += ", with " + file
	}
	return why
}
