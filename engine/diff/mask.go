package diff

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

// tokens are what stands in the place of texts of Secrets within one difference: equal texts get equal tokens and different ones
// different tokens, wherever they are shown, so that a change is still seen. The tokens say nothing else.
type tokens map[string]string

// of returns the token of a text. They are numbered in order of appearance.
func (t tokens) of(text string) string {
	if _, ok := t[text]; !ok {
		t[text] = fmt.Sprintf("•••••••• (%d)", len(t)+1)
	}
	return t[text]
}

// pair masks the data of Secrets in both sides of a difference. Other objects pass as they are.
func (t tokens) pair(live, predicted *unstructured.Unstructured) (*unstructured.Unstructured, *unstructured.Unstructured) {
	return t.mask(live), t.mask(predicted)
}

// maskPair masks both sides of a difference of which nothing else is shown.
func maskPair(live, predicted *unstructured.Unstructured) (*unstructured.Unstructured, *unstructured.Unstructured) {
	return tokens{}.pair(live, predicted)
}

// maskSame masks an object that is both sides of a difference which is none.
func maskSame(u *unstructured.Unstructured) (*unstructured.Unstructured, *unstructured.Unstructured) {
	masked := tokens{}.mask(u)
	return masked, masked
}

func (t tokens) mask(u *unstructured.Unstructured) *unstructured.Unstructured {
	if u == nil || !isSecret(u) {
		return u
	}
	out := u.DeepCopy()
	for _, field := range []string{"data", "stringData"} {
		data, ok := out.Object[field].(map[string]any)
		if !ok {
			continue
		}
		for _, k := range slices.Sorted(maps.Keys(data)) {
			data[k] = t.of(fmt.Sprint(data[k]))
		}
	}
	maskLastApplied(out)
	return out
}

func maskLastApplied(u *unstructured.Unstructured) {
	a := u.GetAnnotations()
	if _, ok := a[lastApplied]; ok {
		a[lastApplied] = "••••••••"
		u.SetAnnotations(a)
	}
}

func isSecret(u *unstructured.Unstructured) bool {
	return u.GetKind() == "Secret" && u.GroupVersionKind().Group == ""
}

// MaskObject returns an object as it may be printed: a Secret without its data and with a mark that every apply refuses;
// managed fields are left out. Nil stays nil.
func MaskObject(u *unstructured.Unstructured) *unstructured.Unstructured {
	if u == nil {
		return nil
	}
	out := u.DeepCopy()
	unstructured.RemoveNestedField(out.Object, "metadata", "managedFields")
	if !isSecret(out) {
		return out
	}
	delete(out.Object, "data")
	delete(out.Object, "stringData")
	maskLastApplied(out)
	a := out.GetAnnotations()
	if a == nil {
		a = map[string]string{}
	}
	a[object.AnnotationMasked] = "true"
	out.SetAnnotations(a)
	return out
}

// secretPaths are the fields of a Secret that hold its data, or a copy of it.
var secretPaths = []string{".data", ".stringData", ".metadata.annotations"}

// changes replaces the values of changed Secret data by tokens.
func (t tokens) changes(changes []Change) {
	for i := range changes {
		c := &changes[i]
		if !slices.ContainsFunc(secretPaths, func(p string) bool { return strings.HasPrefix(c.Path, p) || strings.HasPrefix(p, c.Path) }) {
			continue
		}
		if c.Old != nil {
			c.Old = t.of(fmt.Sprint(c.Old))
		}
		if c.New != nil {
			c.New = t.of(fmt.Sprint(c.New))
		}
	}
}
