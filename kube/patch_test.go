package kube

import (
	"testing"

	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// TestAPatchIsBoundToItsObject puts a UID into patches, which say the rest as it was written.
func TestAPatchIsBoundToItsObject(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		of         types.PatchType
		body, want string
	}{
		"without metadata":         {types.MergePatchType, `{"spec":{"id":9007199254740993}}`, `{"metadata":{"uid":"u-1"},"spec":{"id":9007199254740993}}`},
		"with metadata":            {types.StrategicMergePatchType, `{"metadata":{"labels":{"a":"b"}}}`, `{"metadata":{"labels":{"a":"b"},"uid":"u-1"}}`},
		"with none of it":          {types.MergePatchType, `{"metadata":null}`, `{"metadata":{"uid":"u-1"}}`},
		"in steps":                 {types.JSONPatchType, `[{"op":"add","path":"/spec/id","value":9007199254740993}]`, `[{"op":"test","path":"/metadata/uid","value":"u-1"},{"op":"add","path":"/spec/id","value":9007199254740993}]`},
		"null, which is no object": {types.MergePatchType, `null`, ""},
		"a number":                 {types.MergePatchType, `3`, ""},
		"metadata that are none":   {types.MergePatchType, `{"metadata":3}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := bound(object.PatchRequest{UID: "u-1", Type: c.of, Body: []byte(c.body)})
			if string(got) != c.want || (err == nil) != (c.want != "") {
				t.Errorf("got %s (%v), want %s", got, err, c.want)
			}
		})
	}
}
