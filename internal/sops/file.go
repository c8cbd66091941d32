package sops

import (
	"bytes"
	"crypto/sha512"
	"crypto/subtle"
	"errors"
	"fmt"
	"hash"
	"io"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// file is an encrypted file, taken apart. JSON is read as the YAML that it is, and a dotenv file is one mapping.
type file struct {
	form form
	docs []*yaml.Node
	meta metadata
	mac  hash.Hash
	// plain collects what was encrypted.
	plain []string
}

// read takes an encrypted file apart; nil when it is not encrypted.
func read(name string, text []byte) (*file, error) {
	f := &file{form: formOf(name)}
	var err error
	if f.form == formDotenv {
		f.docs, err = readDotenv(text)
	} else {
		f.docs, err = readDocuments(text)
	}
	if err != nil {
		if f.form == formYAML || f.form == formJSON {
			// Whoever reads the file will say what is wrong with it.
			return nil, nil
		}
		return nil, err
	}
	found := false
	for _, d := range f.docs {
		if d.Kind != yaml.MappingNode {
			continue
		}
		for i := 0; i+1 < len(d.Content); i += 2 {
			if d.Content[i].Value != "sops" || d.Content[i+1].Kind != yaml.MappingNode {
				continue
			}
			if err := d.Content[i+1].Decode(&f.meta); err != nil {
				return nil, errors.New("its metadata of SOPS cannot be read")
			}
			d.Content = append(d.Content[:i:i], d.Content[i+2:]...)
			found = found || f.meta.MAC != ""
			break
		}
	}
	if !found {
		return nil, nil
	}
	return f, nil
}

func readDocuments(text []byte) ([]*yaml.Node, error) {
	var out []*yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var doc yaml.Node
		err := d.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		if len(doc.Content) == 1 {
			out = append(out, doc.Content[0])
		}
	}
}

// macOnlyEncrypted begins the MAC of files in which it is over encrypted values alone: the SHA-256 of "sops".
const macOnlyEncrypted = "\x8a\x3f\xd2\xad\x54\xce\x66\x52\x7b\x10\x34\xf3\xd1\x47\xbe\x0b\x0b\x97\x5b\x3b\xf4\x4f\x72\xc6\xfd\xad\xec\x81\x76\xf2\x7d\x69"

// open decrypts all values in their places, checks the MAC, and returns what was encrypted.
func (f *file) open(key []byte) ([]string, error) {
	f.mac = sha512.New()
	if f.meta.MACOnlyEncrypted {
		f.mac.Write([]byte(macOnlyEncrypted))
	}
	for _, d := range f.docs {
		if err := f.walk(d, nil, key); err != nil {
			return nil, err
		}
	}
	modified, err := time.Parse(time.RFC3339, f.meta.LastModified)
	if err != nil {
		return nil, errors.New("its date of modification cannot be read")
	}
	want, _, err := openValue(f.meta.MAC, key, modified.Format(time.RFC3339))
	if err != nil {
		return nil, fmt.Errorf("its MAC: %w", err)
	}
	if got := fmt.Sprintf("%X", f.mac.Sum(nil)); subtle.ConstantTimeCompare([]byte(got), []byte(want)) != 1 {
		return nil, hint.With(errors.New("its MAC does not fit: values were added, changed or taken away since it was encrypted"),
			"edit encrypted files with `sops FILE` only")
	}
	return f.plain, nil
}

// walk decrypts the values below a node. Elements of a list have the path of the list.
func (f *file) walk(n *yaml.Node, path []string, key []byte) error {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if err := f.walk(n.Content[i+1], append(path, n.Content[i].Value), key); err != nil {
				return err
			}
		}
	case yaml.SequenceNode:
		for _, c := range n.Content {
			if err := f.walk(c, path, key); err != nil {
				return err
			}
		}
	case yaml.ScalarNode:
		if err := f.scalar(n, path, key); err != nil {
			return fmt.Errorf("%s (line %d): %w", strings.Join(path, "."), n.Line, err)
		}
	case yaml.AliasNode:
		return fmt.Errorf("line %d: encrypted files have no aliases", n.Line)
	case yaml.DocumentNode:
	}
	return nil
}

func (f *file) scalar(n *yaml.Node, path []string, key []byte) error {
	if n.Tag == "!!null" {
		return nil
	}
	encrypted, known, err := f.meta.encrypts(path)
	if err != nil {
		return err
	}
	if !known {
		encrypted = encryptedValue.MatchString(n.Value)
	}
	if !encrypted {
		if !f.meta.MACOnlyEncrypted {
			text, err := macText(n)
			if err != nil {
				return err
			}
			f.mac.Write([]byte(text))
		}
		return nil
	}
	plain, kind, err := openValue(n.Value, key, strings.Join(path, ":")+":")
	if err != nil {
		return err
	}
	f.mac.Write([]byte(plain))
	if plain != "" && kind != "bool" {
		f.plain = append(f.plain, plain)
	}
	return setScalar(n, plain, kind)
}

// setScalar writes a decrypted value with the type that it had.
func setScalar(n *yaml.Node, plain, kind string) error {
	n.Style = 0
	switch kind {
	case "str", "bytes":
		n.SetString(plain)
	case "int":
		n.Tag, n.Value = "!!int", plain
	case "float":
		n.Tag, n.Value = "!!float", plain
	case "bool":
		n.Tag, n.Value = "!!bool", strings.ToLower(plain)
	case "time":
		n.Tag, n.Value = "!!timestamp", plain
	default:
		return fmt.Errorf("it has the unknown type %q", kind)
	}
	return nil
}

// macText writes a value that is not encrypted as the MAC has it.
func macText(n *yaml.Node) (string, error) {
	switch n.Tag {
	case "!!int":
		var i int
		if err := n.Decode(&i); err != nil {
			return "", errors.New("the number cannot be read")
		}
		return strconv.Itoa(i), nil
	case "!!float":
		var x float64
		if err := n.Decode(&x); err != nil {
			return "", errors.New("the number cannot be read")
		}
		return strconv.FormatFloat(x, 'f', -1, 64), nil
	case "!!bool":
		var b bool
		if err := n.Decode(&b); err != nil {
			return "", errors.New("the boolean cannot be read")
		}
		if b {
			return "True", nil
		}
		return "False", nil
	case "!!timestamp":
		var t time.Time
		if err := n.Decode(&t); err != nil {
			return "", errors.New("the time cannot be read")
		}
		b, err := t.MarshalText()
		return string(b), err
	}
	return n.Value, nil
}
