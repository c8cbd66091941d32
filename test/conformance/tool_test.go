package conformance

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// tool is a program that this module's go.mod lists as a tool.
type tool struct{ file string }

// build returns a tool's program. Go keeps it in its build cache.
func build(t testing.TB, name string) tool {
	t.Helper()
	file := strings.TrimSpace(golang(t, "tool", "-n", name))
	if !filepath.IsAbs(file) {
		t.Fatalf("go tool -n %s printed %q", name, file)
	}
	return tool{file}
}

// module returns the folder of a module in the module cache.
func module(t testing.TB, name string) string {
	t.Helper()
	return strings.TrimSpace(golang(t, "list", "-m", "-f", "{{.Dir}}", name))
}

func golang(t testing.TB, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, stderr.Bytes())
	}
	return string(out)
}

// run runs the program in a folder, without the user's configuration, and returns what it prints.
func (p tool) run(ctx context.Context, home, dir string, args ...string) ([]byte, error) {
	select {
	case programs() <- struct{}{}:
		defer func() { <-programs() }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.file, args...)
	cmd.Dir = dir
	// The proxy is nowhere: what a tool would fetch is not there for either.
	cmd.Env = []string{"HOME=" + home, "TMPDIR=" + home, "HTTPS_PROXY=http://127.0.0.1:1", "HTTP_PROXY=http://127.0.0.1:1", "PATH=" + os.Getenv("PATH")}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, bytes.TrimSpace(stderr.Bytes()))
	}
	return out, nil
}
