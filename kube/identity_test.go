package kube

import (
	"strings"
	"testing"
	"unsafe"

	"k8s.io/apimachinery/pkg/watch"
)

func TestIdentity(t *testing.T) {
	t.Parallel()
	whole := identity{"apps/v1", "Deployment", "shop", "web", "7", "u-1"}
	for name, tc := range map[string]struct {
		text string
		want identity
	}{
		"in the order of built-in kinds": {
			`{"kind":"Deployment","apiVersion":"apps/v1","metadata":{"name":"web","namespace":"shop","uid":"u-1","resourceVersion":"7","labels":{"name":"x"}},"spec":{}}`, whole,
		},
		"in the order of the alphabet": {
			`{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"annotations":{"name":"x"},"managedFields":[{"name":"x"}],"name":"web","namespace":"shop","resourceVersion":"7","uid":"u-1"}}`, whole,
		},
		"in another order": {
			`{"spec":{"metadata":{"name":"x"}},"metadata":{"uid":"u-1","resourceVersion":"7","namespace":"shop","name":"web","z":[{"kind":"x"}],"zz":1},"kind":"Deployment","apiVersion":"apps/v1"}`, whole,
		},
		"without a namespace":  {`{"kind":"Node","apiVersion":"v1","metadata":{"name":"a","uid":"u","resourceVersion":"1"}}`, identity{"v1", "Node", "", "a", "1", "u"}},
		"of a bookmark":        {`{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"9","creationTimestamp":null},"spec":{}}`, identity{apiVersion: "v1", kind: "Pod", version: "9"}},
		"of nothing":           {`{}`, identity{}},
		"with letters escaped": {`{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a\u002db"}}`, identity{apiVersion: "v1", kind: "Pod", name: "a-b"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := identityOf(tc.text); err != nil || got != tc.want {
				t.Errorf("got %+v, %v", got, err)
			}
			if kind, got, text, err := headOf(`{"object":` + tc.text + `,"type":"ADDED"}`); err != nil || kind != "ADDED" || got != tc.want || text != tc.text {
				t.Errorf("in an event: %s %+v %s, %v", kind, got, text, err)
			}
		})
	}
	for _, text := range []string{``, `[]`, `{"kind":`, `{"kind":1}`, `{"metadata":[]}`, `{"metadata":{"name":"a"`, `{"metadata":{"name":{}}}`} {
		if got, err := identityOf(text); err == nil {
			t.Errorf("%s is %+v", text, got)
		}
	}
}

// TestNothingOfATextIsKeptAlive looks where the strings are that are picked out of one: part of a text keeps all of it.
func TestNothingOfATextIsKeptAlive(t *testing.T) {
	t.Parallel()
	line := strings.TrimSpace(event(t, watch.Added, of("shop", sent("Pod", "front-1", "7", "front"))))
	_, i, text, err := headOf(line)
	if err != nil {
		t.Fatal(err)
	}
	begin := uintptr(unsafe.Pointer(unsafe.StringData(line)))
	r, told := i.record(text), i.told()
	for name, s := range map[string]string{
		"apiVersion": i.apiVersion, "kind": i.kind, "namespace": i.namespace, "name": i.name, "version": i.version, "uid": string(i.uid),
		"the record's name": r.ref.Name, "the record's namespace": r.ref.Namespace, "the record's version": r.version,
		"the record's uid": string(r.uid), "the owner": string(r.owners[0]), "the application": r.app,
		"the name told": told.Name, "the version told": told.ResourceVersion, "the reference told": told.ref.Name,
	} {
		if at := uintptr(unsafe.Pointer(unsafe.StringData(s))); s == "" || at >= begin && at < begin+uintptr(len(line)) {
			t.Errorf("%s, %q, is part of the text", name, s)
		}
	}
}

func TestATokenKeepsNothingOfItsTextAlive(t *testing.T) {
	t.Parallel()
	line := strings.TrimSpace(event(t, watch.Added, tokenOf("robot", "7")))
	_, i, text, err := headOf(line)
	if err != nil {
		t.Fatal(err)
	}
	owners := i.record(text).owners
	if len(owners) != 1 || owners[0] != "robot" {
		t.Fatalf("the token is of %v", owners)
	}
	begin := uintptr(unsafe.Pointer(unsafe.StringData(line)))
	if at := uintptr(unsafe.Pointer(unsafe.StringData(string(owners[0])))); at >= begin && at < begin+uintptr(len(line)) {
		t.Error("the account is part of the text")
	}
}
