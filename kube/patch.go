package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// actionManager owns the fields that somebody changed on a live object by hand through this program, so that a drift says
// where it came from.
const actionManager = object.FieldManager + "-action"

// Patch changes fields of one object that is there, and with a UID of no other of its name. A kind without the
// subresource takes the patch on the object itself.
func (k *Cluster) Patch(ctx context.Context, req object.PatchRequest) (*unstructured.Unstructured, error) {
	r, err := k.resourceOf(req.Ref.GroupKind())
	if err != nil {
		return nil, err
	}
	body, err := bound(req)
	if err != nil {
		return nil, fmt.Errorf("patch %s: %w", req.Ref, err)
	}
	// A field that the schema does not know would be dropped, and the patch be done without having changed anything.
	o := metav1.PatchOptions{FieldManager: actionManager, FieldValidation: metav1.FieldValidationStrict}
	if req.DryRun {
		o.DryRun = []string{metav1.DryRunAll}
	}
	client := k.resource(r, req.Ref.Namespace)
	var u *unstructured.Unstructured
	if req.Subresource != "" {
		u, err = client.Patch(ctx, req.Ref.Name, req.Type, body, o, req.Subresource)
	}
	if req.Subresource == "" || apierrors.IsNotFound(err) {
		u, err = client.Patch(ctx, req.Ref.Name, req.Type, body, o)
	}
	if err != nil {
		return nil, k.explain(withoutValues(req.Ref.GroupKind(), err))
	}
	if !req.DryRun {
		k.admission.moved(req.Ref.GroupKind())
		k.cache.learn(u)
	}
	return u, nil
}

// bound puts the UID into a patch: the server refuses to change it, and so to patch another object. All else stays as it is written.
func bound(req object.PatchRequest) ([]byte, error) {
	if req.UID == "" {
		return req.Body, nil
	}
	if req.Type == types.JSONPatchType {
		var steps []json.RawMessage
		if err := json.Unmarshal(req.Body, &steps); err != nil {
			return nil, err
		}
		test := map[string]any{"op": "test", "path": "/metadata/uid", "value": string(req.UID)}
		first, err := json.Marshal(test)
		if err != nil {
			return nil, err
		}
		return json.Marshal(append([]json.RawMessage{first}, steps...))
	}
	var body, meta map[string]json.RawMessage
	if err := json.Unmarshal(req.Body, &body); err != nil {
		return nil, err
	}
	if body == nil {
		return nil, errors.New("it is no object")
	}
	if m, ok := body["metadata"]; ok {
		if err := json.Unmarshal(m, &meta); err != nil {
			return nil, err
		}
	}
	if meta == nil {
		meta = map[string]json.RawMessage{}
	}
	var err error
	if meta["uid"], err = json.Marshal(req.UID); err != nil {
		return nil, err
	}
	if body["metadata"], err = json.Marshal(meta); err != nil {
		return nil, err
	}
	return json.Marshal(body)
}
