package charts

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// packed is a tar archive of entries, compressed with gzip.
func packed(tb testing.TB, entries ...tar.Header) []byte {
	tb.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(tarred(tb, entries...)); err != nil {
		tb.Fatal(err)
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// tarred is a tar archive of entries. A file's content stands in its Uname.
func tarred(tb testing.TB, entries ...tar.Header) []byte {
	tb.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range entries {
		content := h.Uname
		h.Uname = ""
		if h.Typeflag == tar.TypeReg {
			h.Size = int64(len(content))
		}
		if err := w.WriteHeader(&h); err != nil {
			tb.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func regular(name, content string) tar.Header {
	return tar.Header{Typeflag: tar.TypeReg, Name: name, Uname: content}
}

func linked(kind byte, name, to string) tar.Header {
	return tar.Header{Typeflag: kind, Name: name, Linkname: to}
}

func TestUnpackedFilesAreThoseOfTheArchive(t *testing.T) {
	t.Parallel()
	entries := []tar.Header{
		{Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{"comment": "made by git"}},
		regular("web/Chart.yaml", "name: web"),
		{Typeflag: tar.TypeDir, Name: "web/templates/"},
		regular("./web/templates/deployment.yaml", "kind: Deployment"),
		linked(tar.TypeSymlink, "web/values.yaml", "files/../files/values.yaml"),
		regular("web/files/values.yaml", "a: 1"),
		linked(tar.TypeLink, "web/copy.yaml", "web/values.yaml"),
	}
	want := map[string]string{
		"web/Chart.yaml": "name: web", "web/templates/deployment.yaml": "kind: Deployment", "web/values.yaml": "a: 1",
		"web/files/values.yaml": "a: 1", "web/copy.yaml": "a: 1",
	}
	for name, archive := range map[string][]byte{"compressed": packed(t, entries...), "plain": tarred(t, entries...)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files, err := unpack(archive, standard)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, contentOf(t, files)); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
			if err := fstest.TestFS(files, "web/Chart.yaml", "web/copy.yaml"); err != nil {
				t.Error(err)
			}
			if err := fstest.TestFS(files.sub("web"), "Chart.yaml", "templates/deployment.yaml"); err != nil {
				t.Error(err)
			}
		})
	}
}

func contentOf(t *testing.T, files fs.FS) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(files, name)
		out[name] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestHashesChangeWithTheContentBelow(t *testing.T) {
	t.Parallel()
	hashes := func(entries ...tar.Header) func(string) string {
		files, err := unpack(packed(t, entries...), standard)
		if err != nil {
			t.Fatal(err)
		}
		return func(name string) string { h, _ := files.Hash(name); return h }
	}
	one := hashes(regular("a/b", "1"), regular("c/d", "2"))
	other := hashes(regular("c/d", "2"), regular("a/b", "changed"))
	if one("c") != other("c") || one("c") == "" {
		t.Errorf("an unchanged folder has hashes %q and %q", one("c"), other("c"))
	}
	for _, name := range []string{".", "a", "a/b"} {
		if one(name) == other(name) || one(name) == "" {
			t.Errorf("%s changed, and its hash %q did not", name, one(name))
		}
	}
	if one("absent") != "" {
		t.Error("a path that is not there has a hash")
	}
}

// small are limits that a test can reach.
var small = limits{
	compressed: 64 << 10, entries: 8, entry: 8 << 10, total: 48 << 10, ratio: 20, ratioFrom: 8 << 10, depth: 4, name: 60,
}

// noise is text that does not compress well.
func noise(n int) string {
	var b strings.Builder
	for x := uint32(1); b.Len() < n; x = x*1664525 + 1013904223 {
		fmt.Fprintf(&b, "%08x", x)
	}
	return b.String()[:n]
}

func TestHostileArchivesAreRefused(t *testing.T) {
	t.Parallel()
	many := make([]tar.Header, 9)
	for i := range many {
		many[i] = regular(fmt.Sprint("web/", i), "")
	}
	large := make([]tar.Header, 7)
	for i := range large {
		large[i] = regular(fmt.Sprint("web/", i), noise(8<<10))
	}
	tests := map[string]struct {
		archive []byte
		says    string
	}{
		"an archive that is too large":         {make([]byte, 64<<10+1), "it is larger than 64 KiB"},
		"more entries than the limit":          {packed(t, many...), "more than 8 entries"},
		"a file that is too large":             {packed(t, regular("web/a", noise(8<<10+1))), "web/a is larger than 8 KiB"},
		"more content than the limit":          {packed(t, large...), "content is larger than 48 KiB"},
		"content that grows without end":       {packed(t, regular("web/a", strings.Repeat("a", 8<<10)), regular("web/b", strings.Repeat("b", 8<<10))), "more than 20 times"},
		"links that multiply content":          {packed(t, regular("a", noise(8<<10)), linked('2', "b", "a"), linked('2', "c", "a"), linked('2', "d", "a"), linked('2', "e", "a"), linked('2', "f", "a")), "content is larger than 48 KiB"},
		"folders that are too deep":            {packed(t, regular("a/b/c/d/e", "")), `"a/b/c/d/e" is in more than 3 folders`},
		"a path that is too long":              {packed(t, regular(strings.Repeat("a", 61), "")), "longer than 60 characters"},
		"an absolute path":                     {packed(t, regular("/etc/passwd", "")), "no path relative to its root"},
		"a path with backslashes":              {packed(t, regular(`web\..\..\x`, "")), "no path relative to its root"},
		"a path that leads out":                {packed(t, regular("web/../../x", "")), "leads out of it"},
		"a path that leads out and comes back": {packed(t, regular("web/../web/x", "")), "leads out of it"},
		"a symbolic link that leads out":       {packed(t, linked(tar.TypeSymlink, "web/a", "../../etc/passwd")), "the link web/a leads out of it"},
		"a symbolic link to an absolute path":  {packed(t, linked(tar.TypeSymlink, "web/a", "/etc/passwd")), "the link web/a leads out of it"},
		"a hard link that leads out":           {packed(t, linked(tar.TypeLink, "web/a", "../x")), "the link web/a leads out of it"},
		"a link to nothing":                    {packed(t, linked(tar.TypeSymlink, "web/a", "b")), "leads to no file of it"},
		"a link to a folder":                   {packed(t, regular("web/b/c", ""), linked(tar.TypeSymlink, "web/a", "b")), "leads to no file of it"},
		"links in a circle":                    {packed(t, linked(tar.TypeSymlink, "a", "b"), linked(tar.TypeSymlink, "b", "a")), "leads to no file of it"},
		"a file below a link":                  {packed(t, linked(tar.TypeSymlink, "a", "b"), regular("a/x", "")), "a is both a file and a folder"},
		"a file that is a folder":              {packed(t, regular("a/x", ""), regular("a", "")), "a is both a file and a folder"},
		"a folder that is a file":              {packed(t, regular("a", ""), regular("a/x", "")), "a is both a file and a folder"},
		"a device":                             {packed(t, tar.Header{Typeflag: tar.TypeChar, Name: "web/null", Devmajor: 1, Devminor: 3}), "web/null is a device"},
		"a pipe":                               {packed(t, tar.Header{Typeflag: tar.TypeFifo, Name: "web/pipe"}), "web/pipe is a device or of another special kind"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := unpack(tt.archive, small)
			if !errors.Is(err, ErrLimit) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("unpack: %v, want a refusal that says %q", err, tt.says)
			}
		})
	}
}

func TestWhatIsNoArchiveIsAnError(t *testing.T) {
	t.Parallel()
	whole := packed(t, regular("web/Chart.yaml", noise(2000)))
	for name, b := range map[string][]byte{
		"nothing": nil, "a page": []byte("<html>log in</html>"), "a part of an archive": whole[:len(whole)/2], "no entry": packed(t),
		"a gzip header alone": {0x1f, 0x8b, 8},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if files, err := unpack(b, standard); err == nil {
				t.Errorf("unpacked %v", contentOf(t, files))
			} else if errors.Is(err, ErrLimit) {
				t.Errorf("it is called a refusal: %v", err)
			}
		})
	}
}

func FuzzUnpack(f *testing.F) {
	for _, entries := range [][]tar.Header{
		{regular("web/Chart.yaml", "name: web"), regular("web/templates/a.yaml", "kind: A")},
		{regular("a", "1"), linked(tar.TypeSymlink, "b", "a"), linked(tar.TypeLink, "c", "b")},
		{{Typeflag: tar.TypeDir, Name: "web/"}, regular("web/../x", "")},
	} {
		f.Add(packed(f, entries...))
		f.Add(tarred(f, entries...))
	}
	f.Fuzz(func(t *testing.T, archive []byte) {
		files, err := unpack(archive, small)
		if err != nil {
			return
		}
		total, entries := int64(0), 0
		err = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entries++; !fs.ValidPath(name) || strings.Count(name, "/") >= small.depth {
				t.Errorf("the path %q was taken", name)
			}
			if d.IsDir() {
				return nil
			}
			in, err := files.Open(name)
			if err != nil {
				return err
			}
			n, err := io.Copy(io.Discard, in)
			if total += n; n > small.entry {
				t.Errorf("%s has %d bytes", name, n)
			}
			return err
		})
		if err != nil || total > small.total || total != files.bytes || entries > small.entries*small.depth+1 {
			t.Errorf("%d bytes in %d entries, and %d counted: %v", total, entries, files.bytes, err)
		}
	})
}
