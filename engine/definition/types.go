package definition

import (
	"slices"
	"strings"

	structural "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	generated "k8s.io/apiextensions-apiserver/pkg/generated/openapi"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

// refs is where schemas name each other.
const refs = "#/components/schemas/"

// typesOf returns the types that an apply is merged by: the schema with what every object has, and the types of that.
func typesOf(kind schema.GroupVersionKind, s *structural.Structural) (managedfields.TypeConverter, error) {
	all := map[string]*spec.Schema{}
	for name, d := range generated.GetOpenAPIDefinitions(func(name string) spec.Ref { return spec.MustCreateRef(refs + name) }) {
		all[name] = &d.Schema
	}
	own := s.Unfold().ToKubeOpenAPI()
	embed(own, all)
	asObject(own, all)
	own.AddExtension("x-kubernetes-group-version-kind", []any{
		map[string]any{"group": kind.Group, "version": kind.Version, "kind": kind.Kind},
	})
	group := strings.Split(kind.Group, ".")
	slices.Reverse(group)
	all[strings.Join(append(group, kind.Version, kind.Kind), ".")] = own
	return managedfields.NewTypeConverter(all, false)
}

// embed gives every whole object within a schema what objects have.
func embed(s *spec.Schema, all map[string]*spec.Schema) {
	if s == nil {
		return
	}
	for name, p := range s.Properties {
		embed(&p, all)
		s.Properties[name] = p
	}
	if s.Items != nil {
		embed(s.Items.Schema, all)
	}
	if s.AdditionalProperties != nil {
		embed(s.AdditionalProperties.Schema, all)
	}
	if whole, _ := s.Extensions.GetBool("x-kubernetes-embedded-resource"); whole {
		asObject(s, all)
	}
}

// asObject gives a schema a version, a kind and metadata.
func asObject(s *spec.Schema, all map[string]*spec.Schema) {
	header := all[metav1.TypeMeta{}.OpenAPIModelName()]
	s.SetProperty("apiVersion", header.Properties["apiVersion"])
	s.SetProperty("kind", header.Properties["kind"])
	s.SetProperty("metadata", *spec.RefSchema(refs + metav1.ObjectMeta{}.OpenAPIModelName()))
}
