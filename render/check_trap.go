package render

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// traps finds what Helm, which reads YAML 1.1, reads otherwise than people do: words that are truth values, numbers that
// lose how they are written, keys that are there twice.
func traps(n *yamlv3.Node) []app.Problem {
	var out []app.Problem
	for i, c := range n.Content {
		switch {
		case n.Kind == yamlv3.MappingNode && i%2 == 0:
			out = append(out, keyTrap(c)...)
		case c.Kind == yamlv3.ScalarNode:
			out = append(out, valueTrap(c)...)
		}
		out = append(out, traps(c)...)
	}
	if n.Kind == yamlv3.MappingNode {
		out = append(out, repeated(n)...)
	}
	slices.SortStableFunc(out, func(a, b app.Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	return out
}

// repeated finds the keys that are there twice, of which Helm takes the last.
func repeated(n *yamlv3.Node) []app.Problem {
	var out []app.Problem
	first := map[string]*yamlv3.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		if k.Kind != yamlv3.ScalarNode || k.ShortTag() == "!!merge" {
			continue
		}
		name := keyName(k)
		if other := first[name]; other != nil {
			out = append(out, at(k, fmt.Sprintf("%q is there already, in line %d, column %d: only the last one counts", name, other.Line, other.Column)))
			continue
		}
		first[name] = k
	}
	return out
}

func keyTrap(k *yamlv3.Node) []app.Problem {
	switch {
	case k.Kind != yamlv3.ScalarNode || k.Style != 0 || k.ShortTag() == "!!merge":
	case k.ShortTag() == "!!null":
		return []app.Problem{at(k, "the key is nothing: quote it")}
	case oldTruth(k.Value) != "":
		return []app.Problem{warning(k, fmt.Sprintf("the key %s is read as %s: quote it", k.Value, oldTruth(k.Value)))}
	case keyName(k) != k.Value && k.ShortTag() != "!!bool":
		return []app.Problem{warning(k, fmt.Sprintf("the key %s is read as %s: quote it", k.Value, keyName(k)))}
	}
	return nil
}

var (
	octal = regexp.MustCompile(`^[-+]?0o?[0-7_]+$`)
	// zero is a number that is written like a code with leading zeros, and digits one that says less than it is written with.
	zeros  = regexp.MustCompile(`^[-+]?0[0-9_]+$`)
	digits = regexp.MustCompile(`^([0-9]+\.[0-9]+0|[-+]?[0-9_]{16,})$`)
)

func valueTrap(n *yamlv3.Node) []app.Problem {
	if n.Style != 0 {
		return nil
	}
	reads := readsAs(n.Value)
	switch {
	case oldTruth(n.Value) != "":
		return []app.Problem{warning(n, fmt.Sprintf("%s is read as %s: write %[2]s, or quote it where it is text", n.Value, oldTruth(n.Value)))}
	case reads == n.Value || reads == "":
	case octal.MatchString(n.Value):
		return []app.Problem{warning(n, fmt.Sprintf("%s is octal and read as %s: quote it, or write %[2]s", n.Value, reads))}
	case zeros.MatchString(n.Value), digits.MatchString(n.Value):
		return []app.Problem{warning(n, fmt.Sprintf("%s is a number and read as %s: quote it where it is text", n.Value, reads))}
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

// readsAs is how Helm would write what it reads, empty for what is no single value.
func readsAs(text string) string {
	values, err := readMapping("v: " + text)
	if err != nil {
		return ""
	}
	switch v := values["v"].(type) {
	case float64:
		return numberText(v)
	case map[string]any, []any, nil:
		return ""
	default:
		return strings.TrimSpace(fmt.Sprint(v))
	}
}

// at is an error at a node's place, and warning something that a user should know of it.
func at(n *yamlv3.Node, message string) app.Problem {
	return app.Problem{Line: n.Line, Column: n.Column, Message: message}
}

func warning(n *yamlv3.Node, message string) app.Problem {
	p := at(n, message)
	p.Warning = true
	return p
}
