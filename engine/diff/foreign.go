package diff

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Field is a field of a live object that git does not name, with the manager that owns it.
type Field struct {
	Path    string `json:"path"`
	Manager string `json:"manager"`
	// Operation is Apply or Update, and Time that of the manager's last write.
	Operation string    `json:"operation"`
	Time      time.Time `json:"time,omitzero"`
}

// ForeignFields lists the fields of a live object that others own, and that neither we own nor the desired object names, sorted by
// path. An apply leaves them as they are, so they are no difference. The status and other parts that are written on their own are not
// among them, and neither is any value.
func ForeignFields(live, want *unstructured.Unstructured) []Field {
	sets := managedSets(live)
	var ours map[string]any
	for _, s := range sets {
		if s.entry.Manager == object.FieldManager && s.entry.Operation == "Apply" && s.entry.Subresource == "" {
			ours = s.fields
		}
	}
	var out []Field
	for _, s := range sets {
		if s.entry.Manager == object.FieldManager || s.entry.Subresource != "" {
			continue
		}
		for _, path := range notIn(ours, s.fields, contentOf(want), "") {
			out = append(out, Field{Path: path, Manager: s.entry.Manager, Operation: string(s.entry.Operation), Time: s.time().Time})
		}
	}
	slices.SortFunc(out, func(a, b Field) int {
		return strings.Compare(a.Path+"\x00"+a.Manager, b.Path+"\x00"+b.Manager)
	})
	return out
}

// notIn lists the ends of a managed field set that another one does not reach, and that a value does not have.
func notIn(ours, theirs map[string]any, want any, at string) []string {
	var out []string
	for key, below := range theirs {
		if key == "." {
			continue
		}
		deeper, _ := below.(map[string]any)
		mine, have := ours[key].(map[string]any)
		leaf := len(deeper) == 0
		named := fieldAt(want, key)
		switch {
		case leaf && have, !leaf && have && len(mine) == 0:
			// It is ours too, or a whole that we own.
		case leaf && named != nil:
			// Git names it: whoever wrote another value there made a difference.
		case leaf:
			out = append(out, at+step(key))
		default:
			out = append(out, notIn(mine, deeper, named, at+step(key))...)
		}
	}
	return out
}

// fieldAt returns what a key of a managed field set means in a value; nil when it is not there.
func fieldAt(node any, key string) any {
	switch n := node.(type) {
	case map[string]any:
		name, _ := strings.CutPrefix(key, "f:")
		return n[name]
	case []any:
		if i := slices.IndexFunc(n, func(e any) bool { return isElement(key, e) || isEntry(key, e) }); i >= 0 {
			return n[i]
		}
	}
	return nil
}

// step writes a key of a managed field set as paths have it.
func step(key string) string {
	kind, text, _ := strings.Cut(key, ":")
	switch kind {
	case "f":
		return pathString([]element{{key: text}})
	case "k":
		var keys map[string]any
		if json.Unmarshal([]byte(text), &keys) != nil {
			return "[" + text + "]"
		}
		if name, ok := keys["name"]; ok {
			return fmt.Sprintf("[%v]", name)
		}
		parts := make([]string, 0, len(keys))
		for k, v := range keys {
			parts = append(parts, fmt.Sprintf("%s=%v", k, v))
		}
		slices.Sort(parts)
		return "[" + strings.Join(parts, ",") + "]"
	}
	return "[" + text + "]"
}
