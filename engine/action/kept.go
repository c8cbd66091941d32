package action

import (
	"strconv"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// longestKept is how many characters of a value are kept.
const longestKept = 4000

// Kept returns the values of a write's parameters as a record may keep them: a patch of a Secret may hold its data, and a
// long one is cut.
func (w Write) Kept(ref object.Ref) map[string]string {
	kept := make(map[string]string, len(w.Values))
	for name, v := range w.Values {
		switch text := []rune(v); {
		case name == "patch" && ref.GroupKind().String() == "Secret":
			kept[name] = "not kept: it may hold data of the Secret"
		case len(text) > longestKept:
			kept[name] = string(text[:longestKept]) + "… (" + strconv.Itoa(len(text)) + " characters)"
		default:
			kept[name] = v
		}
	}
	return kept
}
