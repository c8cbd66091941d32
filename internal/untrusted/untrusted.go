// Package untrusted reads small YAML files of a repository where a file could do harm: in the process that holds credentials
// and serves everybody, and not in a worker that is ended at its limit.
//
// [Read] looks at the size of a file before it reads it, and [Decode] at the number of its nodes with aliases written out before
// anything is made of them. A [Budget] holds for several files together.
package untrusted

import (
	"errors"
	"fmt"
	"io/fs"

	yamlv3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// What one file may hold.
const (
	// SizeLimit bounds the text, in bytes.
	SizeLimit = 1 << 20
	// nodeLimit bounds the values, with aliases written out.
	nodeLimit = 100_000
	// depthLimit bounds how deep they are nested.
	depthLimit = 100
)

// ErrLimit is in the chain of every error that says that a file is refused for its size or form, and of no other one.
var ErrLimit = errors.New("the file is refused")

var tooLarge = fmt.Sprintf("it is larger than %d MiB", SizeLimit>>20)

const remedy = "part the file, or take out what it does not need"

// Budget is how many bytes may still be read. It is not safe for concurrent use.
type Budget struct{ left int64 }

// NewBudget returns a budget of so many bytes.
func NewBudget(bytes int64) *Budget { return &Budget{bytes} }

// Read decodes a YAML file, within the limits of one file and of a budget; nil has no limit beside those.
func Read(files fs.FS, name string, budget *Budget, into any) error {
	info, err := fs.Stat(files, name)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return &fs.PathError{Op: "read", Path: name, Err: errors.New("it is no file")}
	}
	if info.Size() > SizeLimit {
		return refused(name, tooLarge)
	}
	if budget != nil {
		if budget.left -= info.Size(); budget.left < 0 {
			return refused(name, "the files of its kind that this source leads to are too large together")
		}
	}
	b, err := fs.ReadFile(files, name)
	if err != nil {
		return err
	}
	return Decode(name, b, into)
}

// Decode decodes the text of a YAML file, within the limits of one file.
func Decode(name string, b []byte, into any) error {
	if len(b) > SizeLimit {
		return refused(name, tooLarge)
	}
	var node yamlv3.Node
	if err := yamlv3.Unmarshal(b, &node); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	left := nodeLimit
	if why := spend(&node, 0, &left); why != "" {
		return refused(name, why)
	}
	if err := yaml.Unmarshal(b, into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func refused(name, why string) error {
	return hint.With(fmt.Errorf("%s: %w: %s", name, ErrLimit, why), remedy)
}

// spend counts the nodes of a document, and says what is too much of it.
func spend(n *yamlv3.Node, depth int, left *int) string {
	if depth > depthLimit {
		return fmt.Sprintf("it is nested more than %d deep", depthLimit)
	}
	if *left--; *left < 0 {
		return fmt.Sprintf("it has more than %d values, with its aliases written out", nodeLimit)
	}
	if n.Kind == yamlv3.AliasNode {
		return spend(n.Alias, depth+1, left)
	}
	for _, c := range n.Content {
		if why := spend(c, depth+1, left); why != "" {
			return why
		}
	}
	return ""
}
