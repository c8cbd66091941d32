package app

import (
	"encoding/json"
	"strconv"
	"strings"
)

// unknownList remembers the unknown fields of a list's elements. Elements have no stable place, so each is remembered
// together with what tells it from the others, and is found again by that.
type unknownList []unknownElement

type unknownElement struct {
	// content is the known part in canonical JSON, identity the fields that name the element.
	content, identity string
	rest              any
}

func restOfList(v []any, s *shape) any {
	out := make(unknownList, len(v))
	found := false
	for i, e := range v {
		out[i] = describe(e, s)
		out[i].rest = rest(e, s)
		found = found || out[i].rest != nil
	}
	if !found {
		return nil
	}
	return out
}

func describe(e any, s *shape) unknownElement {
	known := knownPart(e, s)
	content, err := json.Marshal(known)
	if err != nil {
		panic("encode decoded JSON: " + err.Error())
	}
	return unknownElement{content: string(content), identity: identity(known)}
}

// join gives the elements of v, which hold known fields only, their unknown fields back: first to elements that did
// not change, then to those of the same identity, then, unless the list became shorter, to those in the same place.
func (u unknownList) join(v []any, s *shape) {
	now := make(unknownList, len(v))
	for i, e := range v {
		now[i] = describe(e, s)
	}
	p := newPairing(len(now), len(u))
	p.match(now, u, func(e unknownElement, _ int) string { return e.content })
	p.match(now, u, func(e unknownElement, _ int) string { return e.identity })
	if len(now) >= len(u) {
		p.match(now, u, func(_ unknownElement, i int) string { return strconv.Itoa(i) })
	}
	for i, j := range p.from {
		if j >= 0 && u[j].rest != nil {
			v[i] = join(v[i], u[j].rest, s)
		}
	}
}

// pairing says which remembered element each present one came from; -1 is none.
type pairing struct {
	from  []int
	taken []bool
}

func newPairing(present, remembered int) pairing {
	p := pairing{from: make([]int, present), taken: make([]bool, remembered)}
	for i := range p.from {
		p.from[i] = -1
	}
	return p
}

// match pairs the elements that are still without a partner and have the same key, in order. An empty key matches
// nothing.
func (p pairing) match(present, remembered unknownList, key func(unknownElement, int) string) {
	free := map[string][]int{}
	for j, e := range remembered {
		if k := key(e, j); !p.taken[j] && k != "" {
			free[k] = append(free[k], j)
		}
	}
	for i, e := range present {
		k := key(e, i)
		if p.from[i] >= 0 || len(free[k]) == 0 {
			continue
		}
		p.from[i] = free[k][0]
		p.taken[free[k][0]] = true
		free[k] = free[k][1:]
	}
}

// identity names a list element by the fields that tell entries of Application lists apart; empty when it has none.
func identity(v any) string {
	m, _ := v.(map[string]any)
	var parts []string
	for _, name := range []string{"group", "kind", "namespace", "name", "ref", "repoURL", "chart", "path", "id", "type"} {
		if s, ok := m[name].(string); ok {
			parts = append(parts, name+"="+s)
		}
	}
	return strings.Join(parts, "\n")
}

// knownPart returns v without what its shape does not model, and without values that mean the same as absence, so
// that what was read and what will be written compare equal.
func knownPart(v any, s *shape) any {
	switch v := v.(type) {
	case map[string]any:
		return knownFields(v, s)
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = knownPart(e, s.element())
		}
		return out
	default:
		return v
	}
}

func knownFields(v map[string]any, s *shape) map[string]any {
	out := map[string]any{}
	for name, value := range v {
		f := s.field(name)
		if f == nil && s != nil && s.form == formObject {
			continue
		}
		if k := knownPart(value, f); !absent(k) {
			out[name] = k
		}
	}
	return out
}

func absent(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	default:
		return false
	}
}
