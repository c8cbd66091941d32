package app_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// fill gives every exported field within a value something of its own.
func fill(t *testing.T, v reflect.Value, n *int) {
	t.Helper()
	*n++
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), n)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(int64(*n), 0).UTC()))
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(t, v.Field(i), n)
			}
		}
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[json.RawMessage]() {
			v.SetBytes(fmt.Appendf(nil, `{"number":%d}`, *n))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(t, v.Index(i), n)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		element := reflect.New(v.Type().Elem()).Elem()
		fill(t, element, n)
		v.SetMapIndex(reflect.ValueOf(fmt.Sprint("key-", *n)).Convert(v.Type().Key()), element)
	case reflect.Interface:
		v.Set(reflect.ValueOf(fmt.Sprint("any-", *n)))
	case reflect.String:
		v.SetString(fmt.Sprint("<text & ", *n, ">"))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(int64(*n))
	default:
		t.Fatalf("%s is not filled", v.Type())
	}
}

func TestAStatusWrittenPartByPartIsTheSame(t *testing.T) {
	t.Parallel()
	var full app.Status
	fill(t, reflect.ValueOf(&full).Elem(), new(int))
	for name, change := range map[string]func(*app.Status){
		"all of it":              func(*app.Status) {},
		"nothing":                func(s *app.Status) { *s = app.Status{} },
		"objects alone":          func(s *app.Status) { *s = app.Status{Resources: s.Resources} },
		"an operation alone":     func(s *app.Status) { *s = app.Status{OperationState: s.OperationState} },
		"many objects":           func(s *app.Status) { s.Resources = slices.Repeat(s.Resources, 500) },
		"a part full of objects": func(s *app.Status) { s.Resources = slices.Repeat(s.Resources, 32) },
		"without objects":        func(s *app.Status) { s.Resources = nil },
		"without an operation":   func(s *app.Status) { s.OperationState = nil },
		"without what it did":    func(s *app.Status) { s.OperationState.SyncResult = nil },
		"it did nothing":         func(s *app.Status) { s.OperationState.SyncResult = &app.SyncResult{} },
		"it did nothing at last": func(s *app.Status) { s.OperationState.SyncResult.Resources = nil },
		"steps alone": func(s *app.Status) {
			s.OperationState.SyncResult = &app.SyncResult{Resources: s.OperationState.SyncResult.Resources}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := app.Application{Status: full}.Clone().Status
			change(&s)
			before := app.Application{Status: s}.Clone().Status
			whole, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			var text bytes.Buffer
			if err := s.WriteJSON(&text); err != nil {
				t.Fatal(err)
			}
			var want, got any
			if err := errors.Join(json.Unmarshal(whole, &want), json.Unmarshal(text.Bytes(), &got)); err != nil {
				t.Fatalf("%v:\n%s", err, text.String())
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("the status (-whole +part by part):\n%s", d)
			}
			if d := cmp.Diff(before, s); d != "" {
				t.Errorf("the status was changed (-before +after):\n%s", d)
			}
		})
	}
}

// full takes a number of bytes and no more.
type full int

var errFull = errors.New("the disk is full")

func (f *full) Write(p []byte) (int, error) {
	if *f -= full(len(p)); *f < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestAStatusThatCannotBeWrittenSaysSo(t *testing.T) {
	t.Parallel()
	var s app.Status
	fill(t, reflect.ValueOf(&s).Elem(), new(int))
	var text bytes.Buffer
	if err := s.WriteJSON(&text); err != nil {
		t.Fatal(err)
	}
	for room := 0; room < text.Len(); room += 1 + text.Len()/200 {
		disk := full(room)
		if err := s.WriteJSON(&disk); !errors.Is(err, errFull) {
			t.Fatalf("with room for %d of %d bytes the error is %v", room, text.Len(), err)
		}
	}
}

// TestAStatusIsWrittenWithoutItsWholeText has a status of many objects, whose text nobody may hold.
func TestAStatusIsWrittenWithoutItsWholeText(t *testing.T) {
	var s app.Status
	steps := &app.SyncResult{}
	for i := range 10_000 {
		name := fmt.Sprint("settings-", i)
		s.Resources = append(s.Resources, app.ResourceStatus{Version: "v1", Kind: "ConfigMap", Namespace: "web", Name: name, Status: app.Synced})
		steps.Resources = append(steps.Resources, app.ResourceResult{Version: "v1", Kind: "ConfigMap", Namespace: "web", Name: name})
	}
	s.OperationState = &app.OperationState{SyncResult: steps}
	parts := allocated(t, func() error { return s.WriteJSON(io.Discard) })
	whole := allocated(t, func() error { _, err := json.Marshal(s); return err })
	if parts > whole/2 {
		t.Errorf("%d KiB are allocated, and %d KiB for the whole text", parts>>10, whole>>10)
	}
}

// allocated is what a function allocates in a process whose buffers of the time before are gone.
func allocated(t *testing.T, act func() error) uint64 {
	t.Helper()
	runtime.GC()
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := act()
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	return after.TotalAlloc - before.TotalAlloc
}
