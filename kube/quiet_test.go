package kube

import (
	"errors"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// TestRefusalsOfSecretsQuoteNothing gives the words of real servers.
func TestRefusalsOfSecretsQuoteNothing(t *testing.T) {
	t.Parallel()
	const canary = "canary-value"
	secret, data := schema.GroupKind{Kind: "Secret"}, field.NewPath("data")
	answer := func(reason metav1.StatusReason, message string) error {
		return &apierrors.StatusError{ErrStatus: metav1.Status{Reason: reason, Code: 400, Message: message}}
	}
	for name, c := range map[string]struct {
		err  error
		says string
	}{
		"a value of the wrong type": {
			answer("", `failed to create typed patch object (shop/token; /v1, Kind=Secret): .data.value: expected string, got &value.valueUnstructured{Value:"canary-value"}`),
			".data.value: expected string",
		},
		"two of them": {
			answer("", "failed to create typed patch object (shop/token; /v1, Kind=Secret): errors:\n  .data.a: expected string, got &value.valueUnstructured{Value:\"canary-value\"}\n  .data.b: expected string, got &{canary-value}"),
			".data.a: expected string, .data.b: expected string",
		},
		"no base64": {
			answer(metav1.StatusReasonBadRequest, "unable to convert unstructured object to /v1, Kind=Secret: error decoding from json: illegal base64 data at input byte 6"),
			"illegal base64 data at input byte 6",
		},
		"a patch that quotes the whole object": {
			apierrors.NewInvalid(secret, "token", field.ErrorList{field.Invalid(field.NewPath("patch"), `{"data":{"value":"canary-value"}}`, "illegal base64 data at input byte 6")}),
			"illegal base64 data at input byte 6",
		},
		"an invalid field": {
			apierrors.NewInvalid(secret, "token", field.ErrorList{field.Invalid(data.Key("k"), canary, "must be short"), field.Forbidden(data, "field is immutable")}),
			"data[k]: is refused, data: Forbidden: field is immutable",
		},
		"contents that the server left out": {
			apierrors.NewInvalid(secret, "token", field.ErrorList{field.Invalid(data.Key("k"), "<secret contents redacted>", "invalid character")}),
			"redacted>\": invalid character",
		},
		"words that nobody knows": {answer("", "oh: canary-value"), "may quote the data"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := withoutValues(secret, c.err)
			if !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), canary) {
				t.Errorf("it says %v", err)
			}
			if apierrors.ReasonForError(err) != apierrors.ReasonForError(c.err) {
				t.Errorf("its reason is %q", apierrors.ReasonForError(err))
			}
			if other := withoutValues(schema.GroupKind{Kind: "ConfigMap"}, c.err); other.Error() != c.err.Error() {
				t.Errorf("of a ConfigMap it says %v", other)
			}
		})
	}
	missing := apierrors.NewNotFound(schema.GroupResource{Resource: "secrets"}, "token")
	for _, err := range []error{missing, errors.New("no route to host")} {
		if got := withoutValues(secret, err); got.Error() != err.Error() {
			t.Errorf("%v became %v", err, got)
		}
	}
}
