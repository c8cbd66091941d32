package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"

	utiljson "k8s.io/apimachinery/pkg/util/json"
)

// plain is an Application without methods, so that encoding one does not come back here.
type plain Application

// MarshalJSON writes the application together with the fields that its document had and this package does not model.
// A known field that was removed stays removed, and so do the unknown fields inside it.
func (a Application) MarshalJSON() ([]byte, error) {
	b, err := json.Marshal(plain(a))
	if err != nil || len(a.unknown) == 0 {
		return b, err
	}
	v, err := generic(b)
	if err != nil {
		return nil, err
	}
	return json.Marshal(join(v, a.unknown, applicationShape))
}

// UnmarshalJSON reads an application and remembers the fields that this package does not model. Names are matched in
// their exact spelling, and whole numbers in free-form values stay whole numbers.
func (a *Application) UnmarshalJSON(data []byte) error {
	var p plain
	if err := utiljson.Unmarshal(data, &p); err != nil {
		return fmt.Errorf("read application: %w", err)
	}
	v, err := generic(data)
	if err != nil {
		return err
	}
	*a = Application(p)
	a.unknown, _ = rest(v, applicationShape).(map[string]any)
	return nil
}

// WithoutStatus returns the application as its author writes it: without status, known or unknown.
func (a Application) WithoutStatus() Application {
	a.Status = Status{}
	if _, ok := a.unknown["status"]; ok {
		a.unknown = maps.Clone(a.unknown)
		delete(a.unknown, "status")
	}
	return a
}

// generic decodes JSON without losing digits of numbers.
func generic(data []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("read application: %w", err)
	}
	return v, nil
}

// rest returns the part of a document that its shape does not model, nil when there is none: for an object a map of
// its unknown fields and of the rests of its known ones, for a list an unknownList.
func rest(v any, s *shape) any {
	switch v := v.(type) {
	case map[string]any:
		if s.form == formObject {
			return restOfObject(v, s)
		}
	case []any:
		if s.form == formList && s.elem.form == formObject {
			return restOfList(v, s.elem)
		}
	}
	return nil
}

func restOfObject(v map[string]any, s *shape) any {
	out := map[string]any{}
	for name, value := range v {
		f := s.fields[name]
		if f == nil {
			out[name] = value
		} else if r := rest(value, f); r != nil {
			out[name] = r
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// join puts a rest back into a document that holds known fields only.
func join(v, r any, s *shape) any {
	switch r := r.(type) {
	case map[string]any:
		m, ok := v.(map[string]any)
		if !ok {
			return v
		}
		joinObject(m, r, s)
	case unknownList:
		if l, ok := v.([]any); ok {
			r.join(l, s.elem)
		}
	}
	return v
}

func joinObject(m, r map[string]any, s *shape) {
	for name, value := range r {
		f := s.fields[name]
		if f == nil {
			m[name] = value
			continue
		}
		if m[name] == nil {
			if f.form != formObject || f.optional {
				continue
			}
			m[name] = map[string]any{}
		}
		m[name] = join(m[name], value, f)
	}
}
