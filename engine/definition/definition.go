// Package definition judges objects by the CustomResourceDefinition of their kind, as an API server that has it would.
//
// A sync may write a definition together with objects of its kind. Until then the server does not know the kind, or knows another
// schema of it, and a dry run of such an object says nothing of what its apply will come to. A [Definition] that was read of the
// manifest does: [Definition.Apply] makes the merge, the defaults and the validation of an apply by the API server's own library,
// and refuses what the server will refuse, in its words.
//
// What is not the definition's to say is left out: webhooks, policies, quotas and rights. Everything here is pure.
package definition

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// groupVersion is the one form in which definitions are served.
const groupVersion = "apiextensions.k8s.io/v1"

// Is reports whether an object is a CustomResourceDefinition in the form that is served.
func Is(u *unstructured.Unstructured) bool {
	return u.GetKind() == "CustomResourceDefinition" && u.GetAPIVersion() == groupVersion
}

// Definition is what a CustomResourceDefinition says of the objects of its kind. It is safe for concurrent use.
type Definition struct {
	id  string
	crd apiextensions.CustomResourceDefinition

	mu    sync.Mutex
	rules map[string]*rules
}

// Read reads a definition. That it can be read does not say that a server would take it.
func Read(u *unstructured.Unstructured) (*Definition, error) {
	d := &Definition{rules: map[string]*rules{}}
	text, err := json.Marshal(u.Object)
	if err == nil {
		err = json.Unmarshal(text, &d.crd)
	}
	if err == nil {
		d.id, err = object.Hash(u.Object["spec"])
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", object.Of(u), err)
	}
	apiextensions.SetDefaults_CustomResourceDefinitionSpec(&d.crd.Spec)
	return d, nil
}

// ID changes with everything that the definition says.
func (d *Definition) ID() string { return d.id }

// Kind is the kind that is defined.
func (d *Definition) Kind() schema.GroupKind {
	return schema.GroupKind{Group: d.crd.Spec.Group, Kind: d.crd.Spec.Names.Kind}
}

// served lists the versions that are served.
func (d *Definition) served() []string {
	var out []string
	for _, v := range d.crd.Spec.Versions {
		if v.Served {
			out = append(out, v.Name)
		}
	}
	return out
}

// version returns what holds for objects of a version, nil for one that is not served.
func (d *Definition) version(name string) (*rules, error) {
	i := slices.IndexFunc(d.crd.Spec.Versions, func(v apiextensions.CustomResourceDefinitionVersion) bool {
		return v.Name == name && v.Served
	})
	if i < 0 {
		return nil, nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if r, ok := d.rules[name]; ok {
		return r, nil
	}
	r, err := newRules(&d.crd.Spec, &d.crd.Spec.Versions[i])
	if err != nil {
		return nil, fmt.Errorf("read version %s of %s: %w", name, d.Kind(), err)
	}
	d.rules[name] = r
	return r, nil
}
