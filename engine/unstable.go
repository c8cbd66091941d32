package engine

import (
	"slices"
	"strconv"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Templates may name functions that give another value at every rendering, such as randAlphaNum. Compared as they are,
// such objects would differ for ever, and every sync would change a password. The renderer says which fields they are;
// their live values are taken for the desired ones.

// unstableObject is a rendered object, of which some fields are unstable.
type unstableObject struct {
	rendered *unstructured.Unstructured
	fields   [][]string
}

func unstableOf(r app.Rendered) []unstableObject {
	var out []unstableObject
	for i, fields := range r.Unstable {
		if i < len(r.Objects) {
			out = append(out, unstableObject{r.Objects[i], fields})
		}
	}
	return out
}

// place finds rendered objects among the desired ones, which have their namespace by now.
func place(unstable []unstableObject, objects []*unstructured.Unstructured) map[object.Ref][][]string {
	out := map[object.Ref][][]string{}
	for _, o := range unstable {
		ref := object.Of(o.rendered)
		for _, u := range objects {
			there := object.Of(u)
			if there == ref || ref.Namespace == "" && there.GroupKind() == ref.GroupKind() && there.Name == ref.Name {
				out[there] = append(out[there], dataOf(ref, o.fields)...)
			}
		}
	}
	return out
}

// dataOf writes the stringData of a Secret as the data that it is normalised to.
func dataOf(ref object.Ref, fields [][]string) [][]string {
	if ref.GroupKind().String() != "Secret" {
		return fields
	}
	out := make([][]string, len(fields))
	for i, f := range fields {
		out[i] = slices.Clone(f)
		if f[0] == "stringData" {
			out[i][0] = "data"
		}
	}
	return out
}

// keepingLive returns the desired objects with the live values of their unstable fields. An annotation is kept only
// while every object with unstable fields is live: it may be a checksum of one that is made anew.
func (d desired) keepingLive(live map[object.Ref]*unstructured.Unstructured) desired {
	if len(d.unstable) == 0 {
		return d
	}
	whole := true
	for ref := range d.unstable {
		whole = whole && live[ref] != nil
	}
	d.objects = slices.Clone(d.objects)
	for i, u := range d.objects {
		ref := object.Of(u)
		fields, l := d.unstable[ref], live[ref]
		if len(fields) == 0 || l == nil {
			continue
		}
		u = u.DeepCopy()
		for _, f := range fields {
			if whole || !slices.Contains(f, "annotations") {
				keepField(u.Object, l.Object, f)
			}
		}
		d.objects[i] = u
	}
	return d
}

// keepField writes the live value of a field over the desired one. Elements of lists that have a name are the same where
// the name is; a field that is not live stays as it is desired.
func keepField(want, live any, path []string) {
	if len(path) == 0 {
		return
	}
	switch w := want.(type) {
	case map[string]any:
		l, ok := live.(map[string]any)
		if !ok {
			return
		}
		value, ok := l[path[0]]
		switch {
		case !ok:
		case len(path) == 1:
			w[path[0]] = copied(value)
		default:
			keepField(w[path[0]], value, path[1:])
		}
	case []any:
		l, ok := live.([]any)
		i, err := strconv.Atoi(path[0])
		if !ok || err != nil || i >= len(w) {
			return
		}
		at := sameElement(w[i], l, i)
		switch {
		case at < 0:
		case len(path) == 1:
			w[i] = copied(l[at])
		default:
			keepField(w[i], l[at], path[1:])
		}
	}
}

// sameElement finds a desired element in a live list: by its name, or by its place when it has none.
func sameElement(want any, live []any, place int) int {
	m, _ := want.(map[string]any)
	name, named := m["name"].(string)
	if !named {
		if place < len(live) {
			return place
		}
		return -1
	}
	return slices.IndexFunc(live, func(e any) bool {
		m, _ := e.(map[string]any)
		return m["name"] == name
	})
}

// copied is a deep copy of a value of an object.
func copied(v any) any {
	return (&unstructured.Unstructured{Object: map[string]any{"v": v}}).DeepCopy().Object["v"]
}
