package render

import (
	"encoding/base64"
	"fmt"
	"path"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/internal/lfs"
)

// Files that are kept in Git LFS are served as their pointers where nobody asked for their content. A rendering that reads one
// is not refused for that: chart folders hold images that no template uses. What is told is a failure that a pointer may be the
// cause of, and a pointer that is in the manifests.

// pointed is a pointer that was served in the place of its file.
type pointed struct {
	// name is the file as a person knows it, and url the git repository that it is in; empty when it is in none.
	name, url string
	text      string
	lfs.Pointer
}

// notePointer remembers a pointer that was served.
func (t *trace) notePointer(q question, a answer) {
	p, ok := lfs.Parse(a.Data)
	if q.Op != opRead || !ok {
		return
	}
	found := pointed{name: q.Name, text: string(a.Data), Pointer: p}
	if o, ok := t.files(q.Ref).(interface{ Origin(name string) string }); ok {
		found.url = o.Origin(q.Name)
	}
	if id := baseOf(q.Name); id != "" {
		found.name = strings.TrimPrefix(q.Name, path.Join(app.BaseFolder, id)+"/") + " of " + found.url
	}
	t.pointers = append(t.pointers, found)
}

// parsed are the ends of files that a tool reads for what is in them.
var parsed = []string{".yaml", ".yml", ".json", ".jsonnet", ".libsonnet", ".tpl", ".env", ".tgz", "Kustomization"}

// tellPointers adds to an outcome which pointers may be the cause of a failure, or are in the manifests. What a submodule's
// repository serves may be another thing soon, so that neither is remembered for long.
func (t *trace) tellPointers(m made) made {
	var told []pointed
	for _, p := range t.pointers {
		if m.err != nil && p.blamed(m.err) || m.err == nil && p.in(m.out.Objects) {
			told = append(told, p)
		}
	}
	if len(told) == 0 {
		return m
	}
	m.keep = min(m.keep, keepBriefly)
	slices.SortFunc(told, func(a, b pointed) int { return strings.Compare(a.name, b.name) })
	// The one that an error names goes first.
	slices.SortStableFunc(told, func(a, b pointed) int {
		switch named := a.namedBy(m.err); {
		case named == b.namedBy(m.err):
			return 0
		case named:
			return -1
		}
		return 1
	})
	first, others := told[0], ""
	if n := len(told) - 1; n > 0 {
		others = fmt.Sprintf(" (%d more too)", n)
	}
	if m.err == nil {
		m.out.Warnings = append(slices.Clip(m.out.Warnings), fmt.Sprintf(
			"%s is kept in Git LFS%s, and its pointer is in the manifests; %s", first.name, others, first.remedy()))
		return m
	}
	m.err = hint.With(fmt.Errorf("%s is kept in Git LFS%s, and what was read is its pointer: %w", first.name, others, m.err), first.remedy())
	return m
}

// blamed reports whether a pointer may be the cause of an error: the file is one that a tool reads for what is in it, or the error
// names it.
func (p pointed) blamed(err error) bool {
	return p.namedBy(err) || slices.ContainsFunc(parsed, func(end string) bool { return strings.HasSuffix(p.name, end) })
}

func (p pointed) namedBy(err error) bool {
	return err != nil && strings.Contains(err.Error(), path.Base(p.name))
}

// in reports whether the pointer's text is in objects, plain or as base64.
func (p pointed) in(objects []*unstructured.Unstructured) bool {
	return slices.ContainsFunc(objects, func(u *unstructured.Unstructured) bool { return holds(u.Object, strings.TrimSpace(p.text)) })
}

// holds looks for a pointer's text in all strings of a value.
func holds(v any, text string) bool {
	switch v := v.(type) {
	case string:
		if strings.Contains(v, text) {
			return true
		}
		if len(v) > 2*lfs.MostBytes {
			return false
		}
		b, err := base64.StdEncoding.DecodeString(v)
		return err == nil && strings.TrimSpace(string(b)) == text
	case map[string]any:
		for _, e := range v {
			if holds(e, text) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, func(e any) bool { return holds(e, text) })
	}
	return false
}

func (p pointed) remedy() string {
	if p.url == "" {
		return "bring its content to where the files come from: git lfs pull"
	}
	return "have its content served: wheelhouse repo add " + p.url + " --enable-lfs; where a login is registered for it, give that again, with --upsert"
}
