package written

import (
	"fmt"
	"go/ast"
	"path"
	"strings"
)

// depthLimit bounds functions that call each other.
const depthLimit = 20

func (r *reader) call(s *scope, c *ast.CallExpr) value {
	args := make([]value, len(c.Args))
	for i, a := range c.Args {
		args[i] = r.eval(s, a)
	}
	switch f := c.Fun.(type) {
	case *ast.SelectorExpr:
		if pkg, ok := f.X.(*ast.Ident); ok && s.find(pkg.Name) == nil {
			if v, known := fromPackage(pkg.Name+"."+f.Sel.Name, args); known {
				return v
			}
		}
		return r.method(r.eval(s, f.X), f.Sel.Name, args)
	case *ast.ArrayType:
		// A conversion of a text to bytes.
		return first(args)
	case *ast.Ident:
		if f.Name == "string" {
			return first(args)
		}
	}
	fn, ok := r.eval(s, c.Fun).(function)
	if !ok {
		return nil
	}
	return r.apply(fn, args)
}

func first(args []value) value {
	if len(args) == 0 {
		return nil
	}
	return args[0]
}

// apply calls a function of the tests.
func (r *reader) apply(fn function, args []value) value {
	if r.depth++; r.depth > depthLimit {
		return nil
	}
	defer func() { r.depth-- }()
	in := fn.in.inner()
	i := 0
	for _, p := range fn.kind.Params.List {
		for _, name := range p.Names {
			if i < len(args) {
				in.vars[name.Name] = args[i]
			}
			i++
		}
	}
	if ret := r.block(in, fn.body); ret != nil {
		return ret.v
	}
	return nil
}

// fromPackage calls a function of another package, of those that make a harness or a text.
func fromPackage(name string, args []value) (v value, known bool) {
	switch name {
	case "kusttest_test.MakeHarness", "kusttest_test.MakeEnhancedHarness", "filesys.MakeFsInMemory":
		return &harness{files: map[string]string{}}, true
	case "kusttest_test.MakeHarnessWithFs":
		if len(args) == 2 {
			return args[1], true
		}
	case "filepath.Join", "path.Join":
		parts, ok := texts(args)
		if !ok {
			return nil, true
		}
		return path.Join(parts...), true
	case "fmt.Sprintf":
		parts, ok := texts(args)
		if !ok {
			return nil, true
		}
		var rest []any
		for _, p := range parts[1:] {
			rest = append(rest, p)
		}
		return fmt.Sprintf(parts[0], rest...), true
	case "strings.TrimSpace":
		if parts, ok := texts(args); ok {
			return strings.TrimSpace(parts[0]), true
		}
	}
	return nil, false
}

func texts(args []value) ([]string, bool) {
	var out []string
	for _, a := range args {
		s, ok := a.(string)
		if !ok {
			return nil, false
		}
		out = append(out, s)
	}
	return out, len(out) > 0
}

const (
	kustomizationHead = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
	componentHead     = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
)

// method calls a method: of a harness, of a test (its Run), or of something that builds from a harness.
func (r *reader) method(of value, name string, args []value) value {
	if fn, ok := last(args).(function); ok && name == "Run" {
		r.apply(fn, nil)
		return nil
	}
	if f, ok := of.(fields); ok {
		if fn, ok := f[name].(function); ok {
			return r.apply(fn, args)
		}
	}
	h, ok := of.(*harness)
	if !ok {
		if built, ok := first(args).(*harness); ok && name == "Run" && len(args) == 2 {
			r.build(built, args[1])
		}
		return nil
	}
	return r.onHarness(h, name, args)
}

func (r *reader) onHarness(h *harness, name string, args []value) value {
	switch {
	case name == "GetRoot":
		return "/"
	case name == "GetFSys" || strings.HasPrefix(name, "Prep") || strings.HasPrefix(name, "Build"):
		return h
	case name == "Run" || name == "RunWithErr":
		r.build(h, first(args))
	case len(args) != 2:
		if strings.HasPrefix(name, "Write") {
			h.computed = true
		}
	case name == "WriteF" || name == "WriteFile":
		h.write(args[0], args[1])
	case name == "WriteK":
		h.writeHeaded(args, kustomizationHead)
	case name == "WriteC":
		h.writeHeaded(args, componentHead)
	}
	return nil
}

// writeHeaded writes a kustomization, or a component, of which a test gives the folder and all but the head.
func (h *harness) writeHeaded(args []value, head string) {
	dir, isName := args[0].(string)
	text, isText := args[1].(string)
	if !isName || !isText {
		h.computed = true
		return
	}
	h.write(path.Join(dir, "kustomization.yaml"), head+text)
}

func last(args []value) value {
	if len(args) == 0 {
		return nil
	}
	return args[len(args)-1]
}
