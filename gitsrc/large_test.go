package gitsrc_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
)

func TestAFileThatIsTooLargeIsNotRead(t *testing.T) {
	t.Parallel()
	r, _ := newShop(t)
	file, err := os.Create(filepath.Join(r.work, "large"))
	if err != nil {
		t.Fatal(err)
	}
	const size = 64<<20 + 1
	if err := file.Truncate(size); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	id := r.push(t, "main", "add a large file")
	c := fetch(t, gitsrc.New(gitsrc.Options{CacheDir: t.TempDir()}), source(r.url(), "main"), id)
	if _, err := fs.ReadFile(c.Files, "large"); err == nil || !strings.Contains(err.Error(), "larger than 64 MiB") {
		t.Errorf("reading gave %v", err)
	}
	if info, err := fs.Stat(c.Files, "large"); err != nil || info.Size() != size {
		t.Errorf("its size is %v, %v", info, err)
	}
	if got := readFile(t, c.Files, "values.yaml"); got != "replicas: 1\n" {
		t.Errorf("values.yaml is %q", got)
	}
}
