package plan

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// skip is the value of Argo CD's hook annotation that keeps an object from ever being applied.
const skip = "Skip"

// neverRun are Helm's hooks that Argo CD has no phase for, and crd-install, with which an object is an ordinary one.
var neverRun = []string{"crd-install", "test", "test-success", "test-failure", "pre-rollback", "post-rollback"}

// DoubtfulHook says what is wrong with the names of hooks that an object has, empty when nothing is. Without a name that is known it
// is a hook all the same, and never runs: what is misspelt would be nowhere.
func DoubtfulHook(u *unstructured.Unstructured) string {
	names := object.Options(u, object.AnnotationHook)
	unknown := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		_, known := argoPhases[name]
		return known || name == skip
	})
	if len(unknown) == len(names) {
		unknown = append(unknown, slices.DeleteFunc(object.Options(u, object.AnnotationHelmHook), func(name string) bool {
			_, known := helmPhases[name]
			return known || slices.Contains(neverRun, name)
		})...)
	}
	if len(unknown) == 0 {
		return ""
	}
	text := fmt.Sprintf("%s%s: there is no hook %s", object.Of(u), u.GetGenerateName(), strings.Join(unknown, ", "))
	if IsHook(u) && len(hooksOf(u)) == 0 && !slices.Contains(names, skip) {
		text += "; the object is never applied"
	}
	return text
}
