package diff

import (
	"fmt"
	"strings"

	"github.com/gobwas/glob"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// kindPattern means kinds by patterns of their group and kind, in Argo CD's globs: *, ?, [a-z] and {a,b}.
type kindPattern struct {
	group, kind glob.Glob
}

func newKindPattern(group, kind string) (kindPattern, error) {
	var p kindPattern
	var err error
	if p.group, err = compileGlob(group); err != nil {
		return p, err
	}
	p.kind, err = compileGlob(kind)
	return p, err
}

func compileGlob(pattern string) (glob.Glob, error) {
	if !strings.ContainsAny(pattern, `*?[{\`) {
		return exactly(pattern), nil
	}
	g, err := glob.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("pattern %q: %w", pattern, err)
	}
	return g, nil
}

// exactly is the pattern that is just a name.
type exactly string

// Match compares the name.
func (e exactly) Match(s string) bool { return string(e) == s }

func (p kindPattern) match(ref object.Ref) bool {
	return p.group.Match(ref.Group) && p.kind.Match(ref.Kind)
}
