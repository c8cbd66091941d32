package gitsrc_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func link(t *testing.T, r repository, name, target string) {
	t.Helper()
	path := filepath.Join(r.work, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
}

func TestSymbolicLinks(t *testing.T) {
	t.Parallel()
	outside := filepath.Join(t.TempDir(), "secret")
	write(t, outside, "a secret of the host")
	files := checkout(t, func(r repository) {
		write(t, filepath.Join(r.work, "shared/values.yaml"), "replicas: 3\n")
		for name, target := range map[string]string{
			"values.yaml":         "shared/values.yaml",
			"charts/web":          "../shared",
			"charts/values.yaml":  "../values.yaml",
			"charts/deep/l.yaml":  "../web/values.yaml",
			"root":                ".",
			"dangling":            "shared/nothing",
			"loop":                "loop",
			"ping":                "pong",
			"pong":                "ping",
			"parent":              "..",
			"charts/out":          "../../secret",
			"absolute":            outside,
			"to-escape":           "charts/out",
			"proc":                "/proc/self/environ",
			"charts/deep/farther": "../../../../../../../../../../etc/passwd",
		} {
			link(t, r, name, target)
		}
		for i := range 40 {
			link(t, r, fmt.Sprintf("chain/%d", i), fmt.Sprintf("%d", i+1))
		}
		write(t, filepath.Join(r.work, "chain/40"), "replicas: 3\n")
	})
	for _, path := range []string{
		"values.yaml", "charts/web/values.yaml", "charts/values.yaml", "charts/deep/l.yaml", "root/root/shared/values.yaml",
		"root/charts/web/values.yaml", "chain/10",
	} {
		t.Run(path+" is followed within the repository", func(t *testing.T) {
			t.Parallel()
			got, err := fs.ReadFile(files, path)
			if err != nil || string(got) != "replicas: 3\n" {
				t.Errorf("got %q, %v", got, err)
			}
			if info, err := fs.Stat(files, path); err != nil || !info.Mode().IsRegular() || info.Size() != 12 || info.Name() != filepath.Base(path) {
				t.Errorf("it is %v, %v", info, err)
			}
		})
	}
	for path, want := range map[string]string{
		"parent": "leads out", "charts/out": "leads out", "absolute": "leads out", "to-escape": "leads out", "proc": "leads out",
		"charts/deep/farther": "leads out", "parent/x": "leads out", "root/charts/out": "leads out",
		"dangling": "does not exist", "dangling/x": "does not exist", "values.yaml/x": "does not exist",
		"loop": "too many", "ping": "too many", "chain/0": "too many",
	} {
		t.Run(path+" is refused: "+want, func(t *testing.T) {
			t.Parallel()
			_, open := files.Open(path)
			_, read := fs.ReadFile(files, path)
			_, stat := fs.Stat(files, path)
			_, dir := fs.ReadDir(files, path)
			for act, err := range map[string]error{"open": open, "read": read, "stat": stat, "readdir": dir} {
				if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), act+" "+path+": ") {
					t.Errorf("%s gave %v", act, err)
				}
			}
		})
	}
}

func TestALinkIsListedAsWhatItLeadsTo(t *testing.T) {
	t.Parallel()
	files := checkout(t, func(r repository) {
		write(t, filepath.Join(r.work, "shared/values.yaml"), "replicas: 3\n")
		link(t, r, "folder", "shared")
		link(t, r, "file.yaml", "shared/values.yaml")
		link(t, r, "out", "../secret")
	})
	want := []listed{
		{"file.yaml", 0o644, 12},
		{"folder", fs.ModeDir | 0o755, 0},
		{"out", 0o644, int64(len("../secret"))},
		{"shared", fs.ModeDir | 0o755, 0},
	}
	if got := list(t, files, "."); !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
	if got, want := list(t, files, "folder"), []listed{{"values.yaml", 0o644, 12}}; !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
}
