package gitsrc

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing/transport"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// program is the git program, for what go-git cannot do. It sees neither the user's configuration nor a terminal, and no
// credentials: it reaches a repository by a [way].
type program struct {
	path string
	// extra are open files beside the three standard ones, from 3 on.
	extra []*os.File
}

// needsProgram reports whether a server speaks what go-git does not: Azure DevOps insists on multi_ack.
func needsProgram(raw string) bool {
	host := strings.ToLower(hostName(raw))
	if i := strings.LastIndex(host, ":"); i >= 0 {
		host = host[:i]
	}
	return host == "dev.azure.com" || strings.HasSuffix(host, ".dev.azure.com") || strings.HasSuffix(host, ".visualstudio.com")
}

func (f *Fetcher) gitName() string { return cmp.Or(f.opts.Git, "git") }

// program returns the git program; the error says why it is needed.
func (f *Fetcher) program(raw string) (program, error) {
	path, err := exec.LookPath(f.gitName())
	switch {
	case err == nil:
		return program{path: path}, nil
	case f.opts.ThroughGit(raw):
		return program{}, hint.With(fmt.Errorf("reach %s: the git program is needed for this server, and is not there", clean(raw)),
			"install git, or put it on PATH")
	}
	return program{}, hint.With(fmt.Errorf("fetch %s: the git program is needed for a partial clone, and is not there", clean(raw)),
		"install git, or put it on PATH; or register the repository as a whole: wheelhouse repo add "+clean(raw)+" --upsert --partial=false")
}

// converse calls the git program with a repository as its remote "origin", once.
func (f *Fetcher) converse(ctx context.Context, raw string, settings []setting, stdin []byte, args ...string) ([]byte, error) {
	p, err := f.program(raw)
	if err != nil {
		return nil, err
	}
	w, err := f.wayTo(ctx, raw)
	if err != nil {
		return nil, err
	}
	p.extra = w.files
	settings = append(append(settings, w.settings...), setting{"remote.origin.url", w.url})
	out, err := p.run(ctx, programEnv(settings), stdin, args...)
	if err = w.end(err); err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	return out, err
}

// listThrough lists references with the git program: branches, tags, and those of these names.
func (f *Fetcher) listThrough(ctx context.Context, raw string, names []string) (listing, error) {
	args := append([]string{"ls-remote", "--symref", "origin", "HEAD", "refs/heads/*", "refs/tags/*"}, names...)
	out, err := f.converse(ctx, raw, nil, nil, args...)
	if err != nil {
		return listing{}, err
	}
	l := listing{refs: map[string]string{}}
	for line := range strings.Lines(string(out)) {
		value, name, _ := strings.Cut(strings.TrimRight(line, "\n"), "\t")
		if target, ok := strings.CutPrefix(value, "ref: "); ok {
			if name == "HEAD" {
				l.head = target
			}
			continue
		}
		l.refs[name] = value
	}
	if len(l.refs) == 0 {
		return listing{}, transport.ErrEmptyRemoteRepository
	}
	return l, nil
}

// fetchThrough fetches branches and tags with the git program into a store that is there, or only what is named.
func (f *Fetcher) fetchThrough(ctx context.Context, raw, dir string, partial bool, only ...string) error {
	args := append(fetchArgs(dir), "--no-tags")
	var settings []setting
	if partial {
		args, settings = append(args, filterFlag), promisor
	}
	if args = append(args, "origin"); len(only) > 0 {
		args = append(args, only...)
	} else {
		args = append(args, "--force", "--prune", "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
		args = append(args, f.fetchedApart(raw)...)
	}
	_, err := f.converse(ctx, raw, settings, nil, args...)
	return err
}

// fetchArgs are what all fetches into a store have in common: what comes stays a pack, for packs are joined.
func fetchArgs(dir string) []string {
	return []string{
		"--git-dir", dir, "-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "fetch.unpackLimit=1",
		"fetch", "--quiet", "--no-write-fetch-head", "--no-recurse-submodules",
	}
}

// setting is one line of git's configuration.
type setting struct{ key, value string }

// programEnv is the whole environment of the git program, which is in no repository but one that its arguments name: that of the
// folder where this program was started would have a say in where it goes.
func programEnv(settings []setting) []string {
	settings = append(settings,
		setting{"core.hooksPath", os.DevNull}, setting{"credential.helper", ""}, setting{"protocol.version", "2"})
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.DevNull, "LC_ALL=C", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_DIR=" + os.DevNull,
		"GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=", "SSH_ASKPASS=", fmt.Sprintf("GIT_CONFIG_COUNT=%d", len(settings)),
	}
	for i, s := range settings {
		env = append(env, fmt.Sprintf("GIT_CONFIG_KEY_%d=%s", i, s.key), fmt.Sprintf("GIT_CONFIG_VALUE_%d=%s", i, s.value))
	}
	return env
}

// run runs the program and returns what it printed. The error holds what it said, and is go-git's where that is clear.
func (p program) run(ctx context.Context, env []string, stdin []byte, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, p.path, args...)
	cmd.Env, cmd.Stdin, cmd.ExtraFiles, cmd.WaitDelay = env, bytes.NewReader(stdin), p.extra, time.Second
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	err := cmd.Run()
	if err == nil {
		return out.Bytes(), nil
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, programError(cmp.Or(strings.TrimSpace(said.String()), err.Error()))
}

// programError is what the program, or a server through it, said: go-git's error where that is clear.
func programError(text string) error {
	for _, known := range []struct {
		part string
		err  error
	}{
		{"could not read Username", transport.ErrAuthenticationRequired},
		{"Authentication failed", transport.ErrAuthenticationRequired},
		{"error: 403", transport.ErrAuthorizationFailed},
		{"not found", transport.ErrRepositoryNotFound},
		{"does not appear to be a git repository", transport.ErrRepositoryNotFound},
		{"epository does not exist", transport.ErrRepositoryNotFound},
		{"no such repository", transport.ErrRepositoryNotFound},
		{"access denied", transport.ErrRepositoryNotFound},
		{"could not be found", transport.ErrRepositoryNotFound},
	} {
		if strings.Contains(text, known.part) {
			return fmt.Errorf("%w: git: %s", known.err, text)
		}
	}
	return errors.New("git: " + text)
}
