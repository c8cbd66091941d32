package written

import (
	"go/ast"
	"go/token"
	"strconv"
)

// eval follows an expression; nil is what it cannot tell.
func (r *reader) eval(s *scope, e ast.Expr) value {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			if text, err := strconv.Unquote(e.Value); err == nil {
				return text
			}
		}
	case *ast.Ident:
		return s.find(e.Name)
	case *ast.ParenExpr:
		return r.eval(s, e.X)
	case *ast.UnaryExpr:
		return r.eval(s, e.X)
	case *ast.BinaryExpr:
		a, isText := r.eval(s, e.X).(string)
		b, both := r.eval(s, e.Y).(string)
		if isText && both && e.Op == token.ADD {
			return a + b
		}
	case *ast.FuncLit:
		return function{e.Type, e.Body, s}
	case *ast.CompositeLit:
		return r.composite(s, e)
	case *ast.SelectorExpr:
		return r.selected(s, e)
	case *ast.CallExpr:
		return r.call(s, e)
	}
	return nil
}

func (r *reader) selected(s *scope, e *ast.SelectorExpr) value {
	of := r.eval(s, e.X)
	if f, ok := of.(fields); ok {
		return f[e.Sel.Name]
	}
	// The harness that another one embeds.
	if h, ok := of.(*harness); ok && e.Sel.Name == "Harness" {
		return h
	}
	return nil
}

// composite follows a literal of a slice, a map or a struct.
func (r *reader) composite(s *scope, e *ast.CompositeLit) value {
	_, isMap := e.Type.(*ast.MapType)
	_, isList := e.Type.(*ast.ArrayType)
	var all list
	named := fields{}
	for _, element := range e.Elts {
		kv, ok := element.(*ast.KeyValueExpr)
		switch {
		case !ok:
			all = append(all, r.eval(s, element))
		case isMap:
			all = append(all, entry{r.eval(s, kv.Key), r.eval(s, kv.Value)})
		default:
			if name, ok := kv.Key.(*ast.Ident); ok {
				named[name.Name] = r.eval(s, kv.Value)
			}
		}
	}
	if isMap || isList || len(all) > 0 {
		return all
	}
	return named
}
