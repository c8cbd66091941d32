package app

import (
	"errors"
	"math"

	"go.yaml.in/yaml/v3"
)

// pair is one entry of a mapping; merged says that it came in through a merge key and yields to explicit ones.
type pair struct {
	key, value *yaml.Node
	merged     bool
}

// pairs lists the entries of a mapping: its own in order, then those of its merge keys (<<). Every node that a merge
// visits costs one of the budget; what is behind its end is left out.
func pairs(n *yaml.Node, budget *int) []pair {
	return appendPairs(nil, n, false, budget)
}

func appendPairs(out []pair, n *yaml.Node, merged bool, budget *int) []pair {
	var later []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].ShortTag() == "!!merge" {
			later = append(later, n.Content[i+1])
			continue
		}
		out = append(out, pair{key: n.Content[i], value: n.Content[i+1], merged: merged})
	}
	for _, m := range later {
		out = appendMerged(out, follow(m), budget)
	}
	return out
}

func appendMerged(out []pair, n *yaml.Node, budget *int) []pair {
	if *budget -= 1 + len(n.Content)/2; *budget < 0 {
		return out
	}
	switch n.Kind {
	case yaml.MappingNode:
		return appendPairs(out, n, true, budget)
	case yaml.SequenceNode:
		for _, e := range n.Content {
			out = appendMerged(out, follow(e), budget)
		}
	default:
	}
	return out
}

// follow returns the node that an alias stands for, and any other node itself.
func follow(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// keyName returns a mapping's key as JSON has it: the text of whatever it is.
func keyName(n *yaml.Node) string { return KeyAsRead(follow(n)) }

// plainValue returns the value of a scalar as kubectl reads it, and what that is in words.
func plainValue(n *yaml.Node) (v any, is string, err error) {
	switch n.ShortTag() {
	case "!!null":
		return nil, "nothing", nil
	case "!!str":
		if b, ok := oldBool(n); ok {
			return b, "a truth value", nil
		}
		return n.Value, "a string", nil
	case "!!bool":
		var b bool
		err := n.Decode(&b)
		return b, "a truth value", bare(err)
	case "!!int", "!!float":
		return number(n)
	case "!!binary":
		var s string
		err := n.Decode(&s)
		return s, "a string", bare(err)
	default:
		return n.Value, "a string", nil
	}
}

func number(n *yaml.Node) (any, string, error) {
	var v any
	if err := n.Decode(&v); err != nil {
		return nil, "", bare(err)
	}
	switch v := v.(type) {
	case int:
		return int64(v), "a number", nil
	case int64, uint64:
		return v, "a number", nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, "", errors.New("must be a finite number")
		}
		return v, "a number", nil
	default:
		return n.Value, "a string", nil
	}
}

// bare replaces an error of the YAML package, which repeats the value.
func bare(err error) error {
	if err != nil {
		return errors.New("cannot be read as what its tag says")
	}
	return nil
}

// oldBool reports whether an unquoted, untagged word is a boolean of YAML 1.1, which Kubernetes' tools still read.
func oldBool(n *yaml.Node) (value, ok bool) {
	truth := oldTruth(n.Value)
	return truth == "true", n.Style == 0 && truth != ""
}
