package app

import (
	"reflect"
	"strings"
	"time"
)

// form is what a place in a document may hold.
type form int

const (
	formAny form = iota
	formObject
	formDict
	formList
	formText
	formInteger
	formFlag
	formTime
)

// String names the form in messages.
func (f form) String() string {
	switch f {
	case formAny:
		return "a value"
	case formObject, formDict:
		return "a mapping"
	case formList:
		return "a list"
	case formText:
		return "a string"
	case formInteger:
		return "a whole number"
	case formFlag:
		return "true or false"
	case formTime:
		return "a time such as 2026-01-31T12:00:00Z"
	default:
		return "something else"
	}
}

// shape describes one place of an Application's document: what the types of this package model there. It is what
// tells a known field from an unknown one, a right type from a wrong one, and gives fields their order.
type shape struct {
	form form
	// fields and order are the known fields of an object, order as declared.
	fields map[string]*shape
	order  []string
	// elem is the shape of a list's or dict's elements.
	elem *shape
	// optional is true where the Go field is a pointer, so that its absence means something.
	optional bool
}

// applicationShape is the shape of a whole document. It is computed once from the types and never changed.
var applicationShape = shapeOf(reflect.TypeFor[Application]())

func shapeOf(t reflect.Type) *shape {
	if t == reflect.TypeFor[time.Time]() {
		return &shape{form: formTime}
	}
	switch t.Kind() {
	case reflect.Pointer:
		s := shapeOf(t.Elem())
		s.optional = true
		return s
	case reflect.Struct:
		return shapeOfStruct(t)
	case reflect.Map:
		return &shape{form: formDict, elem: shapeOf(t.Elem())}
	case reflect.Slice:
		return &shape{form: formList, elem: shapeOf(t.Elem())}
	case reflect.String:
		return &shape{form: formText}
	case reflect.Int64:
		return &shape{form: formInteger}
	case reflect.Bool:
		return &shape{form: formFlag}
	default:
		return &shape{form: formAny}
	}
}

func shapeOfStruct(t reflect.Type) *shape {
	s := &shape{form: formObject, fields: map[string]*shape{}}
	for f := range t.Fields() {
		if !f.IsExported() {
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		s.fields[name] = shapeOf(f.Type)
		s.order = append(s.order, name)
	}
	return s
}

// field returns the shape of an object's field or a dict's element, nil where nothing is modelled.
func (s *shape) field(name string) *shape {
	switch {
	case s == nil:
		return nil
	case s.form == formObject:
		return s.fields[name]
	default:
		return s.elem
	}
}

// element returns the shape of a list's elements, nil where nothing is modelled.
func (s *shape) element() *shape {
	if s == nil {
		return nil
	}
	return s.elem
}
