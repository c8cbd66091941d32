package kube

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Predict makes the merge that an apply of want would make of live, by the schemas that the server publishes. It writes
// nothing and needs no right to write; admission, validation and the defaults of new fields are not in it. Both objects
// must be of one version; the fields that others wrote in another version are taken for those of the same names in this one.
func (k *Cluster) Predict(ctx context.Context, want, live *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	types, err := k.types(ctx, want.GroupVersionKind().GroupVersion())
	if err != nil {
		return nil, fmt.Errorf("predict %s: %w", object.Of(want), err)
	}
	return predictAmong(types, want, live)
}

// predictAmong is predict where managers may have written in several versions. The merge has no converter: it is made as if all had
// written in the version of want, and each gets its own back.
func predictAmong(types managedfields.TypeConverter, want, live *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	version, mixed := want.GetAPIVersion(), false
	entries, others := live.GetManagedFields(), map[string]metav1.ManagedFieldsEntry{}
	for i, e := range entries {
		if e.APIVersion == version {
			continue
		}
		entries[i].APIVersion, mixed = version, true
		if e.Manager != object.FieldManager || e.Operation != metav1.ManagedFieldsOperationApply {
			// One manager may have written in both versions.
			entries[i].Manager = e.APIVersion + " " + e.Manager
			others[entries[i].Manager] = e
		}
	}
	if !mixed {
		return predict(types, want, live)
	}
	one := live.DeepCopy()
	one.SetManagedFields(entries)
	merged, err := predict(types, want, one)
	if err != nil {
		return nil, err
	}
	entries = merged.GetManagedFields()
	for i := range entries {
		if e, ok := others[entries[i].Manager]; ok {
			entries[i].Manager, entries[i].APIVersion = e.Manager, e.APIVersion
		}
	}
	merged.SetManagedFields(entries)
	return merged, nil
}

func predict(types managedfields.TypeConverter, want, live *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	spelled := canonical(want)
	u, err := mergeInto(types, spelled, live)
	if err != nil {
		return nil, fmt.Errorf("predict %s: %w", object.Of(want), err)
	}
	stored(u)
	if !reflect.DeepEqual(spelled.Object, want.Object) {
		// The server looks whose fields an apply changes before it spells the values: another spelling takes a field from its owners.
		if written, err := mergeInto(types, want, live); err == nil {
			u.SetManagedFields(written.GetManagedFields())
		}
	}
	return u, nil
}

// mergeInto merges an apply of want into a copy of live.
func mergeInto(types managedfields.TypeConverter, want, live *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	gvk := want.GroupVersionKind()
	same := object.Unversioned{}
	m, err := managedfields.NewDefaultFieldManager(types, same, same, same, gvk, gvk.GroupVersion(), "", nil)
	if err != nil {
		return nil, err
	}
	merged, err := m.Apply(live.DeepCopy(), want, object.FieldManager, true)
	if err != nil && gvk.GroupKind() == (schema.GroupKind{Kind: "Secret"}) {
		err = errors.New(quiet(err.Error()))
	}
	if err != nil {
		return nil, err
	}
	u, ok := merged.(*unstructured.Unstructured)
	if !ok {
		return nil, fmt.Errorf("the merge gave a %T", merged)
	}
	return u, nil
}
