// Package written reads, from the source of Go tests, the files that they write before they build a kustomization. It
// follows the tests of Kustomize as far as they are plain: texts, constants, tables, helper functions. A test that
// computes what it writes gives no fixture.
package written

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Fixture is what one test builds: files by their path from the root, and the folder that is built.
type Fixture struct {
	Name  string
	Files map[string]string
	Dir   string
}

// Read reads the fixtures of all tests in a folder.
func Read(dir string) ([]Fixture, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		return nil, fmt.Errorf("list tests: %w", err)
	}
	r := &reader{globals: scope{vars: map[string]value{}}}
	var tests []*ast.FuncDecl
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("read tests: %w", err)
		}
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil {
					r.globals.vars[d.Name.Name] = function{d.Type, d.Body, &r.globals}
				}
				if d.Recv == nil && strings.HasPrefix(d.Name.Name, "Test") {
					tests = append(tests, d)
				}
			case *ast.GenDecl:
				// Declarations of a package may come in any order; those that tests use here are texts.
				r.declare(&r.globals, d)
			}
		}
	}
	for _, test := range tests {
		r.test, r.builds = test.Name.Name, 0
		r.block(&scope{up: &r.globals, vars: map[string]value{}}, test.Body)
	}
	return r.fixtures, nil
}

// reader follows tests and collects what they build.
type reader struct {
	globals  scope
	test     string
	builds   int
	fixtures []Fixture
	// depth is how many functions call each other.
	depth int
}

// harness is a file system that a test writes to.
type harness struct {
	files map[string]string
	// computed says that something was written that this package cannot tell.
	computed bool
}

func (h *harness) write(name, text value) {
	n, isName := name.(string)
	s, isText := text.(string)
	if !isName || !isText {
		h.computed = true
		return
	}
	h.files[inside(n)] = s
}

// inside is a path from the root of a file system whose current folder is its root.
func inside(name string) string { return strings.TrimPrefix(path.Join("/", name), "/") }

// build notes what a test builds, once for the same files.
func (r *reader) build(h *harness, dir value) {
	d, ok := dir.(string)
	if !ok || h.computed || len(h.files) == 0 {
		return
	}
	r.builds++
	f := Fixture{Name: r.test, Files: maps.Clone(h.files), Dir: path.Join(".", inside(d))}
	if r.builds > 1 {
		f.Name = fmt.Sprintf("%s-%d", r.test, r.builds)
	}
	same := func(o Fixture) bool { return o.Dir == f.Dir && maps.Equal(o.Files, f.Files) }
	if !slices.ContainsFunc(r.fixtures, same) {
		r.fixtures = append(r.fixtures, f)
	}
}
