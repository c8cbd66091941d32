// Package components compiles the programs of a real Kubernetes control plane from their Go modules, once, and finds them
// again: etcd, kube-apiserver, kube-controller-manager, kube-scheduler and kwok, all of pinned versions; and
// git-lfs, with which tests push.
package components

import (
	"bufio"
	"context"
	"crypto/sha256"
	_ "embed" // for the pinned versions
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// The pinned versions: a module file with the components as its tools, and its checksums.
var (
	//go:embed versions.mod
	versionsMod []byte
	//go:embed versions.sum
	versionsSum []byte
)

// Version is the Kubernetes version that the API server reports.
const Version = "v1.37.2"

// Names are the programs, as they are called in the folder.
var Names = []string{"server", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"}

// EnvBin names a folder with ready programs, which is then used as it is.
const EnvBin = "PLAYGROUND_BIN"

// Ensure returns the folder with the programs, compiling them when they are not there. Progress goes to w. Several
// processes that ask at once compile once.
func Ensure(ctx context.Context, w io.Writer) (string, error) {
	if dir := os.Getenv(EnvBin); dir != "" {
		return dir, complete(dir)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find cache folder: %w", err)
	}
	sum := sha256.Sum256(append(append([]byte(runtime.Version()+"\n"), versionsMod...), versionsSum...))
	dir := filepath.Join(cache, "wheelhouse", "playground", hex.EncodeToString(sum[:8]))
	if complete(dir) == nil {
		return dir, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make cache folder: %w", err)
	}
	unlock, err := lock(filepath.Join(dir, ".lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	if complete(dir) == nil {
		return dir, nil
	}
	if err := build(ctx, dir, w); err != nil {
		return "", err
	}
	return dir, complete(dir)
}

// complete reports which program is missing in a folder; nil when none is.
func complete(dir string) error {
	for _, name := range append([]string{"stages/pod-ready.yaml"}, Names...) {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("the component %s is not in %s: %w", name, dir, err)
		}
	}
	return nil
}

func lock(path string) (func(), error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
	}
	return func() { _ = f.Close() }, nil
}

// build compiles into a folder. Every program is installed by itself, so that progress can be told.
func build(ctx context.Context, dir string, w io.Writer) error {
	work, err := os.MkdirTemp("", "wheelhouse-components-*")
	if err != nil {
		return fmt.Errorf("make work folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(work) }()
	err = errors.Join(os.WriteFile(filepath.Join(work, "go.mod"), versionsMod, 0o600),
		os.WriteFile(filepath.Join(work, "go.sum"), versionsSum, 0o600))
	if err != nil {
		return fmt.Errorf("write work folder: %w", err)
	}
	packages, err := tools(ctx, work)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "compiling Kubernetes %s for the first time; this takes some minutes and happens once\n", Version)
	begun := time.Now()
	for i, pkg := range packages {
		fmt.Fprintf(w, "  [%d/%d] %s ...\n", i+1, len(packages), pkg)
		step := time.Now()
		_, err := goTool(ctx, work, []string{"GOBIN=" + dir}, "install",
			"-ldflags", "-s -w -X k8s.io/component-base/version.gitVersion="+Version, pkg)
		if err != nil {
			return fmt.Errorf("compile %s: %w", pkg, err)
		}
		fmt.Fprintf(w, "        done in %s\n", time.Since(step).Round(time.Second))
	}
	fmt.Fprintf(w, "compiled in %s\n", time.Since(begun).Round(time.Second))
	return stages(ctx, work, dir)
}

// tools lists the packages of the tool block.
func tools(ctx context.Context, work string) ([]string, error) {
	out, err := goTool(ctx, work, nil, "list", "-f", "{{.ImportPath}}", "tool")
	if err != nil {
		return nil, fmt.Errorf("list components: %w", err)
	}
	var list []string
	s := bufio.NewScanner(strings.NewReader(out))
	for s.Scan() {
		if line := strings.TrimSpace(s.Text()); line != "" {
			list = append(list, line)
		}
	}
	return list, s.Err()
}

// goTool runs the go command and returns its standard output; a failure shows what it wrote.
func goTool(ctx context.Context, dir string, env []string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), append([]string{"GOWORK=off", "GOFLAGS=-mod=readonly"}, env...)...)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, errs.String())
	}
	return out.String(), nil
}

// stageFiles are the documents of kwok's own module that tell it how Nodes and Pods come to life.
var stageFiles = []string{
	"node/fast/node-initialize.yaml", "node/heartbeat-with-lease/node-heartbeat-with-lease.yaml",
	"pod/fast/pod-complete.yaml", "pod/fast/pod-delete.yaml", "pod/fast/pod-ready.yaml",
}

// stages copies the stage documents beside the programs. pod-ready.yaml is copied last: it marks a complete folder.
func stages(ctx context.Context, work, dir string) error {
	out, err := goTool(ctx, work, nil, "list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/kwok")
	if err != nil {
		return fmt.Errorf("find kwok's module: %w", err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "stages"), 0o755); err != nil {
		return fmt.Errorf("make stages folder: %w", err)
	}
	for _, name := range stageFiles {
		b, err := os.ReadFile(filepath.Join(strings.TrimSpace(out), "kustomize", "stage", name))
		if err != nil {
			return fmt.Errorf("read stage: %w", err)
		}
		if err := os.WriteFile(filepath.Join(dir, "stages", filepath.Base(name)), b, 0o644); err != nil {
			return fmt.Errorf("write stage: %w", err)
		}
	}
	return nil
}
