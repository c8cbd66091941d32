package app

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// mostUnknown is how many unknown fields of a document are told.
const mostUnknown = 10

// UnknownSourceFields returns what to say of the fields of a part of a source that none has, by name: the path, and what may have been
// meant.
func UnknownSourceFields(part map[string]any) []string {
	return unknownIn(nil, "", part, shapeAt("spec.source"))
}

func unknownIn(out []string, path string, v any, s *shape) []string {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			at := strings.TrimPrefix(path+"."+name, ".")
			switch f := s.field(name); {
			case len(out) >= mostUnknown:
				return out
			case f == nil && s != nil && s.form == formObject:
				out = append(out, at+": is not a known field, and has no effect"+meant(name, s))
			default:
				out = unknownIn(out, at, v[name], f)
			}
		}
	case []any:
		for i, e := range v {
			out = unknownIn(out, fmt.Sprintf("%s[%d]", path, i), e, s.element())
		}
	}
	return out
}

// meant says which fields a name may have been meant for.
func meant(name string, s *shape) string {
	// What is longer than every field is none of them with a slip.
	const longest = 64
	if len(name) > longest {
		return ""
	}
	if near := hint.Near(name, s.order); len(near) > 0 {
		return "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return ""
}
