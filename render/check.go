package render

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	yamlv3 "go.yaml.in/yaml/v3"
	"golang.org/x/text/language"
	textmessage "golang.org/x/text/message"
	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// readValues reads a values text and tells what is wrong with it: YAML errors, traps and violations of the schema, each
// at its line.
func readValues(text string, schema []byte) (map[string]any, []app.Problem) {
	var doc yamlv3.Node
	if err := yamlv3.Unmarshal([]byte(text), &doc); err != nil {
		return nil, []app.Problem{syntaxProblem(text, err)}
	}
	values := map[string]any{}
	if len(doc.Content) == 0 {
		return values, nil
	}
	if err := bounded(&doc); err != nil {
		return nil, []app.Problem{{Line: 1, Column: 1, Message: err.Error()}}
	}
	if doc.Content[0].Kind != yamlv3.MappingNode {
		return nil, []app.Problem{{Line: doc.Content[0].Line, Column: doc.Content[0].Column, Message: "values must be a mapping of names to values"}}
	}
	problems := traps(doc.Content[0])
	if err := yaml.Unmarshal([]byte(text), &values); err != nil {
		return nil, append(problems, syntaxProblem(text, err))
	}
	return values, append(problems, schemaProblems(doc.Content[0], values, schema)...)
}

// syntaxProblem says what is no YAML in a text. The library tells the line; the column is where that line's text begins.
func syntaxProblem(text string, err error) app.Problem {
	line, message := app.YAMLFault(err)
	p := app.Problem{Line: max(line, 1), Column: 1, Message: message}
	if lines := strings.Split(text, "\n"); p.Line <= len(lines) {
		at := lines[p.Line-1]
		if rest := strings.TrimLeft(at, " \t"); strings.TrimSpace(rest) != "" {
			p.Column = len(at) - len(rest) + 1
		}
	}
	return p
}

var octal = regexp.MustCompile(`^0[0-7]+$`)

// traps finds what YAML reads otherwise than people do: keys that are booleans, octal numbers, keys that are there twice.
func traps(n *yamlv3.Node) []app.Problem {
	var out []app.Problem
	if n.Kind == yamlv3.MappingNode {
		seen := map[string]int{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			k := n.Content[i]
			if line, twice := seen[k.Value]; twice {
				out = append(out, app.Problem{Line: k.Line, Column: k.Column, Message: fmt.Sprintf("%q is there already, in line %d", k.Value, line)})
			}
			seen[k.Value] = k.Line
			if k.Style == 0 && slices.Contains([]string{"n", "y", "on", "off", "no", "yes"}, strings.ToLower(k.Value)) {
				out = append(out, app.Problem{
					Line: k.Line, Column: k.Column, Warning: true,
					Message: fmt.Sprintf("the key %s means true or false to YAML; quote it", k.Value),
				})
			}
		}
	}
	if n.Kind == yamlv3.ScalarNode && n.Style == 0 && n.Tag == "!!int" && octal.MatchString(n.Value) {
		out = append(out, app.Problem{
			Line: n.Line, Column: n.Column, Warning: true,
			Message: n.Value + " is an octal number to YAML; quote it or drop the leading zero",
		})
	}
	for _, c := range n.Content {
		out = append(out, traps(c)...)
	}
	return out
}

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
	plain, err := yaml.Marshal(values)
	if err != nil {
		return nil
	}
	b, err := yaml.YAMLToJSON(plain)
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
		n := nodeAt(root, e.InstanceLocation)
		where := strings.Join(e.InstanceLocation, ".")
		out = append(out, app.Problem{
			Line: n.Line, Column: n.Column,
			Message: strings.TrimPrefix(where+": ", ": ") + e.ErrorKind.LocalizedString(textmessage.NewPrinter(language.English)),
		})
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

// nodeAt follows a path of keys and indexes as far as it leads.
func nodeAt(n *yamlv3.Node, path []string) *yamlv3.Node {
	for _, p := range path {
		next := (*yamlv3.Node)(nil)
		switch n.Kind {
		case yamlv3.MappingNode:
			_, next = field(n, p)
		case yamlv3.SequenceNode:
			if i, err := strconv.Atoi(p); err == nil && i < len(n.Content) {
				next = n.Content[i]
			}
		case yamlv3.DocumentNode, yamlv3.ScalarNode, yamlv3.AliasNode:
			// A path ends here, however much of it is left.
		}
		if next == nil {
			return n
		}
		n = next
	}
	return n
}

func field(m *yamlv3.Node, name string) (key, value *yamlv3.Node) {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == name {
			return m.Content[i], m.Content[i+1]
		}
	}
	return nil, nil
}
