package definition

import (
	"context"

	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/model"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel/common"
)

// validate judges a new object. Its order is the server's, for rules in CEL are not run on what is broken already.
func (r *rules) validate(ctx context.Context, u *unstructured.Unstructured) error {
	errs := apivalidation.ValidateObjectMetaAccessor(u, r.namespaced, apivalidation.NameIsDNSSubdomain, field.NewPath("metadata"))
	errs = append(errs, validation.ValidateCustomResource(nil, u.Object, r.valid)...)
	errs = append(errs, objectmeta.Validate(ctx, nil, u.Object, r.schema, false)...)
	errs = append(errs, listtype.ValidateListSetsAndMaps(nil, r.schema, u.Object)...)
	return r.refusal(u, append(errs, r.evaluate(ctx, errs, u.Object, nil)...))
}

// validateUpdate judges a change of an object. What was invalid before and is not changed may stay.
func (r *rules) validateUpdate(ctx context.Context, u, live *unstructured.Unstructured) error {
	both := common.NewCorrelatedObject(u.Object, live.Object, &model.Structural{Structural: r.schema})
	errs := apivalidation.ValidateObjectMetaAccessorUpdate(u, live, field.NewPath("metadata"))
	errs = append(errs, validation.ValidateCustomResourceUpdate(nil, u.Object, live.Object, r.valid, validation.WithRatcheting(both))...)
	errs = append(errs, objectmeta.Validate(ctx, nil, u.Object, r.schema, false)...)
	if len(listtype.ValidateListSetsAndMaps(nil, r.schema, live.Object)) == 0 {
		errs = append(errs, listtype.ValidateListSetsAndMaps(nil, r.schema, u.Object)...)
	}
	return r.refusal(u, append(errs, r.evaluate(ctx, errs, u.Object, live.Object, cel.WithRatcheting(both))...))
}

// evaluate runs the rules in CEL, unless what was found before means that they cannot be.
func (r *rules) evaluate(ctx context.Context, found field.ErrorList, made, live any, o ...cel.Option) field.ErrorList {
	if r.expressions == nil {
		return nil
	}
	for _, err := range found {
		switch err.Type {
		case field.ErrorTypeNotSupported, field.ErrorTypeRequired, field.ErrorTypeTooLong, field.ErrorTypeTooMany, field.ErrorTypeTypeInvalid:
			return field.ErrorList{field.Invalid(nil, nil, unevaluated)}
		case field.ErrorTypeNotFound, field.ErrorTypeDuplicate, field.ErrorTypeInvalid, field.ErrorTypeForbidden, field.ErrorTypeInternal,
			field.ErrorTypeTooFew, field.ErrorTypeTooShort:
		}
	}
	errs, _ := r.expressions.Validate(ctx, nil, r.schema, made, live, celconfig.RuntimeCELCostBudget, o...)
	return errs
}

// unevaluated is what the server says in place of the outcome of rules in CEL.
const unevaluated = "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation"

func (r *rules) refusal(u *unstructured.Unstructured, errs field.ErrorList) error {
	if len(errs) == 0 {
		return nil
	}
	return apierrors.NewInvalid(r.kind.GroupKind(), u.GetName(), errs)
}
