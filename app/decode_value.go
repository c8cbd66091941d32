package app

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"go.yaml.in/yaml/v3"
)

// The limits of one document: aliases may make a small file large, and nesting may exhaust the stack.
const (
	maxNodes = 200_000
	maxDepth = 100
	// maxHeads bounds what is read of a document to learn its kind.
	maxHeads = 1000
)

// reader turns a YAML node into the value that JSON has for it and notes what does not fit the shape, with its place.
type reader struct {
	file     string
	budget   int
	depth    int
	refused  bool
	problems []Problem
}

func (r *reader) fail(n *yaml.Node, path, message string) {
	if path != "" {
		message = path + ": " + message
	}
	r.problems = append(r.problems, Problem{File: r.file, Line: n.Line, Column: n.Column, Message: message})
}

// document reads the root of a document.
func (r *reader) document(n *yaml.Node) any {
	v := r.value(n, applicationShape, "")
	if r.budget < 0 {
		r.refuse(n)
	}
	return v
}

// refuse notes once that a limit was reached.
func (r *reader) refuse(n *yaml.Node) {
	if !r.refused {
		r.fail(n, "", "the document is too large or too deeply nested")
	}
	r.refused = true
}

// value reads one node. The shape is nil where nothing is modelled: everything is right there.
func (r *reader) value(n *yaml.Node, s *shape, path string) any {
	if r.budget--; r.budget < 0 || r.depth > maxDepth {
		r.refuse(n)
		return nil
	}
	r.depth++
	defer func() { r.depth-- }()
	n = follow(n)
	switch n.Kind {
	case yaml.MappingNode:
		return r.mapping(n, s, path)
	case yaml.SequenceNode:
		return r.sequence(n, s, path)
	default:
		return r.scalar(n, s, path)
	}
}

func (r *reader) mapping(n *yaml.Node, s *shape, path string) any {
	if !r.fits(n, s, path, "a mapping", formObject, formDict) {
		return nil
	}
	out := map[string]any{}
	for _, p := range pairs(n, &r.budget) {
		name := keyName(p.key)
		at := name
		if path != "" {
			at = path + "." + name
		}
		if _, double := out[name]; double {
			if !p.merged {
				r.fail(p.key, at, "given twice"+firstOf(n, name))
			}
			continue
		}
		out[name] = r.value(p.value, s.field(name), at)
	}
	return out
}

// firstOf says where a key is first.
func firstOf(n *yaml.Node, name string) string {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if k := n.Content[i]; keyName(k) == name {
			return fmt.Sprintf(", first in line %d, column %d", k.Line, k.Column)
		}
	}
	return ""
}

func (r *reader) sequence(n *yaml.Node, s *shape, path string) any {
	if !r.fits(n, s, path, "a list", formList) {
		return nil
	}
	out := make([]any, len(n.Content))
	for i, e := range n.Content {
		out[i] = r.value(e, s.element(), path+"["+strconv.Itoa(i)+"]")
	}
	return out
}

func (r *reader) scalar(n *yaml.Node, s *shape, path string) any {
	v, is, err := plainValue(n)
	if err != nil {
		r.fail(n, path, err.Error())
		return nil
	}
	if v == nil {
		return nil
	}
	switch v := v.(type) {
	case string:
		if r.fits(n, s, path, is, formText, formTime) && s != nil && s.form == formTime {
			if _, err := time.Parse(time.RFC3339, v); err != nil {
				r.fail(n, path, "must be "+formTime.String())
			}
		}
	case bool:
		r.fits(n, s, path, is, formFlag)
	case int64:
		r.fits(n, s, path, is, formInteger)
	default:
		r.fits(n, s, path, is)
	}
	return v
}

// fits notes a problem unless the shape takes one of the forms.
func (r *reader) fits(n *yaml.Node, s *shape, path, is string, forms ...form) bool {
	if s == nil || s.form == formAny || slices.Contains(forms, s.form) {
		return true
	}
	message := fmt.Sprintf("must be %s, not %s", s.form, is)
	if s.form == formText && n.Kind == yaml.ScalarNode {
		message += ": put it in quotes"
	}
	r.fail(n, path, message)
	return false
}
