package diff

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// of reads an object from YAML.
func of(t testing.TB, text string) *unstructured.Unstructured {
	t.Helper()
	u := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(text), &u.Object); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return u
}

// marked writes the mark of the application shop of the store here.
func marked(u *unstructured.Unstructured) *unstructured.Unstructured {
	object.SetMark(u, "shop", "here")
	return u
}

const web = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 3
  template:
    spec:
      containers:
      - {name: web, image: "web:1"}
      - {name: log, image: "log:1"}
`

// with changes a copy of an object.
func with(u *unstructured.Unstructured, change func(*unstructured.Unstructured)) *unstructured.Unstructured {
	out := u.DeepCopy()
	change(out)
	return out
}

func replicas(n int64) func(*unstructured.Unstructured) {
	return func(u *unstructured.Unstructured) {
		u.Object["spec"].(map[string]any)["replicas"] = n
	}
}
