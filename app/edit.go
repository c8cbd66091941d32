package app

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Edit returns the text of a file after its Application was changed to after: only the lines of changed fields are
// written anew, so comments, order, blank lines and other documents stay as their author left them. The status that
// the text may hold is left alone. Where lines cannot be told apart (aliases, everything in braces), the application's
// whole document is written anew. The name is the file's, for messages.
func Edit(data []byte, name string, after Application) ([]byte, error) {
	before, err := Decode(data, name)
	if err != nil {
		return nil, err
	}
	from, err := tree(before)
	if err != nil {
		return nil, err
	}
	to, err := tree(after)
	if err != nil {
		return nil, err
	}
	if reflect.DeepEqual(from, to) {
		return data, nil
	}
	doc, err := findDocument(data, name)
	if err != nil {
		return nil, err
	}
	after.Status = before.Status
	if out, ok := splice(data, doc, from, to); ok && holds(out, name, to) {
		return out, nil
	}
	return replaceDocument(data, doc, after)
}

// Cut returns the text of a file without the document of its Application, nil when nothing else is in the file.
func Cut(data []byte, name string) ([]byte, error) {
	doc, err := findDocument(data, name)
	if err != nil {
		return nil, err
	}
	t := newText(data)
	start, end := t.document(doc)
	if start > 0 {
		start-- // the separator goes too
	} else if end < len(t.lines) {
		end++
	}
	rest := append(t.lines[:start:start], t.lines[end:]...)
	for _, l := range rest {
		if !blankOrComment(l) && !separator(l) {
			return []byte(strings.Join(rest, "\n")), nil
		}
	}
	return nil, nil
}

// tree returns the document of an application without its status, as JSON has it.
func tree(a Application) (map[string]any, error) {
	b, err := json.Marshal(a.WithoutStatus())
	if err != nil {
		return nil, fmt.Errorf("encode application %s: %w", a.Key(), err)
	}
	v, err := generic(b)
	if err != nil {
		return nil, err
	}
	m, _ := v.(map[string]any)
	return m, nil
}

// holds reports whether a text reads as the document to.
func holds(data []byte, name string, to map[string]any) bool {
	a, err := Decode(data, name)
	if err != nil {
		return false
	}
	got, err := tree(a)
	return err == nil && reflect.DeepEqual(got, to)
}

// splice replaces the lines of what differs between from and to. It reports false where it cannot.
func splice(data []byte, doc *yaml.Node, from, to map[string]any) ([]byte, bool) {
	root := doc.Content[0]
	if root.Style&yaml.FlowStyle != 0 {
		return nil, false
	}
	t := newText(data)
	_, end := t.document(doc)
	e := editor{text: t, layout: layoutOf(root)}
	if err := e.mapping(root, from, to, applicationShape, end); err != nil {
		return nil, false
	}
	return e.apply(), true
}

// replaceDocument writes the application's document anew and leaves the others alone.
func replaceDocument(data []byte, doc *yaml.Node, a Application) ([]byte, error) {
	if json.Valid(data) {
		b, err := json.MarshalIndent(a, "", "  ")
		if err != nil {
			return nil, fmt.Errorf("encode application %s: %w", a.Key(), err)
		}
		return append(b, '\n'), nil
	}
	b, err := Encode(a)
	if err != nil {
		return nil, err
	}
	t := newText(data)
	start, end := t.document(doc)
	e := editor{text: t}
	e.replace(start, end, strings.Split(strings.TrimSuffix(string(b), "\n"), "\n"))
	return e.apply(), nil
}
