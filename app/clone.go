package app

import (
	"reflect"
	"time"
)

// Clone returns a copy that shares nothing that anybody may change with a. The lists of its resources and of what was
// done to each, which are long, are replaced and never changed, and are shared.
func (a Application) Clone() Application {
	out := a
	copyInto(reflect.ValueOf(&out).Elem(), reflect.ValueOf(&a).Elem())
	return out
}

// copyInto copies the exported content of src over dst, which starts as a shallow copy of src. The unexported unknown
// fields of an Application are never changed after reading and are shared.
func copyInto(dst, src reflect.Value) {
	switch src.Type() {
	case reflect.TypeFor[time.Time](), reflect.TypeFor[[]ResourceStatus](), reflect.TypeFor[[]ResourceResult]():
		return
	}
	switch src.Kind() {
	case reflect.Struct:
		for i := range src.NumField() {
			if src.Type().Field(i).IsExported() {
				copyInto(dst.Field(i), src.Field(i))
			}
		}
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
		if !src.IsNil() {
			dst.Set(cloned(src))
		}
	default:
	}
}

// cloned returns a deep copy of a pointer, slice, map or interface that is not nil.
func cloned(src reflect.Value) reflect.Value {
	switch src.Kind() {
	case reflect.Pointer:
		p := reflect.New(src.Type().Elem())
		p.Elem().Set(src.Elem())
		copyInto(p.Elem(), src.Elem())
		return p
	case reflect.Slice:
		s := reflect.MakeSlice(src.Type(), src.Len(), src.Len())
		for i := range src.Len() {
			s.Index(i).Set(src.Index(i))
			copyInto(s.Index(i), src.Index(i))
		}
		return s
	case reflect.Map:
		m := reflect.MakeMapWithSize(src.Type(), src.Len())
		for it := src.MapRange(); it.Next(); {
			m.SetMapIndex(it.Key(), element(it.Value()))
		}
		return m
	default:
		return element(src.Elem())
	}
}

// element returns a deep copy of a value that cannot be addressed.
func element(src reflect.Value) reflect.Value {
	e := reflect.New(src.Type()).Elem()
	e.Set(src)
	copyInto(e, src)
	return e
}
