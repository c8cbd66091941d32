package render

import (
	"errors"
	"io"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// readValues reads a values text as Helm does and tells what is wrong with it: YAML errors and traps, each at its place. The
// node is that of the mapping, nil when there is none.
func readValues(text string) (map[string]any, *yamlv3.Node, []app.Problem) {
	var doc yamlv3.Node
	if err := yamlv3.Unmarshal([]byte(text), &doc); err != nil {
		return nil, nil, []app.Problem{syntaxProblem(text, err)}
	}
	if len(doc.Content) == 0 {
		return map[string]any{}, nil, nil
	}
	if err := bounded(&doc); err != nil {
		return nil, nil, []app.Problem{{Line: 1, Column: 1, Message: err.Error()}}
	}
	root := doc.Content[0]
	if root.Kind != yamlv3.MappingNode && root.ShortTag() != "!!null" {
		return nil, nil, []app.Problem{{Line: root.Line, Column: root.Column, Message: "values must be a mapping of names to values"}}
	}
	problems := app.Traps(root)
	values, err := readMapping(text)
	if err != nil && !unusable(problems) {
		problems = append(problems, syntaxProblem(text, err))
	}
	return values, root, problems
}

// readFile tells what is wrong with a file of manifests or a kustomization, in each of its documents.
func readFile(text string) []app.Problem {
	var problems []app.Problem
	for d := yamlv3.NewDecoder(strings.NewReader(text)); ; {
		var doc yamlv3.Node
		err := d.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return problems
		}
		if err != nil {
			return append(problems, syntaxProblem(text, err))
		}
		if err := bounded(&doc); err != nil {
			return append(problems, app.Problem{Line: doc.Line, Column: doc.Column, Message: err.Error()})
		}
		problems = append(problems, app.Traps(&doc)...)
	}
}

// unusable reports whether a problem keeps a text from being used.
func unusable(problems []app.Problem) bool {
	for _, p := range problems {
		if !p.Warning {
			return true
		}
	}
	return false
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

// field finds a key of a mapping by its text.
func field(m *yamlv3.Node, name string) (key, value *yamlv3.Node) {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == name {
			return m.Content[i], m.Content[i+1]
		}
	}
	return nil, nil
}
