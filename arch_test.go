package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/wheelhouse-gitops/wheelhouse"

// mayImport is the import table of docs/architecture.md: which packages of ours a folder may import. A pattern that
// ends in /* stands for everything below. Imports point one way; whoever changes a row says why in the same commit.
var mayImport = map[string][]string{
	".":             {"cli"},
	"internal/hint": {},
	"internal/sops": {"internal/hint"},
	// Limits of small files that a process with credentials reads.
	"internal/untrusted": {"internal/hint"},
	"kube/object":        {},
	"app":                {"kube/object", "internal/hint"},
	// Who keeps documents and who keeps repositories write them so that they last.
	"internal/disk": {},
	"app/filestore": {"app", "kube/object", "internal/disk", "internal/hint"},
	"app/storetest": {"app", "kube/object", "internal/hint"},
	"engine/diff":   {"app", "kube/object"},
	// What a definition says of objects is a heavy library's to say, and pure.
	"engine/definition": {"kube/object"},
	"engine/compare":    {"app", "kube/object", "engine/definition", "engine/diff"},
	"engine/plan":       {"app", "kube/object", "engine/diff"},
	"engine/health":     {"app", "kube/object"},
	// The actions of single objects are rows of data and pure functions, beside the other deciding packages.
	"engine/action": {"app", "kube/object"},
	"engine":        {"app", "kube/object", "engine/*", "internal/heap", "internal/hint"},
	// Whoever makes much garbage at once lets it come together.
	"internal/heap": {},
	// Who brings what kustomizations name elsewhere, and who renders them, have to find the same references.
	"internal/kustomization": {},
	// Who brings files, and who renders them, have to tell pointers of Git LFS from other files in the same way.
	"internal/lfs":     {},
	"gitsrc":           {"app", "kube/object", "internal/disk", "internal/hint", "internal/kustomization", "internal/lfs", "internal/untrusted", "gitsrc/charts"},
	"gitsrc/charts":    {"app", "kube/object", "internal/hint"},
	"gitsrc/logintest": {"app", "gitsrc", "gitsrc/sshtest", "internal/hint"},
	"gitsrc/sshtest":   {},
	// Encrypted files are opened in the process that serves a worker's files: the worker has no keys.
	"render":   {"app", "kube/object", "internal/hint", "internal/kustomization", "internal/lfs", "internal/sops", "internal/untrusted"},
	"render/*": {"app", "kube/object", "internal/hint", "render", "render/*"},
	"kube":     {"app", "kube/object", "internal/hint"},
	// Logins as Secrets are a second place beside gitsrc's file, which may not know clusters; they need a client and nothing of kube.
	"kube/repository": {"app", "kube/object", "internal/hint"},
	"themes":          {},
	"tui":             {"tui/*", "engine", "engine/*", "app", "kube/object", "themes", "internal/hint", "command"},
	"tui/*":           {"tui/*", "engine", "engine/*", "app", "kube/object", "themes", "internal/hint", "command"},
	"command":         {"engine", "engine/*", "app", "kube/object", "internal/hint"},
	"cli":             {"*"},
}

func TestImportsFollowTheTable(t *testing.T) {
	t.Parallel()
	files := 0
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			switch {
			case p == "playground" || p == "tools" || p == "test" || d.Name() == "testdata" || d.Name() != "." && strings.HasPrefix(d.Name(), "."):
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return nil
		}
		files++
		checkFile(t, filepath.ToSlash(p))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 20 {
		t.Fatalf("only %d files were checked: the walk is wrong", files)
	}
}

func checkFile(t *testing.T, file string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatalf("parse %s: %v", file, err)
	}
	folder := path.Dir(file)
	allowed, ok := row(folder)
	if !ok {
		t.Errorf("%s: the folder %s has no row in the import table", file, folder)
		return
	}
	for _, spec := range parsed.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		imported, ours := strings.CutPrefix(name, module+"/")
		if ours && !matches(allowed, imported) {
			t.Errorf("%s imports %s; the table allows %s: %v", file, imported, folder, allowed)
		}
	}
}

// row finds the row of a folder: its own, or that of the nearest pattern above it.
func row(folder string) ([]string, bool) {
	if r, ok := mayImport[folder]; ok {
		return r, true
	}
	for up := path.Dir(folder); up != "."; up = path.Dir(up) {
		if r, ok := mayImport[up+"/*"]; ok {
			return r, true
		}
	}
	return nil, false
}

func matches(allowed []string, imported string) bool {
	for _, pattern := range allowed {
		prefix, wild := strings.CutSuffix(pattern, "*")
		if pattern == imported || wild && strings.HasPrefix(imported, prefix) {
			return true
		}
	}
	return false
}
