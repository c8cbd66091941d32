package diff

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// attribute writes into every change which field manager holds the live value: the one whose managed fields reach
// deepest along the path, and of several the one that wrote last.
func attribute(changes []Change, paths [][]element, live *unstructured.Unstructured) {
	sets := managedSets(live)
	for i := range changes {
		best, depth := -1, 0
		for j := range sets {
			d := reach(sets[j].fields, paths[i])
			newer := best >= 0 && d == depth && sets[j].time().After(sets[best].time().Time)
			if d > depth || newer && d > 0 {
				best, depth = j, d
			}
		}
		if best < 0 {
			continue
		}
		e := sets[best].entry
		changes[i].Manager, changes[i].Operation = e.Manager, string(e.Operation)
		changes[i].Time = sets[best].time().Time
	}
}

type managedSet struct {
	entry  metav1.ManagedFieldsEntry
	fields map[string]any
}

func (s managedSet) time() metav1.Time {
	if s.entry.Time == nil {
		return metav1.Time{}
	}
	return *s.entry.Time
}

func managedSets(live *unstructured.Unstructured) []managedSet {
	var out []managedSet
	for _, e := range live.GetManagedFields() {
		if e.FieldsV1 == nil {
			continue
		}
		var fields map[string]any
		if json.Unmarshal([]byte(e.FieldsV1.String()), &fields) == nil {
			out = append(out, managedSet{entry: e, fields: fields})
		}
	}
	return out
}

// reach returns how many steps of the path a managed field set holds; 0 unless the set ends at or below the path, or
// owns a whole value on the way (an atomic list or map).
func reach(fields map[string]any, path []element) int {
	node := fields
	for i, e := range path {
		next, ok := node[fieldKey(node, e)].(map[string]any)
		if !ok {
			if len(node) == 0 {
				return i
			}
			return 0
		}
		node = next
	}
	return len(path)
}

// isElement reports whether a key of a managed field set, such as v:"text", names an element of a set by its value.
func isElement(key string, e any) bool {
	text, ok := strings.CutPrefix(key, "v:")
	var want, have any
	if !ok || json.Unmarshal([]byte(text), &want) != nil {
		return false
	}
	// As the key has it: numbers of a live object have other types.
	b, err := json.Marshal(e)
	return err == nil && json.Unmarshal(b, &have) == nil && reflect.DeepEqual(want, have)
}

// isEntry reports whether a key of a managed field set, such as k:{"name":"web"}, names an element of a list by its keys.
func isEntry(key string, e any) bool {
	text, ok := strings.CutPrefix(key, "k:")
	var keys map[string]any
	if !ok || json.Unmarshal([]byte(text), &keys) != nil {
		return false
	}
	m, ok := e.(map[string]any)
	return ok && holds(m, keys)
}

// holds reports whether an element has these keys. The one that may be left out is the protocol of a port.
func holds(m, keys map[string]any) bool {
	for k, v := range keys {
		have, there := m[k]
		if !there && k == "protocol" {
			have = "TCP"
		}
		if fmt.Sprint(have) != fmt.Sprint(v) {
			return false
		}
	}
	return true
}

// fieldKey is the key of a path element in the format of managed fields: f:NAME, k:{"name":"web"}, v:"text" or i:0.
func fieldKey(node map[string]any, e element) string {
	if !e.list {
		return "f:" + e.key
	}
	for k := range node {
		if isElement(k, e.item) || isEntry(k, e.item) {
			return k
		}
	}
	return fmt.Sprintf("i:%d", e.index)
}
