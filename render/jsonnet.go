package render

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/google/go-jsonnet"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// jsonnet evaluates one Jsonnet file to JSON.
func (j job) jsonnet(name, text string, opts *app.JsonnetSource) (string, error) {
	vm := jsonnet.MakeVM()
	imports := &importer{files: j.files, libs: []string{j.dir}, cache: map[string]jsonnet.Contents{name: jsonnet.MakeContents(text)}}
	if opts != nil {
		for _, lib := range opts.Libs {
			imports.libs = append(imports.libs, path.Clean(strings.TrimPrefix(j.expand(lib), "/")))
		}
		for _, v := range opts.ExtVars {
			if v.Code {
				vm.ExtCode(v.Name, j.expand(v.Value))
			} else {
				vm.ExtVar(v.Name, j.expand(v.Value))
			}
		}
		for _, v := range opts.TLAs {
			if v.Code {
				vm.TLACode(v.Name, j.expand(v.Value))
			} else {
				vm.TLAVar(v.Name, j.expand(v.Value))
			}
		}
	}
	vm.Importer(imports)
	// By its name, for what it imports lies beside it.
	out, err := vm.EvaluateFile(name)
	if err != nil {
		return "", fmt.Errorf("evaluate %s: %w", name, err)
	}
	return out, nil
}

// importer finds imports beside the importing file, in the source's folder and in the library folders, within the repository.
type importer struct {
	files fs.FS
	libs  []string
	cache map[string]jsonnet.Contents
}

// Import reads an imported file; the same path gives the same contents, as Jsonnet asks.
func (i *importer) Import(from, imported string) (jsonnet.Contents, string, error) {
	for _, folder := range append([]string{path.Dir(from)}, i.libs...) {
		name := path.Join(folder, imported)
		if c, ok := i.cache[name]; ok {
			return c, name, nil
		}
		if !fs.ValidPath(name) {
			continue
		}
		b, err := fs.ReadFile(i.files, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return jsonnet.Contents{}, "", err
		}
		c := jsonnet.MakeContents(string(b))
		i.cache[name] = c
		return c, name, nil
	}
	return jsonnet.Contents{}, "", fmt.Errorf("import %q: not in the repository beside %s, nor in the libs", imported, from)
}

// jsonObjects reads an object, or an array of objects, that Jsonnet made.
func jsonObjects(name, text string) ([]*unstructured.Unstructured, error) {
	var list []json.RawMessage
	if json.Unmarshal([]byte(text), &list) != nil {
		list = []json.RawMessage{json.RawMessage(text)}
	}
	var out []*unstructured.Unstructured
	for _, raw := range list {
		objects, err := parse(name, raw)
		if err != nil {
			return nil, err
		}
		out = append(out, objects...)
	}
	return out, nil
}
