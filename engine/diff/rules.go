package diff

import (
	"fmt"
	"strings"
	"time"

	"github.com/itchyny/gojq"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// jqLimit bounds one jq expression on one object, as in Argo CD.
const jqLimit = time.Second

// Rules say what of an object does not count in a comparison: compiled ignoreDifferences, and fields of custom resources
// that are compared by the type they hold. A nil *Rules ignores nothing.
type Rules struct {
	rules []rule
	known []knownField
}

type rule struct {
	app.IgnoreDifference
	kinds    kindPattern
	pointers [][]string
	queries  []query
}

// query is a compiled jq expression: as the deletion of the fields that it leads to, and as the paths to them.
type query struct {
	del, paths *gojq.Code
}

// NewRules compiles ignoreDifferences; an expression that cannot be compiled is named in the error.
func NewRules(list []app.IgnoreDifference) (*Rules, error) { return (*Customizations)(nil).Rules(list) }

func compileRules(list []app.IgnoreDifference) ([]rule, error) {
	var out []rule
	for _, ignore := range list {
		kinds, err := newKindPattern(ignore.Group, ignore.Kind)
		if err != nil {
			return nil, fmt.Errorf("ignoreDifferences: %w", err)
		}
		c := rule{IgnoreDifference: ignore, kinds: kinds}
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
		out = append(out, c)
	}
	return out, nil
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

func (r rule) selects(ref object.Ref) bool {
	return r.kinds.match(ref) && (r.Name == "" || r.Name == ref.Name) && (r.Namespace == "" || r.Namespace == ref.Namespace)
}
