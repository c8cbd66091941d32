package definition

import (
	"fmt"

	internal "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structural "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// rules are what holds for the objects of one version.
type rules struct {
	kind       schema.GroupVersionKind
	namespaced bool
	// status is true when the status is a resource of its own, which an apply of the object does not reach.
	status bool
	schema *structural.Structural
	valid  validation.SchemaValidator
	// expressions are the rules in CEL; nil is none.
	expressions *cel.Validator
	types       managedfields.TypeConverter
}

func newRules(spec *apiextensions.CustomResourceDefinitionSpec, v *apiextensions.CustomResourceDefinitionVersion) (*rules, error) {
	r := &rules{
		kind:       schema.GroupVersionKind{Group: spec.Group, Version: v.Name, Kind: spec.Names.Kind},
		namespaced: spec.Scope == apiextensions.NamespaceScoped,
		status:     v.Subresources != nil && v.Subresources.Status != nil,
	}
	if v.Schema == nil || v.Schema.OpenAPIV3Schema == nil {
		return nil, fmt.Errorf("it has no schema")
	}
	var in internal.CustomResourceValidation
	err := apiextensions.Convert_v1_CustomResourceValidation_To_apiextensions_CustomResourceValidation(v.Schema, &in, nil)
	if err != nil {
		return nil, err
	}
	s, err := structural.NewStructural(in.OpenAPIV3Schema)
	if err != nil {
		return nil, err
	}
	if errs := structural.ValidateStructural(nil, s); len(errs) > 0 {
		return nil, errs.ToAggregate()
	}
	if r.types, err = typesOf(r.kind, s); err != nil {
		return nil, err
	}
	// The defaults are shared with the definition, and pruned below.
	r.schema = s.DeepCopy()
	if err := defaulting.PruneDefaults(r.schema); err != nil {
		return nil, err
	}
	if r.valid, _, err = validation.NewSchemaValidator(in.OpenAPIV3Schema); err != nil {
		return nil, err
	}
	r.expressions = cel.NewValidator(r.schema, true, celconfig.PerCallLimit)
	return r, nil
}

// reset are the fields that an apply of the object does not own.
func (r *rules) reset() map[fieldpath.APIVersion]fieldpath.Filter {
	if !r.status {
		return nil
	}
	return map[fieldpath.APIVersion]fieldpath.Filter{
		fieldpath.APIVersion(r.kind.GroupVersion().String()): fieldpath.NewExcludeSetFilter(fieldpath.NewSet(fieldpath.MakePathOrDie("status"))),
	}
}
