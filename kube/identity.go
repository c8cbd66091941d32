package kube

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// identity says which version of which object a text is.
type identity struct {
	apiVersion, kind, namespace, name, version string
	uid                                        types.UID
}

// errNoObject is of a text that is no JSON object where there should be one.
var errNoObject = errors.New("it is no JSON object")

// identityOf reads an object's identity, and no further: of most objects that is the first hundred bytes of thousands.
func identityOf(text []byte) (identity, error) {
	var i identity
	err := i.picked().from(text)
	return i, err
}

// headOf reads the type of a watch event, and the identity of the object in it.
func headOf(text []byte) (kind string, i identity, err error) {
	err = picked{"type": &kind, "object": i.picked()}.from(text)
	return kind, i, err
}

func (i *identity) picked() picked {
	return picked{"apiVersion": &i.apiVersion, "kind": &i.kind, "metadata": picked{
		"namespace": &i.namespace, "name": &i.name, "resourceVersion": &i.version, "uid": (*string)(&i.uid),
	}}
}

// picked are the fields of a JSON object that are read, a *string or fields of its own each.
type picked map[string]any

// from reads the fields from a text.
func (p picked) from(text []byte) error {
	_, err := pick(json.NewDecoder(bytes.NewReader(text)), p)
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// pick reads an object until it has all fields, or to its end, for fields may be absent. It returns how many objects it has
// begun and not ended.
func pick(d *json.Decoder, want picked) (open int, err error) {
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return 0, errors.Join(err, errNoObject)
	}
	for left := len(want); d.More(); {
		key, err := d.Token()
		if err != nil {
			return 0, err
		}
		// What the decoder hands over here is a key, always a string.
		name, _ := key.(string)
		inner, open := want[name], 0
		switch into := inner.(type) {
		case *string:
			err = d.Decode(into)
		case picked:
			open, err = pick(d, into)
		default:
			err = d.Decode(&json.RawMessage{})
		}
		if err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		if inner != nil {
			left--
		}
		if left == 0 {
			return open + 1, nil
		}
		for range open {
			if err := leave(d); err != nil {
				return 0, err
			}
		}
	}
	_, err = d.Token()
	return 0, err
}

// leave reads on to the end of the object in which the decoder is.
func leave(d *json.Decoder) error {
	for d.More() {
		if _, err := d.Token(); err != nil {
			return err
		}
		if err := d.Decode(&json.RawMessage{}); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

// keyKnown marks an object that stands for one that the cache has.
const keyKnown = "wheelhouse/known"

// known is an object with nothing but its identity.
func (i *identity) known() *unstructured.Unstructured {
	u := &unstructured.Unstructured{Object: map[string]any{keyKnown: true}}
	u.SetAPIVersion(i.apiVersion)
	u.SetKind(i.kind)
	u.SetNamespace(i.namespace)
	u.SetName(i.name)
	u.SetUID(i.uid)
	u.SetResourceVersion(i.version)
	return u
}

// isKnown reports whether an object stands for one that the cache has.
func isKnown(u *unstructured.Unstructured) bool { return u.Object[keyKnown] != nil }

func (i *identity) ref() object.Ref {
	group := schema.FromAPIVersionAndKind(i.apiVersion, i.kind).Group
	return object.Ref{Group: group, Kind: i.kind, Namespace: i.namespace, Name: i.name}
}

// has reports whether an object is known in just this version, and returns its body, which is nil if it need not be kept.
func (c *cache) has(i *identity) (*unstructured.Unstructured, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, ok := c.objects[i.ref()]
	if !ok || r.uid != i.uid || r.version != i.version || r.body == nil && c.keeps(r) {
		return nil, false
	}
	return r.body, true
}
