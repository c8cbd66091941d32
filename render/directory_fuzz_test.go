package render_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/google/go-cmp/cmp"
	yamlv3 "go.yaml.in/yaml/v3"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	k8syaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/render"
)

// slow is the longest that a few small files may take, on a machine that is busy with other things.
const slow = 30 * time.Second

// FuzzDirectory renders a folder with two files that a hostile author names and writes as they like, beside one that is
// always the same. It never crashes, comes twice to the same, and what it gives are the objects that a plain reading of the
// files gives; an error names the file.
func FuzzDirectory(f *testing.F) {
	one := configMap("one", "x")
	for _, seed := range []struct {
		first, second, text, other string
		options                    app.DirectorySource
	}{
		{"a.yaml", "b.json", one, `{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "j"}, "data": {"n": "1"}}`, app.DirectorySource{}},
		{"deep/a.yml", "z.yaml", one + "---\n" + configMap("two", "y"), "# +argocd:skip-file-rendering\n" + one, app.DirectorySource{Recurse: true}},
		{"a b.yaml", "deep/er/ü.json", "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: l}}\n- {apiVersion: v1, kind: List, items: []}\n", "[]", app.DirectorySource{Recurse: true, Include: "{*.yaml,deep/**}"}},
		{"a.yaml", "b.yaml", "\xff\xfea\x00:\x00 \x001\x00", "\xef\xbb\xbf" + one, app.DirectorySource{Exclude: "[a-"}},
		{"a.yaml", "b.yaml", string(utf16BE("# +argocd:skip-file-rendering\n" + one)), string(utf16BE(one)), app.DirectorySource{}},
		{"x.yaml", "y.yaml", "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "{{{", app.DirectorySource{Include: "x*"}},
		{"x.yaml", "y.yaml", "---\n...\n--- # nothing\n", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: t}\ndata:\n  text: |2\n     indented\n    more\n  folded: >+\n    a\n\n    b\n\n", app.DirectorySource{}},
		{"x.json", "y.yaml", `{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "n"}, "x": 12345678901234567890, "y": 1e3, "z": 0.1}`, "on: yes\nn: 0x10\no: 010\nt: 2001-01-01\n", app.DirectorySource{}},
	} {
		f.Add(seed.first, []byte(seed.text), seed.second, []byte(seed.other), seed.options.Recurse, seed.options.Include, seed.options.Exclude)
	}
	f.Fuzz(func(t *testing.T, first string, text []byte, second string, other []byte, recurse bool, include, exclude string) {
		files := repo{"app/zz-own.yaml": configMap("own", "always")}
		for name, b := range map[string][]byte{first: text, second: other} {
			name = "app/" + name
			if !manifest(name) || below(files, name) || len(b) > 1<<16 {
				return
			}
			files[name] = string(b)
		}
		// An option of Directory, so that nothing else is made of the folder.
		options := app.DirectorySource{Recurse: recurse, Include: include, Exclude: exclude, Jsonnet: &app.JsonnetSource{Libs: []string{"lib"}}}
		begun := time.Now()
		got, err := renderDirectory(t, files, options)
		if took := time.Since(begun); took > slow {
			t.Errorf("it took %v", took)
		}
		again, againErr := renderDirectory(t, files, options)
		if fmt.Sprint(err) != fmt.Sprint(againErr) || !reflect.DeepEqual(got, again) {
			t.Fatalf("it came to %v, %v and then to %v, %v", got, err, again, againErr)
		}
		names := read(files, options)
		if err != nil {
			if !slices.ContainsFunc(names, func(name string) bool { return strings.Contains(err.Error(), name) }) {
				t.Errorf("the error names none of %q: %v", names, err)
			}
			return
		}
		var want []any
		for _, name := range names {
			objects, err := plainly([]byte(files[name]))
			if errors.Is(err, errOtherwise) {
				return
			}
			if err != nil {
				t.Fatalf("%s is read, and plainly it is not: %v", name, err)
			}
			want = append(want, objects...)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("-plainly +rendered:\n%s", d)
		}
	})
}

// utf16BE writes a text as some editors do.
func utf16BE(text string) []byte {
	out := []byte{0xfe, 0xff}
	for _, u := range utf16.Encode([]rune(text)) {
		out = append(out, byte(u>>8), byte(u))
	}
	return out
}

// manifest reports whether the fuzzer may give a file this name: one that is read as plain text, and that says nothing of how
// the folder is rendered.
func manifest(name string) bool {
	return fs.ValidPath(name) && path.Ext(name) != ".jsonnet" && !strings.Contains(name, ".argocd-source") && strings.HasPrefix(name, "app/")
}

// below reports whether a name and one of the files cannot be in one tree.
func below(files repo, name string) bool {
	for other := range files {
		if other == name || strings.HasPrefix(other, name+"/") || strings.HasPrefix(name, other+"/") {
			return true
		}
	}
	return false
}

// renderDirectory returns the objects as JSON has them.
func renderDirectory(t *testing.T, files repo, options app.DirectorySource) ([]any, error) {
	t.Helper()
	out, err := render.Render(t.Context(), files.request(app.Source{Path: "app", Directory: &options}))
	if err != nil {
		if strings.Contains(err.Error(), "crashed") {
			t.Fatal(err)
		}
		return nil, err
	}
	var objects []any
	for _, u := range out.Objects {
		objects = append(objects, generic(t, u))
	}
	return objects, nil
}

func generic(t *testing.T, u *unstructured.Unstructured) any {
	t.Helper()
	b, err := json.Marshal(u.Object)
	if err != nil {
		t.Fatal(err)
	}
	v, err := plainJSON(b)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// read lists the files that options choose, in the order in which folders are read.
func read(files repo, options app.DirectorySource) []string {
	var out []string
	for name := range files {
		rel := strings.TrimPrefix(name, "app/")
		ext := path.Ext(rel)
		if ext != ".yaml" && ext != ".yml" && ext != ".json" || strings.Contains(rel, "/") && !options.Recurse {
			continue
		}
		if match(options.Exclude, rel) || options.Include != "" && !match(options.Include, rel) {
			continue
		}
		out = append(out, name)
	}
	slices.SortFunc(out, func(a, b string) int { return slices.Compare(strings.Split(a, "/"), strings.Split(b, "/")) })
	return out
}

func match(pattern, name string) bool {
	ok, err := doublestar.Match(pattern, name)
	return pattern != "" && ok && err == nil
}

// errOtherwise says that a text is one of those that Kubernetes' own reader takes apart in another way.
var errOtherwise = errors.New("it is taken apart otherwise")

// plainly reads the objects of a file as kubectl does: parted at lines that begin with ---, each part by way of JSON.
func plainly(text []byte) ([]any, error) {
	mark := []byte("+argocd:skip-file-rendering")
	if bytes.Contains(text, mark) {
		return nil, nil
	}
	text, _, err := transform.Bytes(unicode.BOMOverride(unicode.UTF8.NewDecoder()), text)
	if err != nil || bytes.Contains(text, mark) {
		return nil, err
	}
	var out []any
	parts, r := 0, k8syaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	for {
		part, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, errOtherwise
		}
		b, err := yaml.YAMLToJSON(part)
		if err != nil {
			return nil, errOtherwise
		}
		v, err := plainJSON(b)
		if err != nil {
			return nil, err
		}
		if v != nil {
			parts++
		}
		out = append(out, objects(v)...)
	}
	if parts != documents(text) {
		return nil, errOtherwise
	}
	return out, nil
}

// documents counts the documents of a text that are not empty.
func documents(text []byte) int {
	dec := yamlv3.NewDecoder(bytes.NewReader(text))
	for n := 0; ; {
		var v any
		if err := dec.Decode(&v); err != nil {
			return n
		}
		if v != nil {
			n++
		}
	}
}

func plainJSON(b []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var v any
	err := dec.Decode(&v)
	return numbers(v), err
}

// numbers writes whole numbers and others as Kubernetes' objects have them.
func numbers(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = numbers(v[k])
		}
	case []any:
		for i := range v {
			v[i] = numbers(v[i])
		}
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		f, err := v.Float64()
		if err != nil {
			return v.String()
		}
		return f
	}
	return v
}

// objects returns what of a document is an object, Lists taken apart.
func objects(v any) []any {
	m, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	kind, isText := m["kind"].(string)
	if _, ok := m["apiVersion"].(string); !ok || !isText {
		return nil
	}
	items, list := m["items"].([]any)
	if list {
		var out []any
		for _, item := range items {
			out = append(out, objects(item)...)
		}
		return out
	}
	if _, ok := m["metadata"].(map[string]any); !ok || kind == "" {
		return nil
	}
	return []any{m}
}
