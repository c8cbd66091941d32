package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxDocument is the size in bytes up to which a file is read as an application.
const maxDocument = 4 << 20

// ErrNoApplication says that a file holds no Application document.
var ErrNoApplication = errors.New("no Application in it")

// DocumentError lists what is wrong in a document, each with its file, line and column. It repeats no value of the
// document, since that may be a secret.
type DocumentError struct {
	Problems []Problem
}

// Error writes one line per problem, as FILE:LINE:COLUMN: MESSAGE.
func (e *DocumentError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.Place() + ": " + p.Message
	}
	return strings.Join(lines, "\n")
}

// String writes the problem with its place in the text: "line 3, column 5: …".
func (p Problem) String() string {
	var at []string
	if p.File != "" {
		at = append(at, p.File)
	}
	if p.Line > 0 {
		at = append(at, "line "+strconv.Itoa(p.Line))
	}
	if p.Line > 0 && p.Column > 0 {
		at = append(at, "column "+strconv.Itoa(p.Column))
	}
	if len(at) == 0 {
		return p.Message
	}
	return strings.Join(at, ", ") + ": " + p.Message
}

// Place writes where the problem is: FILE:LINE:COLUMN, as far as it is known.
func (p Problem) Place() string {
	s := p.File
	if p.Line > 0 {
		s += ":" + strconv.Itoa(p.Line)
	}
	if p.Column > 0 {
		s += ":" + strconv.Itoa(p.Column)
	}
	return s
}

// Decode reads the one Application among the documents of a YAML or JSON file and applies the defaults. The name is
// the file's, for messages. Documents of other kinds are left out; a file with no Application is ErrNoApplication, and
// one with two, or with a field of a wrong type, is a *DocumentError. YAML is read as kubectl reads it, where
// yes, no, on and off are booleans.
func Decode(data []byte, name string) (Application, error) {
	node, err := findDocument(data, name)
	if err != nil {
		return Application{}, err
	}
	r := reader{file: name, budget: maxNodes}
	v := r.document(node.Content[0])
	if len(r.problems) > 0 {
		return Application{}, &DocumentError{Problems: r.problems}
	}
	return fromValue(v, node, name)
}

func fromValue(v any, node *yaml.Node, name string) (Application, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return Application{}, fmt.Errorf("decode %s: %w", name, err)
	}
	var a Application
	if err := a.UnmarshalJSON(b); err != nil {
		return Application{}, fmt.Errorf("decode %s: %w", name, err)
	}
	if a.APIVersion != APIVersion {
		return Application{}, problem(name, node.Content[0], "apiVersion: only "+APIVersion+" is supported")
	}
	if a.Metadata.Name == "" {
		return Application{}, problem(name, node.Content[0], "metadata.name: the application needs a name")
	}
	a.Default()
	return a, nil
}

// findDocument parses a file and returns the document node of its one Application.
func findDocument(data []byte, name string) (*yaml.Node, error) {
	if len(data) > maxDocument {
		return nil, fmt.Errorf("decode %s: larger than %d MiB", name, maxDocument>>20)
	}
	var found *yaml.Node
	for d := yaml.NewDecoder(bytes.NewReader(data)); ; {
		var node yaml.Node
		err := d.Decode(&node)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, syntaxError(err, name)
		}
		if !isApplication(&node) {
			continue
		}
		if found != nil {
			return nil, problem(name, node.Content[0], "a second Application in the same file: give each its own file")
		}
		found = &node
	}
	if found == nil {
		return nil, fmt.Errorf("%s: %w", name, ErrNoApplication)
	}
	return found, nil
}

// isApplication reports whether a document says of itself that it is an Application of Argo CD's group.
func isApplication(doc *yaml.Node) bool {
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return false
	}
	var version, kind string
	budget := maxHeads
	for _, p := range pairs(doc.Content[0], &budget) {
		switch p.key.Value {
		case "apiVersion":
			version = follow(p.value).Value
		case "kind":
			kind = follow(p.value).Value
		}
	}
	group, _, _ := strings.Cut(version, "/")
	return kind == KindApplication && group == Group
}

func problem(file string, n *yaml.Node, message string) error {
	return &DocumentError{Problems: []Problem{{File: file, Line: n.Line, Column: n.Column, Message: message}}}
}

// syntaxError turns the YAML parser's message into a DocumentError.
func syntaxError(err error, name string) error {
	line, message := YAMLFault(err)
	return &DocumentError{Problems: []Problem{{File: name, Line: line, Message: message}}}
}

var (
	yamlLine = regexp.MustCompile(`line (\d+): (.*)`)
	// yamlBlock are the messages of the parser's second stage, which counts lines from zero (go.yaml.in/yaml/v3, parserc.go).
	yamlBlock = regexp.MustCompile(`^did not find expected (key|'-' indicator|',' or)`)
)

// YAMLFault takes the line, counted from 1, and the bare message out of an error of the YAML library. The line is 0 when
// the error names none. Where a block is wrong, the line may be the one at which the block begins.
func YAMLFault(err error) (line int, message string) {
	m := yamlLine.FindStringSubmatch(err.Error())
	if m == nil {
		return 0, strings.TrimPrefix(err.Error(), "yaml: ")
	}
	line, _ = strconv.Atoi(m[1])
	if yamlBlock.MatchString(m[2]) {
		line++
	}
	return line, m[2]
}
