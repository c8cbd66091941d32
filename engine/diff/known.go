package diff

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utiljson "k8s.io/apimachinery/pkg/util/json"
)

// knownField is a field of a custom resource that holds a type of the API: two spellings of one value in it are the same to
// the controller, which may write the other one (1000m and 1, 60m and 1h0m0s). To the API server they are not.
type knownField struct {
	kinds kindPattern
	path  []string
	holds reflect.Type
}

// bundled are the known fields that need no configuration, as in Argo CD.
var bundled = []struct{ group, kind, field, typ string }{
	{"argoproj.io", "Rollout", "spec.template.spec", "core/v1/PodSpec"},
}

func newKnownField(group, kind, field, typ string) (knownField, error) {
	holds, ok := knownTypes()[typ]
	if !ok {
		return knownField{}, fmt.Errorf("knownTypeFields: %s of %s.%s holds the type %q, which is not known", field, kind, group, typ)
	}
	kinds, err := newKindPattern(group, kind)
	return knownField{kinds: kinds, path: strings.Split(field, "."), holds: holds}, err
}

// spell writes the values that a path leads to as their type writes them, and returns the node. The path leads through the
// elements of lists. A value that is not of the type stays.
func (f knownField) spell(node any, path []string) any {
	switch n := node.(type) {
	case []any:
		for i := range n {
			n[i] = f.spell(n[i], path)
		}
		return n
	case map[string]any:
		if len(path) > 0 {
			if below, ok := n[path[0]]; ok {
				n[path[0]] = f.spell(below, path[1:])
			}
			return n
		}
	}
	if len(path) > 0 {
		return node
	}
	text, err := json.Marshal(node)
	if err != nil {
		return node
	}
	typed := reflect.New(f.holds).Interface()
	if json.Unmarshal(text, typed) != nil {
		return node
	}
	var out any
	if text, err = json.Marshal(typed); err != nil || utiljson.Unmarshal(text, &out) != nil {
		return node
	}
	return out
}

// knownTypes are the types that a known field may hold, by Argo CD's names: all of core/v1, and two beside.
var knownTypes = sync.OnceValue(func() map[string]reflect.Type {
	types := map[string]reflect.Type{
		"core/Quantity": reflect.TypeFor[resource.Quantity](), "meta/v1/Duration": reflect.TypeFor[metav1.Duration](),
	}
	scheme := runtime.NewScheme()
	if err := corev1.AddToScheme(scheme); err != nil {
		return types
	}
	for _, t := range scheme.KnownTypes(corev1.SchemeGroupVersion) {
		addTypes(types, t)
	}
	return types
})

// addTypes adds a type of core/v1 and those that its fields lead to.
func addTypes(types map[string]reflect.Type, t reflect.Type) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	name := "core/v1/" + t.Name()
	if t.PkgPath() != reflect.TypeFor[corev1.Pod]().PkgPath() || types[name] != nil {
		return
	}
	types[name] = t
	if t.Kind() == reflect.Struct {
		for i := range t.NumField() {
			addTypes(types, t.Field(i).Type)
		}
	}
}
