package components

import (
	"context"
	"crypto/sha256"
	_ "embed" // for the pinned version
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// The pinned version of the git-lfs program, which no playground needs: a module file of its own with its checksums, so that
// neither is compiled anew for the other.
var (
	//go:embed gitlfs.mod
	gitLFSMod []byte
	//go:embed gitlfs.sum
	gitLFSSum []byte
)

// GitLFS returns the path of the git-lfs program, compiling it when it is not there, which takes some seconds. Tests push with
// it, so that the playground's server is held to the real client.
func GitLFS(ctx context.Context) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find cache folder: %w", err)
	}
	sum := sha256.Sum256(append(append([]byte(runtime.Version()+"\n"), gitLFSMod...), gitLFSSum...))
	dir := filepath.Join(cache, "wheelhouse", "playground", "git-lfs-"+hex.EncodeToString(sum[:8]))
	program := filepath.Join(dir, "git-lfs")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make cache folder: %w", err)
	}
	unlock, err := lock(filepath.Join(dir, ".lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	work, err := os.MkdirTemp("", "wheelhouse-git-lfs-*")
	if err != nil {
		return "", fmt.Errorf("make work folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(work) }()
	err = errors.Join(os.WriteFile(filepath.Join(work, "go.mod"), gitLFSMod, 0o600), os.WriteFile(filepath.Join(work, "go.sum"), gitLFSSum, 0o600))
	if err != nil {
		return "", fmt.Errorf("write work folder: %w", err)
	}
	if _, err := goTool(ctx, work, []string{"GOBIN=" + dir}, "install", "-ldflags", "-s -w", "tool"); err != nil {
		return "", fmt.Errorf("compile git-lfs: %w", err)
	}
	return program, nil
}
