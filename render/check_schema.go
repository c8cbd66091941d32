package render

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	yamlv3 "go.yaml.in/yaml/v3"
	"golang.org/x/text/language"
	textmessage "golang.org/x/text/message"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// schemaProblems checks values against a chart's schema. A schema that cannot be read is a warning: Helm will tell.
func schemaProblems(root *yamlv3.Node, values map[string]any, schema []byte) []app.Problem {
	if len(schema) == 0 {
		return nil
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return []app.Problem{{File: "values.schema.json", Warning: true, Message: err.Error()}}
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(jsonschema.SchemeURLLoader{})
	if err := c.AddResource("values.schema.json", doc); err != nil {
		return []app.Problem{{File: "values.schema.json", Warning: true, Message: err.Error()}}
	}
	compiled, err := c.Compile("values.schema.json")
	if err != nil {
		return []app.Problem{{File: "values.schema.json", Warning: true, Message: err.Error()}}
	}
	b, err := json.Marshal(values)
	if err != nil {
		return nil
	}
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		return nil
	}
	invalid, ok := errors.AsType[*jsonschema.ValidationError](compiled.Validate(instance))
	if !ok {
		return nil
	}
	var out []app.Problem
	for _, e := range causes(invalid) {
		where := strings.Join(e.InstanceLocation, ".")
		path, named := e.InstanceLocation, false
		if extra, ok := e.ErrorKind.(*kind.AdditionalProperties); ok && len(extra.Properties) > 0 {
			path, named = append(slices.Clone(path), extra.Properties[0]), true
		}
		n := placeOf(root, path, named)
		p := app.Problem{Message: strings.TrimPrefix(where+": ", ": ") + e.ErrorKind.LocalizedString(textmessage.NewPrinter(language.English))}
		if n != nil {
			p.Line, p.Column = n.Line, n.Column
		}
		out = append(out, p)
	}
	return out
}

// causes returns the innermost errors, which say what is wrong.
func causes(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(e.Causes) == 0 {
		return []*jsonschema.ValidationError{e}
	}
	var out []*jsonschema.ValidationError
	for _, c := range e.Causes {
		out = append(out, causes(c)...)
	}
	return out
}

// placeOf is the node at which a text says what is at a path: a single value itself, or its key when it is named so, and the
// key of what holds several. Where the path leads out of the text, it is the last that the text has.
func placeOf(n *yamlv3.Node, path []string, named bool) *yamlv3.Node {
	if n == nil {
		return nil
	}
	place := n
	for _, p := range path {
		key, next := child(n, p)
		if next == nil {
			break
		}
		n, place = next, next
		if key != nil && (named || next.Kind != yamlv3.ScalarNode) {
			place = key
		}
	}
	return place
}

// child is an entry of a mapping or a list, with its key. A mapping has those as well that its merge keys bring.
func child(n *yamlv3.Node, name string) (key, value *yamlv3.Node) {
	if n.Kind == yamlv3.AliasNode {
		n = n.Alias
	}
	switch n.Kind {
	case yamlv3.MappingNode:
		var merged []*yamlv3.Node
		for i := 0; i+1 < len(n.Content); i += 2 {
			k, v := n.Content[i], n.Content[i+1]
			if k.ShortTag() == "!!merge" {
				merged = append(merged, v)
			} else if app.KeyAsRead(k) == name {
				key, value = k, v
			}
		}
		for _, m := range merged {
			if value == nil {
				key, value = child(m, name)
			}
		}
	case yamlv3.SequenceNode:
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(n.Content) {
			return nil, n.Content[i]
		}
	case yamlv3.DocumentNode, yamlv3.ScalarNode, yamlv3.AliasNode:
		// A path ends here, however much of it is left.
	}
	return key, value
}
