package sops

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// text writes a decrypted file in the form that it came in.
func (f *file) text() ([]byte, error) {
	switch f.form {
	case formYAML:
		var out bytes.Buffer
		enc := yaml.NewEncoder(&out)
		enc.SetIndent(2)
		for _, d := range f.docs {
			if err := enc.Encode(d); err != nil {
				return nil, errors.New("its plain text cannot be written")
			}
		}
		return out.Bytes(), enc.Close()
	case formJSON:
		var v any
		if len(f.docs) != 1 || f.docs[0].Decode(&v) != nil {
			return nil, errors.New("its plain text cannot be written")
		}
		return json.MarshalIndent(v, "", "\t")
	case formDotenv:
		return f.dotenv(), nil
	case formBinary:
		if len(f.docs) == 1 {
			for i := 0; i+1 < len(f.docs[0].Content); i += 2 {
				if f.docs[0].Content[i].Value == "data" {
					return []byte(f.docs[0].Content[i+1].Value), nil
				}
			}
		}
	}
	return nil, errors.New("it has neither the form that its name says nor data")
}

// readDotenv reads NAME=value lines as a mapping, whose names that begin with sops_ are its metadata.
func readDotenv(text []byte) ([]*yaml.Node, error) {
	doc := &yaml.Node{Kind: yaml.MappingNode}
	meta := map[string]any{}
	for i, line := range strings.Split(string(text), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if !ok {
			return nil, fmt.Errorf("line %d has no =", i+1)
		}
		value = strings.ReplaceAll(value, `\n`, "\n")
		if key, ok := strings.CutPrefix(name, "sops_"); ok {
			place(meta, strings.Split(strings.ReplaceAll(key, "__list_", "__#"), "__"), value)
			continue
		}
		doc.Content = append(doc.Content, scalar(name, i), scalar(value, i))
	}
	if len(meta) > 0 {
		sops := &yaml.Node{}
		if err := sops.Encode(lists(meta)); err != nil {
			return nil, errors.New("its metadata of SOPS cannot be read")
		}
		doc.Content = append(doc.Content, scalar("sops", 0), sops)
	}
	return []*yaml.Node{doc}, nil
}

func scalar(value string, line int) *yaml.Node {
	n := &yaml.Node{Line: line + 1}
	n.SetString(value)
	return n
}

// place writes a value of flattened metadata, such as age__list_0__map_enc, where it belongs.
func place(m map[string]any, path []string, value string) {
	name := strings.TrimPrefix(path[0], "map_")
	if len(path) > 1 {
		below, ok := m[name].(map[string]any)
		if !ok {
			below = map[string]any{}
			m[name] = below
		}
		place(below, path[1:], value)
		return
	}
	switch n, err := strconv.Atoi(value); {
	case value == "true" || value == "false":
		m[name] = value == "true"
	case err == nil && name == "shamir_threshold":
		m[name] = n
	default:
		m[name] = value
	}
}

// lists turns mappings of #0, #1, … into lists.
func lists(v any) any {
	m, ok := v.(map[string]any)
	if !ok {
		return v
	}
	if _, isList := m["#0"]; isList {
		var out []any
		for i := range len(m) {
			out = append(out, lists(m["#"+strconv.Itoa(i)]))
		}
		return out
	}
	for k := range m {
		m[k] = lists(m[k])
	}
	return m
}

// dotenv writes the mapping back as lines.
func (f *file) dotenv() []byte {
	var out bytes.Buffer
	for i := 0; i+1 < len(f.docs[0].Content); i += 2 {
		fmt.Fprintf(&out, "%s=%s\n", f.docs[0].Content[i].Value, strings.ReplaceAll(f.docs[0].Content[i+1].Value, "\n", `\n`))
	}
	return out.Bytes()
}
