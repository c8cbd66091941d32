package diff

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff"
	"github.com/sergi/go-diff/diffmatchpatch"
	yaml "go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// topOrder is the order in which people expect the parts of a manifest.
var topOrder = []string{"apiVersion", "kind", "metadata", "type", "spec", "data", "stringData", "rules", "subjects", "roleRef", "status"}

// YAML writes an object as people write manifests: apiVersion, kind and metadata first, texts of several lines as blocks.
// Nil gives "".
func YAML(u *unstructured.Unstructured) string {
	if u == nil {
		return ""
	}
	root := &yaml.Node{Kind: yaml.MappingNode}
	add := func(k string) {
		var key, value yaml.Node
		key.SetString(k)
		if err := value.Encode(u.Object[k]); err != nil {
			value.SetString(fmt.Sprint(u.Object[k]))
		}
		root.Content = append(root.Content, &key, &value)
	}
	for _, k := range topOrder {
		if _, ok := u.Object[k]; ok {
			add(k)
		}
	}
	rest := make([]string, 0, len(u.Object))
	for k := range u.Object {
		if !slices.Contains(topOrder, k) {
			rest = append(rest, k)
		}
	}
	slices.Sort(rest)
	for _, k := range rest {
		add(k)
	}
	var b strings.Builder
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(root); err != nil {
		return fmt.Sprintf("# cannot be written as YAML: %v\n", err)
	}
	return b.String()
}

// Unified returns the difference of two texts as diff -u writes it; "" when there is none.
func Unified(old, updated, oldName, newName string) string {
	return udiff.Unified(oldName, newName, old, updated)
}

// LineKind says what became of a line.
type LineKind int

// The kinds of a line.
const (
	Same LineKind = iota
	Removed
	Added
)

// Line is one line of a difference.
type Line struct {
	Kind LineKind
	Text string
	// Old and New are the line's numbers on both sides, from 1; 0 on the side that lacks it.
	Old, New int
}

// Hunk is a run of lines with the context around it.
type Hunk struct {
	Lines []Line
	// Skipped is the number of equal lines between the hunk before and this one.
	Skipped int
}

// Lines compares two texts line by line.
func Lines(old, updated string) []Line {
	dmp := diffmatchpatch.New()
	dmp.DiffTimeout = 0
	a, b, table := dmp.DiffLinesToRunes(old, updated)
	var out []Line
	oldLine, newLine := 0, 0
	for _, d := range dmp.DiffCharsToLines(dmp.DiffMainRunes(a, b, false), table) {
		for text := range strings.Lines(d.Text) {
			l := Line{Text: strings.TrimSuffix(text, "\n")}
			switch d.Type {
			case diffmatchpatch.DiffEqual:
				oldLine++
				newLine++
				l.Old, l.New = oldLine, newLine
			case diffmatchpatch.DiffDelete:
				oldLine++
				l.Kind, l.Old = Removed, oldLine
			case diffmatchpatch.DiffInsert:
				newLine++
				l.Kind, l.New = Added, newLine
			}
			out = append(out, l)
		}
	}
	return out
}

// Hunks groups the changed lines of two texts with so many lines of context.
func Hunks(old, updated string, context int) []Hunk {
	lines := Lines(old, updated)
	show := make([]bool, len(lines))
	for i, l := range lines {
		if l.Kind == Same {
			continue
		}
		for j := max(0, i-context); j <= min(len(lines)-1, i+context); j++ {
			show[j] = true
		}
	}
	var out []Hunk
	skipped := 0
	for i, l := range lines {
		if !show[i] {
			skipped++
			continue
		}
		if i == 0 || !show[i-1] {
			out = append(out, Hunk{Skipped: skipped})
			skipped = 0
		}
		h := &out[len(out)-1]
		h.Lines = append(h.Lines, l)
	}
	return out
}

// Span is a part of a line; Changed marks what the other side has not.
type Span struct {
	Text    string
	Changed bool
}

// Words compares two lines word by word and returns both as spans.
func Words(old, updated string) (before, after []Span) {
	dmp := diffmatchpatch.New()
	diffs := dmp.DiffCleanupSemantic(dmp.DiffMain(old, updated, false))
	for _, d := range diffs {
		switch d.Type {
		case diffmatchpatch.DiffEqual:
			before = append(before, Span{Text: d.Text})
			after = append(after, Span{Text: d.Text})
		case diffmatchpatch.DiffDelete:
			before = append(before, Span{Text: d.Text, Changed: true})
		case diffmatchpatch.DiffInsert:
			after = append(after, Span{Text: d.Text, Changed: true})
		}
	}
	return before, after
}
