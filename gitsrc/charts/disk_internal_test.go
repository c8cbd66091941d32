package charts

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// age says that a file was last used so long ago.
func age(t *testing.T, name string, by time.Duration) {
	t.Helper()
	at := time.Now().Add(-by)
	if err := os.Chtimes(name, at, at); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, d disk, kind string) (files, notes int) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(d.dir, kind))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if filepath.Ext(e.Name()) == noteExt {
			notes++
		} else {
			files++
		}
	}
	return files, notes
}

func TestWhatWasNotUsedForTheLongestTimeLeavesTheCache(t *testing.T) {
	t.Parallel()
	d := disk{t.TempDir(), 3000}
	var sums []string
	for i := range 3 {
		b := bytes.Repeat([]byte{byte('a' + i)}, 1000)
		if err := d.keepBlob(b); err != nil {
			t.Fatal(err)
		}
		sums = append(sums, sumOf(b))
		age(t, d.path("archive", sumOf(b)), time.Duration(10-i)*time.Hour)
	}
	// The oldest one is used, so that the one after it is the oldest.
	if _, ok := d.blob(sums[0]); !ok {
		t.Fatal("the first archive is not kept")
	}
	if err := d.keepBlob(bytes.Repeat([]byte("d"), 1000)); err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{true, false, true} {
		if _, ok := d.blob(sums[i]); ok != want {
			t.Errorf("archive %d: kept %t, want %t", i, ok, want)
		}
	}
}

func TestAFileThatIsReplacedLeavesTheCache(t *testing.T) {
	t.Parallel()
	d := disk{t.TempDir(), 1 << 20}
	for i := range 5 {
		if err := d.keepNoted("tag", fmt.Appendf(nil, "manifest %d", i), note{Of: "registry/app:main"}); err != nil {
			t.Fatal(err)
		}
		f, err := d.newFile("index")
		if err != nil {
			t.Fatal(err)
		}
		_, err = fmt.Fprintf(f, "index %d", i)
		if err := d.keepNotedFile("index", f.Name(), note{Sum: sumOf(fmt.Appendf(nil, "index %d", i)), Of: "https://charts"}); err != nil {
			t.Fatal(err)
		}
		if err != nil || f.Close() != nil {
			t.Fatal(err)
		}
	}
	for _, kind := range []string{"tag", "index"} {
		if files, notes := count(t, d, kind); files != 1 || notes != 1 {
			t.Errorf("%s: %d files and %d notes", kind, files, notes)
		}
	}
	if b, _, ok := d.noted("tag", "registry/app:main"); !ok || string(b) != "manifest 4" {
		t.Errorf("the newest manifest is %q, %t", b, ok)
	}
}

func TestAFileThatTwoNamesHaveStaysForTheOther(t *testing.T) {
	t.Parallel()
	d := disk{t.TempDir(), 1 << 20}
	for _, of := range []string{"app:main", "app:v1"} {
		if err := d.keepNoted("tag", []byte("one"), note{Of: of}); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.keepNoted("tag", []byte("two"), note{Of: "app:main"}); err != nil {
		t.Fatal(err)
	}
	if b, _, ok := d.noted("tag", "app:v1"); !ok || string(b) != "one" {
		t.Errorf("the other name has %q, %t", b, ok)
	}
}

func TestWhatIsUsedStaysForAsLong(t *testing.T) {
	t.Parallel()
	d := disk{t.TempDir(), 1 << 20}
	if err := d.keepNoted("index", []byte("x"), note{Of: "a"}); err != nil {
		t.Fatal(err)
	}
	if err := d.keepBlob([]byte("old")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{d.path("index", sumOf([]byte("x"))), d.path("index", noteOf("a")), d.path("archive", sumOf([]byte("old")))} {
		age(t, name, 2*unusedFor)
	}
	if _, _, ok := d.noted("index", "a"); !ok {
		t.Fatal("the index is not kept")
	}
	if err := d.keepBlob([]byte("new")); err != nil {
		t.Fatal(err)
	}
	if _, _, ok := d.noted("index", "a"); !ok {
		t.Error("an index that is used left")
	}
	if _, ok := d.blob(sumOf([]byte("old"))); ok {
		t.Error("an archive that nobody uses is still there")
	}
}
