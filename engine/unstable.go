package engine

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Templates may name functions that give another value at every rendering, such as randAlphaNum. Compared as they are,
// such objects would differ for ever, and every sync would change a password. The renderer says which fields they are;
// their live values are taken for the desired ones.

// place names the desired objects with unstable fields. These are known by the number of the rendered object, and from says which one a
// desired object is: another of its name, from another source or in another namespace, may be as stable as git has it.
func place(unstable map[int][][]string, objects []*unstructured.Unstructured, from []int) map[object.Ref][][]string {
	out := map[object.Ref][][]string{}
	for i, u := range objects {
		if fields := unstable[from[i]]; len(fields) > 0 {
			ref := object.Of(u)
			out[ref] = append(out[ref], dataOf(ref, fields)...)
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

// keepingLive returns the desired objects with the live values of their unstable fields, and, where the application asks
// for it, of those that its comparison ignores. An unstable annotation is kept only while every object with unstable fields
// is live: it may be a checksum of one that is made anew. takes says what the comparison takes over.
func (d desired) keepingLive(
	ctx context.Context, live map[object.Ref]*unstructured.Unstructured, ignored *diff.Rules,
	takes func(want, live *unstructured.Unstructured) []string,
) desired {
	if len(d.unstable) == 0 && ignored == nil {
		return d
	}
	if d.rendered == nil {
		d.rendered = d.objects
	}
	whole := true
	for ref := range d.unstable {
		whole = whole && live[ref] != nil
	}
	d.objects = slices.Clone(d.rendered)
	for i, u := range d.objects {
		ref := object.Of(u)
		fields, l := d.unstable[ref], live[ref]
		if l == nil || plan.IsHook(u) {
			continue
		}
		if len(fields) > 0 {
			u = u.DeepCopy()
		}
		for _, f := range fields {
			if whole || !slices.Contains(f, "annotations") {
				diff.KeepField(u, l, f)
			}
		}
		if d.objects[i] = u; ignored != nil {
			d.objects[i] = ignored.Keep(ctx, u, l, takes(u, l))
		}
	}
	return d
}
