package object

import (
	"fmt"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/json"
)

// Body is a whole object as the API server wrote it: text until somebody asks for the object, and the object from then on. Several
// may ask at once, and all get the same one, which nobody changes.
type Body struct {
	mu     sync.Mutex
	text   string
	object *unstructured.Unstructured
	err    error
}

// Unread is an object that nobody has read yet, by its text in JSON.
func Unread(text string) *Body { return &Body{text: text} }

// Read is an object that somebody has read.
func Read(u *unstructured.Unstructured) *Body { return &Body{object: u} }

// Pending reports whether nobody has asked for the object yet.
func (b *Body) Pending() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.object == nil && b.err == nil
}

// Object returns the object. Its text is let go of.
func (b *Body) Object() (*unstructured.Unstructured, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.object == nil && b.err == nil {
		u := &unstructured.Unstructured{}
		if err := json.Unmarshal([]byte(b.text), &u.Object); err != nil {
			b.err = fmt.Errorf("read an object as the server wrote it: %w", err)
		} else {
			b.object = u
		}
		b.text = ""
	}
	return b.object, b.err
}
