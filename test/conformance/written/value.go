package written

import "go/ast"

// value is what an expression comes to: a string, a *harness, a list, fields, a function, or nil where it is not known.
type value any

// list holds the elements of a slice, or of a map in its order.
type list []value

// fields are those of a struct, or the entries of a map with texts for keys.
type fields map[string]value

// entry is an element of a map.
type entry struct{ key, value value }

// function is a function with the variables around it.
type function struct {
	kind *ast.FuncType
	body *ast.BlockStmt
	in   *scope
}

// scope holds variables.
type scope struct {
	up   *scope
	vars map[string]value
}

func (s *scope) find(name string) value {
	for ; s != nil; s = s.up {
		if v, ok := s.vars[name]; ok {
			return v
		}
	}
	return nil
}

// set changes a variable where it is declared.
func (s *scope) set(name string, v value) {
	for at := s; at != nil; at = at.up {
		if _, ok := at.vars[name]; ok {
			at.vars[name] = v
			return
		}
	}
	s.vars[name] = v
}

func (s *scope) inner() *scope { return &scope{up: s, vars: map[string]value{}} }
