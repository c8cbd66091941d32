package app

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	k8syaml "sigs.k8s.io/yaml"
)

// Traps finds what Helm and kubectl, which read YAML 1.1, read otherwise than people do: words that are truth values, numbers
// that lose how they are written, and, as errors, keys that are there twice. They are in the order of their places.
func Traps(n *yaml.Node) []Problem {
	var out []Problem
	for i, c := range n.Content {
		switch {
		case n.Kind == yaml.MappingNode && i%2 == 0:
			out = append(out, keyTrap(c)...)
		case c.Kind == yaml.ScalarNode:
			out = append(out, valueTrap(c)...)
		}
		out = append(out, Traps(c)...)
	}
	if n.Kind == yaml.MappingNode {
		out = append(out, repeated(n)...)
	}
	slices.SortStableFunc(out, func(a, b Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	return out
}

// repeated finds the keys that are there twice, of which Helm takes the last.
func repeated(n *yaml.Node) []Problem {
	var out []Problem
	first := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		if k.Kind != yaml.ScalarNode || k.ShortTag() == "!!merge" {
			continue
		}
		name := KeyAsRead(k)
		if other := first[name]; other != nil {
			out = append(out, at(k, fmt.Sprintf("%q is there already, in line %d, column %d: only the last one counts", name, other.Line, other.Column)))
			continue
		}
		first[name] = k
	}
	return out
}

func keyTrap(k *yaml.Node) []Problem {
	switch {
	case k.Kind != yaml.ScalarNode || k.Style != 0 || k.ShortTag() == "!!merge":
	case k.ShortTag() == "!!null":
		return []Problem{at(k, "the key is nothing: quote it")}
	case oldTruth(k.Value) != "":
		return []Problem{warning(k, fmt.Sprintf("the key %s is read as %s: quote it", k.Value, oldTruth(k.Value)))}
	case KeyAsRead(k) != k.Value && k.ShortTag() != "!!bool":
		return []Problem{warning(k, fmt.Sprintf("the key %s is read as %s: quote it", k.Value, KeyAsRead(k)))}
	}
	return nil
}

var (
	octal = regexp.MustCompile(`^[-+]?0o?[0-7_]+$`)
	// zero is a number that is written like a code with leading zeros, and digits one that says less than it is written with.
	zeros  = regexp.MustCompile(`^[-+]?0[0-9_]+$`)
	digits = regexp.MustCompile(`^([0-9]+\.[0-9]+0|[-+]?[0-9_]{16,})$`)
)

func valueTrap(n *yaml.Node) []Problem {
	if n.Style != 0 || n.Value == "" {
		return nil
	}
	reads := n.Value
	if strings.Contains("+-.0123456789", n.Value[:1]) {
		reads = readsAs(n.Value)
	}
	switch {
	case oldTruth(n.Value) != "":
		return []Problem{warning(n, fmt.Sprintf("%s is read as %s: write %[2]s, or quote it where it is text", n.Value, oldTruth(n.Value)))}
	case reads == n.Value || reads == "":
	case octal.MatchString(n.Value):
		return []Problem{warning(n, fmt.Sprintf("%s is octal and read as %s: quote it, or write %[2]s", n.Value, reads))}
	case zeros.MatchString(n.Value), digits.MatchString(n.Value):
		return []Problem{warning(n, fmt.Sprintf("%s is a number and read as %s: quote it where it is text", n.Value, reads))}
	}
	return nil
}

// Warnings are the traps of YAML in a file's Application, and in the values that its sources hold as text. The name is the
// file's. What is wrong is left for [Decode] to say.
func Warnings(data []byte, name string) []Problem {
	doc, err := findDocument(data, name)
	if err != nil {
		return nil
	}
	out := Traps(doc.Content[0])
	spec := fieldOf(doc.Content[0], "spec")
	sources := []*yaml.Node{fieldOf(spec, "source")}
	if list := fieldOf(spec, "sources"); list != nil {
		sources = append(sources, list.Content...)
	}
	lines := newText(data).lines
	for _, src := range sources {
		out = append(out, trapsInText(fieldOf(fieldOf(src, "helm"), "values"), lines)...)
	}
	out = slices.DeleteFunc(out, func(p Problem) bool { return !p.Warning })
	for i := range out {
		out[i].File = name
	}
	return out
}

// trapsInText finds the traps of YAML in a literal block, at their places in the file.
func trapsInText(n *yaml.Node, lines []string) []Problem {
	if n == nil || n.Style != yaml.LiteralStyle {
		return nil
	}
	var doc yaml.Node
	if yaml.Unmarshal([]byte(n.Value), &doc) != nil {
		return nil
	}
	indent := 0
	for _, l := range lines[n.Line:] {
		if indent = indentOf(l); strings.TrimSpace(l) != "" {
			break
		}
	}
	move(&doc, n.Line, indent)
	out := Traps(&doc)
	for i := range out {
		out[i].Warning = true
	}
	return out
}

// move gives nodes the places that they have in a text around theirs.
func move(n *yaml.Node, lines, columns int) {
	n.Line, n.Column = n.Line+lines, n.Column+columns
	for _, c := range n.Content {
		move(c, lines, columns)
	}
}

// fieldOf is the value of a mapping's key, nil when there is none.
func fieldOf(n *yaml.Node, name string) *yaml.Node {
	if n == nil {
		return nil
	}
	n = follow(n)
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i+1]
		}
	}
	return nil
}

// oldTruth is true or false for the other words that YAML 1.1 has for these, and else empty.
func oldTruth(word string) string {
	switch word {
	case "y", "Y", "yes", "Yes", "YES", "on", "On", "ON":
		return "true"
	case "n", "N", "no", "No", "NO", "off", "Off", "OFF":
		return "false"
	}
	return ""
}

// KeyAsRead is a key's text as Helm and kubectl read it: on is true, 0755 is 493.
func KeyAsRead(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || n.Style != 0 || n.Value == "" {
		return n.Value
	}
	if truth := oldTruth(n.Value); truth != "" {
		return truth
	}
	if n.ShortTag() == "!!bool" {
		return strings.ToLower(n.Value)
	}
	if !strings.Contains("+-.0123456789", n.Value[:1]) {
		return n.Value
	}
	one := map[string]any{}
	if k8syaml.Unmarshal([]byte(n.Value+": x"), &one) == nil && len(one) == 1 {
		for name := range one {
			return name
		}
	}
	return n.Value
}

// readsAs is how a single value would be written as it is read, empty for what is none.
func readsAs(text string) string {
	one := map[string]any{}
	if k8syaml.Unmarshal([]byte("v: "+text), &one) != nil {
		return ""
	}
	switch v := one["v"].(type) {
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return strconv.FormatInt(int64(v), 10)
		}
		return strconv.FormatFloat(v, 'g', -1, 64)
	case map[string]any, []any, nil:
		return ""
	default:
		return strings.TrimSpace(fmt.Sprint(v))
	}
}

// at is an error at a node's place, and warning something that a user should know of it.
func at(n *yaml.Node, message string) Problem {
	return Problem{Line: n.Line, Column: n.Column, Message: message}
}

func warning(n *yaml.Node, message string) Problem {
	p := at(n, message)
	p.Warning = true
	return p
}
