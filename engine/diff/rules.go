package diff

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/itchyny/gojq"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// jqLimit bounds one jq expression on one object, as in Argo CD.
const jqLimit = time.Second

// Rules are compiled ignoreDifferences. A nil *Rules ignores nothing.
type Rules struct {
	rules []rule
}

type rule struct {
	app.IgnoreDifference
	pointers [][]string
	queries  []query
}

// query is a compiled jq expression: as the deletion of the fields that it leads to, and as the paths to them.
type query struct {
	del, paths *gojq.Code
}

// NewRules compiles ignoreDifferences; an expression that cannot be compiled is named in the error.
func NewRules(list []app.IgnoreDifference) (*Rules, error) {
	r := &Rules{}
	for _, ignore := range list {
		c := rule{IgnoreDifference: ignore}
		for _, p := range ignore.JSONPointers {
			if !strings.HasPrefix(p, "/") {
				return nil, fmt.Errorf("ignoreDifferences: JSON pointer %q does not begin with a slash", p)
			}
			c.pointers = append(c.pointers, pointer(p))
		}
		for _, expr := range ignore.JQPathExpressions {
			del, err := compile("del(" + expr + ")")
			if err != nil {
				return nil, fmt.Errorf("ignoreDifferences: jq expression %q: %w", expr, err)
			}
			paths, err := compile("path(" + expr + ")")
			if err != nil {
				return nil, fmt.Errorf("ignoreDifferences: jq expression %q: %w", expr, err)
			}
			c.queries = append(c.queries, query{del: del, paths: paths})
		}
		r.rules = append(r.rules, c)
	}
	return r, nil
}

func compile(program string) (*gojq.Code, error) {
	q, err := gojq.Parse(program)
	if err != nil {
		return nil, err
	}
	return gojq.Compile(q)
}

// pointer splits an RFC 6901 pointer into its unescaped tokens.
func pointer(p string) []string {
	tokens := strings.Split(p[1:], "/")
	for i := range tokens {
		tokens[i] = strings.ReplaceAll(strings.ReplaceAll(tokens[i], "~1", "/"), "~0", "~")
	}
	return tokens
}

// strip removes ignored fields from both sides, which it copies before it changes them. full is the live object with its
// managed fields.
func (r *Rules) strip(ctx context.Context, ref object.Ref, full *unstructured.Unstructured, sides ...*unstructured.Unstructured) {
	if r == nil || !slices.ContainsFunc(r.rules, func(rule rule) bool { return rule.selects(ref) }) {
		return
	}
	for _, u := range sides {
		u.Object = u.DeepCopy().Object
	}
	for _, rule := range r.rules {
		if !rule.selects(ref) {
			continue
		}
		for _, u := range sides {
			for _, p := range rule.pointers {
				remove(u.Object, p)
			}
			for _, q := range rule.queries {
				q.strip(ctx, u)
			}
		}
		for _, manager := range rule.ManagedFieldsManagers {
			stripManager(full, manager, sides...)
		}
	}
}

func (r rule) selects(ref object.Ref) bool {
	return glob(r.Group, ref.Group) && glob(r.Kind, ref.Kind) &&
		(r.Name == "" || r.Name == ref.Name) && (r.Namespace == "" || r.Namespace == ref.Namespace)
}

func glob(pattern, s string) bool {
	ok, err := path.Match(pattern, s)
	return ok && err == nil || pattern == s
}

// remove deletes the value that the tokens lead to; a path that is not there is no error.
func remove(node any, tokens []string) any {
	switch n := node.(type) {
	case map[string]any:
		if len(tokens) == 1 {
			delete(n, tokens[0])
			return n
		}
		if child, ok := n[tokens[0]]; ok {
			n[tokens[0]] = remove(child, tokens[1:])
		}
		return n
	case []any:
		var i int
		if _, err := fmt.Sscanf(tokens[0], "%d", &i); err != nil || i < 0 || i >= len(n) {
			return n
		}
		if len(tokens) == 1 {
			return append(n[:i:i], n[i+1:]...)
		}
		n[i] = remove(n[i], tokens[1:])
		return n
	}
	return node
}

// strip replaces an object by what is left of it; a program that fails or takes too long changes nothing.
func (q query) strip(ctx context.Context, u *unstructured.Unstructured) {
	ctx, cancel := context.WithTimeout(ctx, jqLimit)
	defer cancel()
	plain, err := plainCopy(u.Object)
	if err != nil {
		return
	}
	v, ok := q.del.RunWithContext(ctx, plain).Next()
	if !ok {
		return
	}
	if m, ok := v.(map[string]any); ok {
		u.Object = m
	}
}

// find lists the fields of an object that the expression leads to; none when it fails or takes too long.
func (q query) find(ctx context.Context, u *unstructured.Unstructured) [][]string {
	ctx, cancel := context.WithTimeout(ctx, jqLimit)
	defer cancel()
	plain, err := plainCopy(u.Object)
	if err != nil {
		return nil
	}
	var out [][]string
	for found := q.paths.RunWithContext(ctx, plain); ; {
		v, ok := found.Next()
		if !ok {
			return out
		}
		steps, ok := v.([]any)
		if !ok {
			return nil
		}
		path := make([]string, len(steps))
		for i := range steps {
			path[i] = fmt.Sprint(steps[i])
		}
		if len(path) > 0 {
			out = append(out, path)
		}
	}
}

// plainCopy makes a copy with the number types that gojq knows.
func plainCopy(v any) (any, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("copy object: %w", err)
	}
	var out any
	err = json.Unmarshal(b, &out)
	return out, err
}

// stripManager removes the fields that a manager owns in the live object from both sides.
func stripManager(full *unstructured.Unstructured, manager string, sides ...*unstructured.Unstructured) {
	for _, set := range managedSets(full) {
		if set.entry.Manager == manager {
			for _, u := range sides {
				removeOwned(u.Object, set.fields)
			}
		}
	}
}

// removeOwned removes from a value what a managed field set names.
func removeOwned(node any, fields map[string]any) any {
	for key, below := range fields {
		deeper, _ := below.(map[string]any)
		switch n := node.(type) {
		case map[string]any:
			name, ok := strings.CutPrefix(key, "f:")
			if !ok {
				continue
			}
			if child, there := n[name]; there && len(deeper) > 0 {
				n[name] = removeOwned(child, deeper)
			} else {
				delete(n, name)
			}
		case []any:
			var keys map[string]any
			if !strings.HasPrefix(key, "k:") || json.Unmarshal([]byte(key[2:]), &keys) != nil {
				continue
			}
			for _, e := range n {
				if m, ok := e.(map[string]any); ok && holds(m, keys) {
					removeOwned(m, deeper)
				}
			}
		}
	}
	return node
}

func holds(m, keys map[string]any) bool {
	for k, v := range keys {
		if fmt.Sprint(m[k]) != fmt.Sprint(v) {
			return false
		}
	}
	return true
}
