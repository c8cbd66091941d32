package kube

import (
	"errors"
	"fmt"
	"strings"
	"unique"

	"github.com/tidwall/gjson"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// identity says which version of which object a text is. It keeps nothing of the text alive, which is many times as long: until a
// list is complete, all identities of it are there at once.
type identity struct {
	apiVersion, kind, namespace, name, version string
	uid                                        types.UID
}

// errNoObject is of a text that is no JSON object where there should be one.
var errNoObject = errors.New("it is no JSON object")

// identityOf reads an object's identity. Nothing is made of the rest of the text.
func identityOf(text string) (identity, error) {
	var i identity
	if !gjson.Valid(text) {
		return i, errNoObject
	}
	err := i.read(gjson.Parse(text))
	return i, err
}

// headOf reads the type of a watch event, the identity of the object in it, and where its text is.
func headOf(line string) (kind string, i identity, text string, err error) {
	if !gjson.Valid(line) {
		return "", i, "", errNoObject
	}
	err = eachField(gjson.Parse(line), func(key string, v gjson.Result) (err error) {
		switch key {
		case "type":
			kind, err = textOf(v)
		case "object":
			text = v.Raw
			err = i.read(v)
		}
		return err
	})
	return kind, i, text, err
}

func (i *identity) read(of gjson.Result) error {
	return eachField(of, func(key string, v gjson.Result) (err error) {
		switch key {
		case "apiVersion":
			i.apiVersion, err = textOf(v)
		case "kind":
			i.kind, err = textOf(v)
		case "metadata":
			err = eachField(v, i.readMetadata)
		}
		return err
	})
}

func (i *identity) readMetadata(key string, v gjson.Result) (err error) {
	switch key {
	case "namespace":
		i.namespace, err = textOf(v)
	case "name":
		i.name, err = textOf(v)
	case "resourceVersion":
		i.version, err = textOf(v)
	case "uid":
		var uid string
		uid, err = textOf(v)
		i.uid = types.UID(uid)
	}
	return err
}

// eachField calls f with each field of an object, until it fails.
func eachField(of gjson.Result, f func(key string, v gjson.Result) error) (err error) {
	if !of.IsObject() {
		return errNoObject
	}
	of.ForEach(func(key, v gjson.Result) bool {
		if err = f(key.String(), v); err != nil {
			err = fmt.Errorf("%s: %w", key.String(), err)
		}
		return err == nil
	})
	return err
}

// textOf returns a string, as a copy: what the parser returns is a part of the whole text.
func textOf(v gjson.Result) (string, error) {
	if v.Type != gjson.String {
		return "", errors.New("it is no string")
	}
	return strings.Clone(v.String()), nil
}

func (i *identity) ref() object.Ref {
	group := schema.FromAPIVersionAndKind(i.apiVersion, i.kind).Group
	return object.Ref{Group: group, Kind: i.kind, Namespace: i.namespace, Name: i.name}
}

// record is what is noted of the object with this text, beside its body. It keeps nothing of the text alive either.
func (i *identity) record(text string) *record {
	r := &record{ref: interned(i.ref()), uid: i.uid, version: i.version}
	annotations := annotationsOf(text)
	mark, _ := object.ParseMark(annotations[object.AnnotationTracking])
	r.app = unique.Make(mark.App).Value()
	gjson.Get(text, "metadata.ownerReferences").ForEach(func(_, owner gjson.Result) bool {
		r.owners = append(r.owners, types.UID(strings.Clone(owner.Get("uid").String())))
		return true
	})
	if len(r.owners) == 0 && r.ref.GroupKind() == secretKind {
		r.owners = accountOf(gjson.Get(text, "type").String(), annotations)
	}
	return r
}

// annotationsOf reads the annotations of the object with this text.
func annotationsOf(text string) map[string]string {
	out := map[string]string{}
	gjson.Get(text, "metadata.annotations").ForEach(func(key, v gjson.Result) bool {
		out[key.String()] = v.String()
		return true
	})
	return out
}
