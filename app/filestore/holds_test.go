package filestore_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/app/filestore"
)

// TestWhatAFileHoldsIsNotWrittenAgain has another program change the file in between, by as little as it can.
func TestWhatAFileHoldsIsNotWrittenAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func([]byte) []byte
		same   bool
	}{
		"nothing":        {func(text []byte) []byte { return text }, true},
		"the first byte": {func(text []byte) []byte { return append([]byte(" "), text[1:]...) }, false},
		"the last byte":  {func(text []byte) []byte { return append(text[:len(text)-1:len(text)-1], ' ') }, false},
		"one in between": {func(text []byte) []byte { return bytes.Replace(text, []byte("-4567"), []byte("-4657"), 1) }, false},
		"one more":       {func(text []byte) []byte { return append(text, '\n') }, false},
		"one less":       {func(text []byte) []byte { return text[:len(text)-1] }, false},
		"all":            {func([]byte) []byte { return nil }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, s := used(t)
			var status app.Status
			for i := range 5000 {
				status.Resources = append(status.Resources, app.ResourceStatus{Kind: "ConfigMap", Namespace: "web", Name: fmt.Sprint("settings-", i)})
			}
			text, path := written(t, dir, s, status)
			if err := os.WriteFile(path, c.change(bytes.Clone(text)), 0o600); err != nil {
				t.Fatal(err)
			}
			before, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			again, _ := written(t, dir, s, status)
			if !bytes.Equal(again, text) {
				t.Errorf("the file has %d bytes that are not those written", len(again))
			}
			if after, err := os.Stat(path); err != nil || os.SameFile(before, after) != c.same {
				t.Errorf("it is the same file: %t, %v", !c.same, err)
			}
		})
	}
}

// written writes a status and returns its file.
func written(t *testing.T, dir string, s *filestore.Store, status app.Status) (text []byte, path string) {
	t.Helper()
	if _, err := s.UpdateStatus(t.Context(), app.Key{Name: "web"}, func(s *app.Status) { *s = status }); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(dir, ".wheelhouse", "status", "web.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text, path
}

// TestAChangeOfOneObjectIsWrittenInLittleMemory changes one of ten thousand rows of a status, as a comparison does.
func TestAChangeOfOneObjectIsWrittenInLittleMemory(t *testing.T) {
	dir, s := used(t)
	key := app.Key{Name: "web"}
	status := func(code app.SyncCode) (out app.Status) {
		for i := range 10_000 {
			out.Resources = append(out.Resources, app.ResourceStatus{
				Version: "v1", Kind: "ConfigMap", Namespace: "web", Name: fmt.Sprint("settings-", i), Status: app.Synced,
			})
		}
		out.Resources[5000].Status = code
		out.Summary.Images = []string{"web:1"}
		return out
	}
	before, next := status(app.Synced), status(app.OutOfSync)
	if _, err := s.UpdateStatus(t.Context(), key, func(s *app.Status) { *s = before }); err != nil {
		t.Fatal(err)
	}
	written := allocated(t, func() error {
		_, err := s.UpdateStatus(t.Context(), key, func(s *app.Status) { *s = next })
		return err
	})
	encoded := allocated(t, func() error { _, err := json.Marshal(next); return err })
	// To hold the text once is all of the second already. The race detector takes away some of the buffers that are used again.
	if written > encoded/4*3 {
		t.Errorf("%d KiB are allocated, and %d KiB to encode it as a whole", written>>10, encoded>>10)
	}
	a, err := s.Load(t.Context(), key)
	if err != nil || len(a.Status.Resources) != 10_000 || a.Status.Resources[5000].Status != app.OutOfSync {
		t.Errorf("what was written is not read: %d objects, %v", len(a.Status.Resources), err)
	}
	// What is written part by part comes last.
	text, err := os.ReadFile(filepath.Join(dir, ".wheelhouse", "status", "web.json"))
	if err != nil || !bytes.HasSuffix(text, []byte("}]}\n")) {
		t.Errorf("the status does not end with its objects, %v", err)
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
