package written

import "go/ast"

// returned is what a block returns; without it the block ran to its end.
type returned struct{ v value }

// block follows statements.
func (r *reader) block(s *scope, b *ast.BlockStmt) *returned {
	if b == nil {
		return nil
	}
	for _, stmt := range b.List {
		if ret := r.statement(s, stmt); ret != nil {
			return ret
		}
	}
	return nil
}

func (r *reader) statement(s *scope, stmt ast.Stmt) *returned {
	switch stmt := stmt.(type) {
	case *ast.ExprStmt:
		r.eval(s, stmt.X)
	case *ast.AssignStmt:
		r.assign(s, stmt)
	case *ast.DeclStmt:
		if d, ok := stmt.Decl.(*ast.GenDecl); ok {
			r.declare(s, d)
		}
	case *ast.BlockStmt:
		return r.block(s.inner(), stmt)
	case *ast.IfStmt:
		// Its condition is of no interest: it asks after errors. What it declares may build something.
		in := s.inner()
		if stmt.Init != nil {
			r.statement(in, stmt.Init)
		}
		r.eval(in, stmt.Cond)
	case *ast.RangeStmt:
		r.loop(s, stmt)
	case *ast.ReturnStmt:
		if len(stmt.Results) == 0 {
			return &returned{}
		}
		return &returned{r.eval(s, stmt.Results[0])}
	}
	return nil
}

func (r *reader) assign(s *scope, a *ast.AssignStmt) {
	for i, left := range a.Lhs {
		var v value
		if i < len(a.Rhs) {
			v = r.eval(s, a.Rhs[i])
		}
		name, ok := left.(*ast.Ident)
		if !ok || name.Name == "_" {
			continue
		}
		if a.Tok.String() == ":=" {
			s.vars[name.Name] = v
		} else if a.Tok.String() == "=" {
			s.set(name.Name, v)
		} else {
			s.set(name.Name, nil)
		}
	}
}

func (r *reader) declare(s *scope, d *ast.GenDecl) {
	for _, spec := range d.Specs {
		vs, ok := spec.(*ast.ValueSpec)
		if !ok {
			continue
		}
		for i, name := range vs.Names {
			var v value
			if i < len(vs.Values) {
				v = r.eval(s, vs.Values[i])
			}
			s.vars[name.Name] = v
		}
	}
}

// loop follows a loop over a table.
func (r *reader) loop(s *scope, stmt *ast.RangeStmt) {
	table, _ := r.eval(s, stmt.X).(list)
	for _, v := range table {
		var key value
		if e, ok := v.(entry); ok {
			key, v = e.key, e.value
		}
		in := s.inner()
		if name, ok := stmt.Key.(*ast.Ident); ok {
			in.vars[name.Name] = key
		}
		if name, ok := stmt.Value.(*ast.Ident); ok {
			in.vars[name.Name] = v
		}
		if r.block(in, stmt.Body) != nil {
			return
		}
	}
}
