package playground

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// samples holds the sample repositories, one folder each with one folder per commit, and the sample applications.
//
//go:embed all:samples
var samples embed.FS

// authors of the sample repositories take turns.
var authors = []string{"Mira Holt <mira@example.com>", "Jonas Falk <jonas@example.com>", "Ada Brandt <ada@example.com>"}

// makeRepositories makes the bare repositories of the samples that are not there yet. Below samples/repositories, a
// folder is a repository; in it BRANCH/NN-some-message is the content of a commit on that branch, each on top of the
// one before, the first of another branch than main on top of main's first.
func makeRepositories(ctx context.Context, root string) error {
	repositories, err := samples.ReadDir("samples/repositories")
	if err != nil {
		return fmt.Errorf("read samples: %w", err)
	}
	for _, r := range repositories {
		bare := filepath.Join(root, r.Name()+".git")
		if _, err := os.Stat(filepath.Join(bare, "HEAD")); err == nil {
			continue
		}
		if err := makeRepository(ctx, bare, path.Join("samples/repositories", r.Name())); err != nil {
			return fmt.Errorf("make repository %s: %w", r.Name(), err)
		}
	}
	return nil
}

// makeEmpty makes a bare repository without a commit, to which everybody may push.
func makeEmpty(ctx context.Context, bare string) error {
	if _, err := git(ctx, "", nil, "init", "--quiet", "--bare", "--initial-branch=main", bare); err != nil {
		return err
	}
	// Pushes need no password, and whoever clones may leave out what is not needed.
	for _, name := range []string{"http.receivepack", "uploadpack.allowFilter"} {
		if _, err := git(ctx, bare, nil, "config", name, "true"); err != nil {
			return err
		}
	}
	return nil
}

func makeRepository(ctx context.Context, bare, from string) error {
	if err := makeEmpty(ctx, bare); err != nil {
		return err
	}
	branches, err := samples.ReadDir(from)
	if err != nil {
		return err
	}
	slices.SortFunc(branches, func(a, b fs.DirEntry) int {
		// main comes first, for others begin there.
		if a.Name() == "main" {
			return -1
		}
		if b.Name() == "main" {
			return 1
		}
		return strings.Compare(a.Name(), b.Name())
	})
	for _, b := range branches {
		commits, err := samples.ReadDir(path.Join(from, b.Name()))
		if err != nil {
			return err
		}
		for i, c := range commits {
			files, err := filesBelow(path.Join(from, b.Name(), c.Name()))
			if err != nil {
				return err
			}
			_, message, _ := strings.Cut(c.Name(), "-")
			if _, err := commitAt(ctx, bare, b.Name(), strings.ReplaceAll(message, "-", " "), files, i); err != nil {
				return err
			}
		}
	}
	return nil
}

func filesBelow(folder string) (map[string][]byte, error) {
	files := map[string][]byte{}
	err := fs.WalkDir(samples, folder, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := samples.ReadFile(name)
		files[strings.TrimPrefix(name, folder+"/")] = b
		return err
	})
	return files, err
}

// commitFiles writes files on top of a branch, by an author of today.
func commitFiles(ctx context.Context, bare, branch, message string, files map[string][]byte) (string, error) {
	return commitAt(ctx, bare, branch, message, files, -1)
}

// commitAt writes a commit without a work tree. The commits of samples are days apart and the same in every playground.
func commitAt(ctx context.Context, bare, branch, message string, files map[string][]byte, nth int) (string, error) {
	index := filepath.Join(bare, "playground-index-"+branch)
	defer func() { _ = os.Remove(index) }()
	env := []string{"GIT_INDEX_FILE=" + index}
	parent := ""
	for _, base := range []string{"refs/heads/" + branch, "refs/heads/main"} {
		if out, err := git(ctx, bare, nil, "rev-parse", "--verify", "--quiet", base); err == nil {
			parent = strings.TrimSpace(out)
			break
		}
	}
	if parent != "" {
		if _, err := git(ctx, bare, env, "read-tree", parent); err != nil {
			return "", err
		}
	}
	for name, content := range files {
		if content == nil {
			if _, err := git(ctx, bare, env, "update-index", "--force-remove", name); err != nil {
				return "", err
			}
			continue
		}
		blob, err := gitInput(ctx, bare, env, string(content), "hash-object", "-w", "--stdin")
		if err != nil {
			return "", err
		}
		if _, err := git(ctx, bare, env, "update-index", "--add", "--cacheinfo", "100644,"+strings.TrimSpace(blob)+","+name); err != nil {
			return "", err
		}
	}
	tree, err := git(ctx, bare, env, "write-tree")
	if err != nil {
		return "", err
	}
	args := []string{"commit-tree", strings.TrimSpace(tree), "-m", message}
	if parent != "" {
		args = append(args, "-p", parent)
	}
	id, err := git(ctx, bare, append(env, identity(nth)...), args...)
	if err != nil {
		return "", err
	}
	id = strings.TrimSpace(id)
	_, err = git(ctx, bare, nil, "update-ref", "refs/heads/"+branch, id)
	return id, err
}

// identity is who makes the nth sample commit, and when; a negative one is made now.
func identity(nth int) []string {
	name, mail, _ := strings.Cut(authors[max(nth, 0)%len(authors)], " <")
	mail = strings.TrimSuffix(mail, ">")
	env := []string{"GIT_AUTHOR_NAME=" + name, "GIT_AUTHOR_EMAIL=" + mail, "GIT_COMMITTER_NAME=" + name, "GIT_COMMITTER_EMAIL=" + mail}
	if nth >= 0 {
		date := fmt.Sprintf("2026-09-%02dT09:%02d:00Z", 1+nth*3, 10+nth)
		env = append(env, "GIT_AUTHOR_DATE="+date, "GIT_COMMITTER_DATE="+date)
	}
	return env
}

func git(ctx context.Context, dir string, env []string, args ...string) (string, error) {
	return gitInput(ctx, dir, env, "", args...)
}

// gitInput runs git without the user's own configuration.
func gitInput(ctx context.Context, dir string, env []string, input string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), append([]string{"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1"}, env...)...)
	cmd.Stdin = strings.NewReader(input)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return out.String(), errors.Join(fmt.Errorf("git %s: %w", args[0], err), errors.New(strings.TrimSpace(errs.String())))
	}
	return out.String(), nil
}
