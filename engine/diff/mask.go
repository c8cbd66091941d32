package diff

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

// maskPair masks the data of Secrets in both sides of a difference. Equal values get equal tokens and different ones
// different tokens, so that a change is still seen; the tokens say nothing else. Other objects pass as they are.
func maskPair(live, predicted *unstructured.Unstructured) (*unstructured.Unstructured, *unstructured.Unstructured) {
	tokens := map[string]string{}
	return maskWith(live, tokens), maskWith(predicted, tokens)
}

// maskSame masks an object that is both sides of a difference which is none.
func maskSame(u *unstructured.Unstructured) (*unstructured.Unstructured, *unstructured.Unstructured) {
	masked := maskWith(u, map[string]string{})
	return masked, masked
}

func maskWith(u *unstructured.Unstructured, tokens map[string]string) *unstructured.Unstructured {
	if u == nil || !isSecret(u) {
		return u
	}
	out := u.DeepCopy()
	for _, field := range []string{"data", "stringData"} {
		data, ok := out.Object[field].(map[string]any)
		if !ok {
			continue
		}
		for k, v := range data {
			data[k] = token(tokens, fmt.Sprint(v))
		}
	}
	maskLastApplied(out)
	return out
}

// token returns the same token for the same text within one comparison, and numbers them in order of appearance.
func token(tokens map[string]string, text string) string {
	t, ok := tokens[text]
	if !ok {
		t = fmt.Sprintf("•••••••• (%d)", len(tokens)+1)
		tokens[text] = t
	}
	return t
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

// maskChanges replaces the values of changed Secret data by tokens.
func maskChanges(changes []Change) []Change {
	tokens := map[string]string{}
	for i := range changes {
		c := &changes[i]
		if !slices.ContainsFunc(secretPaths, func(p string) bool { return strings.HasPrefix(c.Path, p) || strings.HasPrefix(p, c.Path) }) {
			continue
		}
		if c.Old != nil {
			c.Old = token(tokens, fmt.Sprint(c.Old))
		}
		if c.New != nil {
			c.New = token(tokens, fmt.Sprint(c.New))
		}
	}
	return changes
}
