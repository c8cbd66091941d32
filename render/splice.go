package render

import (
	"errors"
	"fmt"
	"reflect"

	yamlv3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// errSplice says why a YAML text cannot hold other values without being written anew.
var errSplice = errors.New("the text cannot be changed in its places")

// splice returns a YAML text that reads as want, in which every byte stays that need not change: comments, order, blank
// lines, quoting, line ends, other documents. It is read back as Helm reads it: a text that would mean anything else is not
// returned, but errSplice.
func splice(text string, want map[string]any) (string, error) {
	have, err := readMapping(text)
	if err != nil {
		return "", fmt.Errorf("read values: %w", err)
	}
	if want, err = asRead(want); err != nil {
		return "", err
	}
	if reflect.DeepEqual(have, want) {
		return text, nil
	}
	var doc yamlv3.Node
	if err := yamlv3.Unmarshal([]byte(text), &doc); err != nil {
		return "", fmt.Errorf("read values: %w", err)
	}
	s := newSplicer(text, &doc)
	if err := s.document(&doc, have, want); err != nil {
		return "", err
	}
	out, err := s.apply()
	if err != nil {
		return "", err
	}
	if got, err := readMapping(out); err != nil || !reflect.DeepEqual(got, want) {
		return "", refuse("it would read as something else%s", shared(&doc))
	}
	return out, nil
}

// refuse says why a text is not spliced.
func refuse(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{errSplice}, args...)...)
}

// shared names the first place where a text repeats another one: what is written there is changed together with it.
func shared(n *yamlv3.Node) string {
	if n.Kind == yamlv3.AliasNode {
		return fmt.Sprintf(", for line %d repeats &%s", n.Line, n.Value)
	}
	for _, c := range n.Content {
		if said := shared(c); said != "" {
			return said
		}
	}
	return ""
}

// readMapping reads a text as Helm does.
func readMapping(text string) (map[string]any, error) {
	out := map[string]any{}
	if err := yaml.Unmarshal([]byte(text), &out); err != nil {
		return nil, err
	}
	if out == nil {
		out = map[string]any{}
	}
	return out, nil
}

// printed writes values without a text to keep.
func printed(m map[string]any) (string, error) {
	b, err := yaml.Marshal(m)
	if err != nil {
		return "", fmt.Errorf("write values: %w", err)
	}
	return string(b), nil
}

// document edits the text's first document; Helm reads no other.
func (s *splicer) document(doc *yamlv3.Node, have, want map[string]any) error {
	if len(doc.Content) == 0 || doc.Content[0].ShortTag() == "!!null" {
		end := s.documentEnd(0)
		if len(doc.Content) > 0 && doc.Content[0].Value != "" {
			return refuse("it is %s", doc.Content[0].Value)
		}
		return s.insert(end, 0, want)
	}
	root := doc.Content[0]
	if root.Kind != yamlv3.MappingNode {
		return refuse("it is no mapping")
	}
	if root.Style&yamlv3.FlowStyle != 0 {
		return s.flow(root, have, want)
	}
	return s.mapping(root, have, want, s.documentEnd(root.Line))
}

// keysOf returns the keys of a mapping by their names, without those that a merge key brings.
func keysOf(n *yamlv3.Node) ([]string, error) {
	names := make([]string, 0, len(n.Content)/2)
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		if k.Kind != yamlv3.ScalarNode {
			return nil, refuse("the key in line %d is no text", k.Line)
		}
		name := ""
		if k.ShortTag() != "!!merge" {
			if name = app.KeyAsRead(k); seen[name] {
				return nil, refuse("%q is there twice, in line %d again", name, k.Line)
			}
			seen[name] = true
		}
		names = append(names, name)
	}
	return names, nil
}

// added are the wanted values whose keys are not written in a mapping, though a merge key may bring some. What a merge key
// brings and nobody wants cannot be taken away.
func added(names []string, have, want map[string]any) (map[string]any, error) {
	written := map[string]bool{}
	for _, name := range names {
		written[name] = true
	}
	out := map[string]any{}
	for name, v := range want {
		if old, had := have[name]; !written[name] && (!had || !reflect.DeepEqual(old, v)) {
			out[name] = v
		}
	}
	for name := range have {
		if _, wanted := want[name]; !wanted && !written[name] {
			return nil, refuse("%q comes in through a merge key", name)
		}
	}
	return out, nil
}
