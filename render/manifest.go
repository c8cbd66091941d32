package render

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	yamlv3 "go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

const (
	// nodeLimit bounds the nodes of one YAML document after its aliases are expanded: a bomb of aliases grows
	// exponentially.
	nodeLimit = 1 << 20
	// expandedLimit bounds the text of one YAML document after its aliases are expanded.
	expandedLimit = 64 << 20
	// depthLimit bounds nesting.
	depthLimit = 200
)

var (
	errAliases = errors.New("the YAML document grows too large when its aliases are expanded")
	errDepth   = errors.New("the YAML document is nested too deeply")
	errSeveral = errors.New("the YAML document holds another one")
	errNoKind  = errors.New("the document is no Kubernetes object: it needs apiVersion, kind and metadata")
)

// parse reads the objects of a YAML or JSON text. Documents that are no Kubernetes objects are left out, Lists are
// taken apart. Errors name file and line.
func parse(file string, text []byte) ([]*unstructured.Unstructured, error) {
	return parseDocuments(file, text, nil)
}

// parseDocuments reads objects as parse does, and tells stray of the documents that are none and not empty.
func parseDocuments(file string, text []byte, stray func(doc *yamlv3.Node) error) ([]*unstructured.Unstructured, error) {
	text, err := utf8Text(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var out []*unstructured.Unstructured
	for _, doc := range documents(text) {
		node, err := doc.node()
		if err != nil {
			line, message := app.YAMLFault(err)
			return nil, fmt.Errorf("%s:%d: %s", file, doc.before+max(line, 1), message)
		}
		if node == nil {
			continue
		}
		objects, err := doc.objects(node, stray)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, node.Line, err)
		}
		out = append(out, objects...)
	}
	return out, nil
}

// node reads the document, with its line in the whole text; nil when there is none, only comments.
func (d document) node() (*yamlv3.Node, error) {
	var node, more yamlv3.Node
	dec := yamlv3.NewDecoder(bytes.NewReader(d.text))
	switch err := dec.Decode(&node); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, err
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, errors.Join(err, errSeveral)
	}
	node.Line += d.before
	return &node, nil
}

// objects returns the objects of a document.
func (d document) objects(node *yamlv3.Node, stray func(doc *yamlv3.Node) error) ([]*unstructured.Unstructured, error) {
	if err := bounded(node); err != nil {
		return nil, err
	}
	u, err := toObject(d.text)
	if err != nil {
		return nil, err
	}
	var out []*unstructured.Unstructured
	if u != nil {
		if out, err = flatten(u); err != nil {
			return nil, err
		}
	}
	if stray != nil && len(out) == 0 && !empty(node) && (u == nil || !u.IsList()) {
		return nil, stray(node)
	}
	return out, nil
}

// bounded refuses a document that is too large or too deep as it would be with its aliases written out.
func bounded(doc *yamlv3.Node) error {
	return (&budget{nodeLimit, expandedLimit}).spend(doc, 0)
}

// budget is what a document may still have.
type budget struct{ nodes, bytes int }

func (b *budget) spend(n *yamlv3.Node, depth int) error {
	if depth > depthLimit {
		return errDepth
	}
	b.nodes--
	b.bytes -= len(n.Value)
	if b.nodes < 0 || b.bytes < 0 {
		return errAliases
	}
	if n.Kind == yamlv3.AliasNode {
		return b.spend(n.Alias, depth+1)
	}
	for _, c := range n.Content {
		if err := b.spend(c, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// toObject makes an object of a document; nil when it is none. It is read as it is written: one that the library has written
// anew may say something else.
func toObject(text []byte) (*unstructured.Unstructured, error) {
	// By way of JSON, for the number types that Kubernetes' objects have.
	b, err := yaml.YAMLToJSON(text)
	if err != nil {
		return nil, err
	}
	var m map[string]any
	if json.Unmarshal(b, &m) != nil || m == nil {
		return nil, nil
	}
	if _, ok := m["apiVersion"].(string); !ok {
		return nil, nil
	}
	if _, ok := m["kind"].(string); !ok {
		return nil, nil
	}
	u := &unstructured.Unstructured{}
	if err := u.UnmarshalJSON(b); err != nil {
		return nil, err
	}
	return u, nil
}

// empty reports whether a document says nothing.
func empty(doc *yamlv3.Node) bool {
	return len(doc.Content) == 0 || doc.Content[0].Tag == "!!null"
}

// flatten takes a List apart.
func flatten(u *unstructured.Unstructured) ([]*unstructured.Unstructured, error) {
	if !u.IsList() {
		if _, ok := u.Object["metadata"].(map[string]any); !ok {
			return nil, nil
		}
		return []*unstructured.Unstructured{u}, nil
	}
	var out []*unstructured.Unstructured
	err := u.EachListItem(func(o runtimeObject) error {
		item, ok := o.(*unstructured.Unstructured)
		if !ok {
			return errors.New("a List holds something that is no object")
		}
		inner, err := flatten(item)
		out = append(out, inner...)
		return err
	})
	return out, err
}

// utf8Text decodes UTF-16 text, which Windows editors write, and drops byte order marks.
func utf8Text(b []byte) ([]byte, error) {
	switch {
	case bytes.HasPrefix(b, []byte{0xff, 0xfe}):
		return fromUTF16(b[2:], func(p []byte) uint16 { return uint16(p[0]) | uint16(p[1])<<8 }), nil
	case bytes.HasPrefix(b, []byte{0xfe, 0xff}):
		return fromUTF16(b[2:], func(p []byte) uint16 { return uint16(p[1]) | uint16(p[0])<<8 }), nil
	}
	b = bytes.TrimPrefix(b, []byte{0xef, 0xbb, 0xbf})
	if !utf8.Valid(b) {
		return nil, errors.New("the text is neither UTF-8 nor UTF-16")
	}
	return b, nil
}

func fromUTF16(b []byte, unit func([]byte) uint16) []byte {
	units := make([]uint16, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		units = append(units, unit(b[i:]))
	}
	return []byte(string(utf16.Decode(units)))
}
