package conformance

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	k8syaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// outcome is what rendering a fixture came to.
type outcome struct {
	objects []any
	err     error
}

// rendered is the outcome of wheelhouse's own rendering.
func rendered(objects []*unstructured.Unstructured, err error) outcome {
	o := outcome{err: err}
	for _, u := range objects {
		o.objects = append(o.objects, u.Object)
	}
	return o
}

// printed is the outcome of a tool that prints YAML documents.
func printed(text []byte, err error) outcome {
	if err != nil {
		return outcome{err: err}
	}
	docs := k8syaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	var o outcome
	for {
		doc, err := docs.Read()
		if errors.Is(err, io.EOF) {
			return o
		}
		if err != nil {
			return outcome{err: fmt.Errorf("read what the tool printed: %w", err)}
		}
		value, err := parsed(doc)
		if err != nil {
			return outcome{err: fmt.Errorf("read what the tool printed: %w", err)}
		}
		o.objects = append(o.objects, flat(value)...)
	}
}

// parsed reads one YAML or JSON document into the types that objects of a cluster have.
func parsed(doc []byte) (any, error) {
	b, err := yaml.YAMLToJSON(doc)
	if err != nil {
		return nil, err
	}
	return value(b)
}

// value reads JSON into the types that objects of a cluster have: whole numbers stay whole.
func value(text []byte) (any, error) {
	var in struct{ V any }
	err := utiljson.Unmarshal(append(append([]byte(`{"V":`), text...), '}'), &in)
	return in.V, err
}

// flat returns the objects of a document: those of a List one by one, none of what is no object.
func flat(v any) []any {
	m, _ := v.(map[string]any)
	version, _ := m["apiVersion"].(string)
	kind, _ := m["kind"].(string)
	if version == "" || kind == "" {
		return nil
	}
	items, isList := m["items"].([]any)
	if !isList {
		return []any{m}
	}
	var out []any
	for _, item := range items {
		out = append(out, flat(item)...)
	}
	return out
}

// difference says how two outcomes differ; it is empty when they do not. What both refuse is the same.
func difference(theirs, ours outcome) string {
	switch {
	case theirs.err != nil && ours.err != nil:
		return ""
	case theirs.err != nil:
		return fmt.Sprintf("the tool refuses, wheelhouse renders %d objects: %v", len(ours.objects), theirs.err)
	case ours.err != nil:
		return fmt.Sprintf("the tool renders %d objects, wheelhouse refuses: %v", len(theirs.objects), ours.err)
	}
	if a, b := names(theirs.objects), names(ours.objects); a != b {
		return "other objects or another order (- the tool's, + wheelhouse's):\n" + cmp.Diff(strings.Split(a, "\n"), strings.Split(b, "\n"))
	}
	if diff := cmp.Diff(theirs.objects, ours.objects); diff != "" {
		return "other objects (- the tool's, + wheelhouse's):\n" + diff
	}
	return ""
}

// names lists objects, one a line.
func names(objects []any) string {
	var lines []string
	for _, o := range objects {
		m, _ := o.(map[string]any)
		u := unstructured.Unstructured{Object: m}
		lines = append(lines, fmt.Sprintf("%s/%s/%s/%s", u.GetAPIVersion(), u.GetKind(), u.GetNamespace(), u.GetName()))
	}
	return strings.Join(lines, "\n")
}
