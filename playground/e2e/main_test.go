package e2e

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/playground"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

func TestMain(m *testing.M) { playtest.Main(m) }

// binary is the wheelhouse of this test binary, built by the first test that runs it.
var binary struct {
	once sync.Once
	path string
	err  error
}

// build compiles wheelhouse into the playground's folder, with which it goes away.
func build(t *testing.T, p *playground.Playground) string {
	t.Helper()
	binary.once.Do(func() {
		binary.path = filepath.Join(p.Dir(), "bin", "wheelhouse")
		cmd := exec.Command("go", "build", "-buildvcs=false", "-o", binary.path, ".")
		cmd.Dir = filepath.Join("..", "..")
		if out, err := cmd.CombinedOutput(); err != nil {
			binary.err = fmt.Errorf("build wheelhouse: %w\n%s", err, out)
		}
	})
	if binary.err != nil {
		t.Fatal(binary.err)
	}
	return binary.path
}
