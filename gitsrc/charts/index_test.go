package charts

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func indexOf(text string) (*index, error) {
	return openIndex(strings.NewReader(text), int64(len(text)), "")
}

// wholly reads an index as a whole.
func wholly(text string) (*index, error) {
	i := &index{file: strings.NewReader(text), length: int64(len(text)), read: map[string][]release{}}
	return i, i.readWhole()
}

func TestTheFormsOfAnIndex(t *testing.T) {
	t.Parallel()
	const one = "[{version: 1.0.0, urls: [web.tgz]}]"
	for name, tt := range map[string]struct {
		text string
		// split says that the charts are found by their lines, or by the tokens of JSON.
		split bool
	}{
		"as Helm writes it":              {"apiVersion: v1\nentries:\n  web:\n  - version: 1.0.0\n    urls:\n    - web.tgz\n  other:\n  - version: 2.0.0\n    urls: [o.tgz]\ngenerated: x\n", true},
		"with lists that are indented":   {"apiVersion: v1\nentries:\n    web:\n      - version: 1.0.0\n        urls:\n          - web.tgz\n", true},
		"with entries before the rest":   {"entries:\n  web: " + one + "\napiVersion: v1\n", true},
		"with lines of another system":   {"apiVersion: v1\r\nentries:\r\n  web:\r\n  - version: 1.0.0\r\n    urls: [web.tgz]\r\n", true},
		"with comments":                  {"# by hand\n---\napiVersion: v1\nentries: # all\n  # one\n  web:\n# none\n  - version: 1.0.0\n    urls: [web.tgz]\n", false},
		"with names in quotes":           {"'apiVersion': v1\n\"entries\":\n  \"web\": " + one + "\n  'o:p': []\n", true},
		"with texts of several lines":    {"apiVersion: v1\nentries:\n  web:\n  - version: 1.0.0\n    description: |\n      other:\n      - a\n\n    urls: [web.tgz]\n", true},
		"with a text that looks like it": {"apiVersion: v1\nentries:\n  web:\n  - version: 1.0.0\n    description: \"a\n  other:\n  b\"\n    urls: [web.tgz]\n", false},
		"with an alias":                  {"apiVersion: v1\nentries:\n  other: &a " + one + "\n  web: *a\n", true},
		"in the flow form":               {"{apiVersion: v1, entries: {web: " + one + "}}\n", false},
		"without a name for the charts":  {"apiVersion: v1\nentries: {web: " + one + "}\n", false},
		"in JSON":                        {`{"apiVersion":"v1","other":[{}],"entries":{"other":[],"web":[{"version":"1.0.0","urls":["web.tgz"]}]}}`, true},
		"in JSON with room":              {"\n {\"entries\" : {\n \"web\" : [ {\"version\":\"1.0.0\",\"urls\":[\"web.tgz\"]} ] } , \"apiVersion\":\"v1\"}\n", true},
		"in JSON that is cut off":        {`{"apiVersion":"v1","entries":{"web":[{"version":"1.0.0","urls":["web.tgz"]}]}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i, err := indexOf(tt.text)
			if whole, wholeErr := wholly(tt.text); wholeErr != nil {
				if err == nil {
					t.Errorf("it is read, although as a whole it is %v", wholeErr)
				}
				return
			} else if err != nil || i.whole == tt.split {
				t.Fatalf("read by parts: %t, want %t (%v)", err == nil && !i.whole, tt.split, err)
			} else if d := cmp.Diff(whole.read["web"], must(t, i, "web")); d != "" {
				t.Errorf("web (-whole +by parts):\n%s", d)
			}
			if r, err := i.find(artifact{chart: "web"}, "*"); err != nil || r.Version != "1.0.0" {
				t.Errorf("web is %+v (%v)", r, err)
			}
			if _, err := i.find(artifact{chart: "gone"}, "*"); !isNotFound(err) {
				t.Errorf("a chart that is not there gives %v", err)
			}
		})
	}
}

func must(t *testing.T, i *index, chart string) []release {
	t.Helper()
	r, err := i.releases(chart)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// FuzzIndex reads indexes by parts and as a whole, which must come to the same charts.
func FuzzIndex(f *testing.F) {
	for _, text := range []string{
		"apiVersion: v1\nentries:\n  web:\n  - version: 1.0.0\n    urls:\n    - web.tgz\n  b:\n  - {version: 2, urls: [b]}\ngenerated: x\n",
		"apiVersion: v1\nentries:\n  web: &a [{version: 1, urls: [a]}]\n  b: *a\n", "apiVersion: v1\nentries:\n  \"a\": []\n  - b\n",
		`{"apiVersion":"v1","entries":{"web":[{"version":"1.0.0","urls":["web.tgz"]}],"b":null}}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		whole, err := wholly(text)
		if err != nil {
			return
		}
		i, err := indexOf(text)
		if err != nil {
			t.Fatalf("as a whole it is read, by parts it is %v", err)
		}
		for chart, want := range whole.read {
			got, err := i.releases(chart)
			if err != nil {
				t.Fatalf("%q: %v", chart, err)
			}
			if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
				t.Errorf("%q (-whole +by parts):\n%s", chart, d)
			}
		}
	})
}

// largeIndex writes an index of 5,000 charts with 40 versions each.
func largeIndex(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "index.yaml")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(file)
	fmt.Fprint(w, "apiVersion: v1\nentries:\n")
	for c := range 5000 {
		fmt.Fprintf(w, "  chart-%d:\n", c)
		for v := range 40 {
			fmt.Fprintf(w, "  - apiVersion: v2\n    created: \"2026-01-02T03:04:05Z\"\n    description: A chart of many\n    digest: %064x\n    name: chart-%d\n"+
				"    urls:\n    - https://charts.example.com/chart-%d-1.%d.0.tgz\n    version: 1.%d.0\n", c*40+v, c, c, v, v)
		}
	}
	fmt.Fprint(w, "generated: \"2026-01-02T03:04:05Z\"\n")
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestALargeIndexTakesLittleMemory runs alone: it counts what this process allocates.
func TestALargeIndexTakesLittleMemory(t *testing.T) {
	name := largeIndex(t)
	r := newRepository(t)
	r.before = func(w http.ResponseWriter, req *http.Request) bool {
		http.ServeFile(w, req, name)
		return true
	}
	dir := t.TempDir()
	allocated := func(do func()) (uint64, time.Duration) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		begun := time.Now()
		do()
		took := time.Since(begun)
		runtime.ReadMemStats(&after)
		return (after.TotalAlloc - before.TotalAlloc) >> 20, took
	}
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		act     string
		resolve func() (string, error)
	}{
		{"the first time", func() (string, error) {
			c, err := New(Options{CacheDir: dir}).Resolve(t.Context(), r.source("chart-4711", "1.x"), 0)
			return c.ID, err
		}},
		{"as another process", func() (string, error) {
			i, err := New(Options{CacheDir: dir}).knownIndex(t.Context(), placeOf(r.source("chart-4711", "1.x")))
			if err != nil {
				return "", err
			}
			found, err := i.find(artifact{chart: "chart-4711"}, "1.x")
			return found.Version, err
		}},
	} {
		var version string
		mib, took := allocated(func() { version, err = tt.resolve() })
		if err != nil || version != "1.39.0" {
			t.Fatalf("%s it is %s (%v)", tt.act, version, err)
		}
		t.Logf("%s an index of %d MiB took %d MiB and %s", tt.act, info.Size()>>20, mib, took.Round(time.Millisecond))
		if mib > 16 {
			t.Errorf("%s an index of %d MiB took %d MiB", tt.act, info.Size()>>20, mib)
		}
	}
}

func TestTheLimitsOfAnIndexAreNamed(t *testing.T) {
	t.Parallel()
	many := strings.Builder{}
	many.WriteString("apiVersion: v1\nentries:\n")
	for i := range mostCharts + 1 {
		fmt.Fprintf(&many, " c%d: []\n", i)
	}
	long := strings.Repeat("x", chartLimit)
	for name, tt := range map[string]struct{ text, says string }{
		"more charts than there may be":       {many.String(), "more than 100000 charts"},
		"a large one that Helm did not write": {"apiVersion: v1\nentries: {web: [{description: " + long + "}]}\n", "not written as Helm writes it, and larger than 8 MiB"},
		"a chart that is too large":           {"apiVersion: v1\nentries:\n  web:\n  - {version: 1.0.0, urls: [a], description: " + long + "}\n", "chart web is larger than 8 MiB"},
		"a chart that is not by itself":       {"# " + long + "\napiVersion: v1\nentries:\n  web: *a\n", "cannot be read by itself, and the index is larger than 8 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRepository(t)
			r.put("/charts/index.yaml", []byte(tt.text))
			_, err := storeWith(t, Login{}).Resolve(t.Context(), r.source("web", "*"), 0)
			if text := said(err); !strings.Contains(text, tt.says) || !strings.Contains(text, clean(r.URL)) {
				t.Errorf("it says %.300s", text)
			}
		})
	}
	t.Run("a file that is too large", func(t *testing.T) {
		t.Parallel()
		r := newRepository(t)
		r.before = func(w http.ResponseWriter, _ *http.Request) bool {
			piece := make([]byte, 1<<20)
			for range indexLimit>>20 + 1 {
				_, _ = w.Write(piece)
			}
			return true
		}
		dir := t.TempDir()
		_, err := New(Options{CacheDir: dir}).Resolve(t.Context(), r.source("web", "*"), 0)
		if text := said(err); !strings.Contains(text, "it is larger than 128 MiB") || !strings.Contains(text, "leave old versions out") {
			t.Errorf("it says %s", text)
		}
		if left, err := filepath.Glob(filepath.Join(dir, "index", ".new-*")); err != nil || len(left) != 0 {
			t.Errorf("there are left-overs: %v (%v)", left, err)
		}
	})
}
