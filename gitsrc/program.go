package gitsrc

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing/transport"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// program is the git program, for servers that go-git cannot talk to. It sees neither the user's configuration nor a
// terminal, and credentials reach it through its environment alone, never through arguments or files.
type program struct{ path string }

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
	if err != nil {
		return program{}, hint.With(fmt.Errorf("reach %s: the git program is needed for this server, and is not there", clean(raw)),
			"install git, or put it on PATH")
	}
	return program{path}, nil
}

// listThrough lists references with the git program.
func (f *Fetcher) listThrough(ctx context.Context, raw string) (map[string]string, string, error) {
	p, err := f.program(raw)
	if err != nil {
		return nil, "", err
	}
	env, err := f.programEnv(ctx, raw)
	if err != nil {
		return nil, "", err
	}
	out, err := p.run(ctx, env, nil, "-c", "protocol.version=2", "ls-remote", "--symref", "--", app.ShownURL(raw), "HEAD", "refs/heads/*", "refs/tags/*")
	if err != nil {
		return nil, "", err
	}
	refs, head := map[string]string{}, ""
	for line := range strings.Lines(string(out)) {
		value, name, _ := strings.Cut(strings.TrimRight(line, "\n"), "\t")
		if target, ok := strings.CutPrefix(value, "ref: "); ok {
			if name == "HEAD" {
				head = target
			}
			continue
		}
		refs[name] = value
	}
	if len(refs) == 0 {
		return nil, "", transport.ErrEmptyRemoteRepository
	}
	return refs, head, nil
}

// fetchThrough fetches branches and tags with the git program into a store that is there, or only what is named.
func (f *Fetcher) fetchThrough(ctx context.Context, raw, dir string, only ...string) error {
	p, err := f.program(raw)
	if err != nil {
		return err
	}
	env, err := f.programEnv(ctx, raw)
	if err != nil {
		return err
	}
	args := []string{"-C", dir, "-c", "gc.auto=0", "-c", "maintenance.auto=false", "fetch", "--quiet", "--no-write-fetch-head", "--no-recurse-submodules"}
	if len(only) > 0 {
		args = append(append(args, "--no-tags", "--", app.ShownURL(raw)), only...)
	} else {
		args = append(args, "--force", "--prune", "--", app.ShownURL(raw), "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
	}
	_, err = p.run(ctx, env, nil, args...)
	return err
}

// programEnv is the environment with a repository's login. What the program does not do is refused: over SSH it would have
// to be told of keys and hosts by files.
func (f *Fetcher) programEnv(ctx context.Context, raw string) ([]string, error) {
	if isSSH(raw) {
		return nil, hint.With(fmt.Errorf("reach %s: this server is not reached over SSH", clean(raw)), "use its https URL, with a token as --password")
	}
	l, err := f.opts.Registry.Login(ctx, raw)
	if err != nil {
		return nil, err
	}
	if l.CA != "" || l.ClientCert != "" {
		return nil, hint.With(fmt.Errorf("reach %s: certificates of a repository's own do not serve for this server", clean(raw)),
			"install the CA in the system")
	}
	settings := [][2]string{
		// A header of ours would go along with a redirect.
		{"http.followRedirects", "false"},
		{"core.hooksPath", os.DevNull},
		{"credential.helper", ""},
	}
	if header := authorization(raw, l); header != "" {
		settings = append(settings, [2]string{"http.extraHeader", "Authorization: " + header})
	}
	if l.Insecure {
		settings = append(settings, [2]string{"http.sslVerify", "false"})
	}
	if proxy := cmp.Or(l.ProxyURL.Reveal(), l.Proxy); proxy != "" {
		settings = append(settings, [2]string{"http.proxy", proxy})
	}
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.DevNull, "LC_ALL=C", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull,
		"GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=", "SSH_ASKPASS=", fmt.Sprintf("GIT_CONFIG_COUNT=%d", len(settings)),
	}
	if l.NoProxy != "" {
		env = append(env, "NO_PROXY="+l.NoProxy)
	} else {
		for _, name := range []string{"HTTPS_PROXY", "https_proxy", "http_proxy", "NO_PROXY", "no_proxy"} {
			env = append(env, name+"="+os.Getenv(name))
		}
	}
	for i, s := range settings {
		env = append(env, fmt.Sprintf("GIT_CONFIG_KEY_%d=%s", i, s[0]), fmt.Sprintf("GIT_CONFIG_VALUE_%d=%s", i, s[1]))
	}
	return env, nil
}

// authorization is the header of a login: the registered one, or else that of the URL.
func authorization(raw string, l app.RepositoryLogin) string {
	name, password := l.Username, l.Password.Reveal()
	if u, err := url.Parse(raw); err == nil && u.User != nil && name == "" && password == "" {
		name = u.User.Username()
		password, _ = u.User.Password()
	}
	switch {
	case !l.BearerToken.Empty():
		return "Bearer " + l.BearerToken.Reveal()
	case name != "" || password != "":
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(cmp.Or(name, "git")+":"+password))
	}
	return ""
}

// run runs the program and returns what it printed. The error holds what it said, and is go-git's where that is clear.
func (p program) run(ctx context.Context, env []string, stdin []byte, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, p.path, args...)
	cmd.Env, cmd.Stdin, cmd.WaitDelay = env, bytes.NewReader(stdin), time.Second
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	err := cmd.Run()
	if err == nil {
		return out.Bytes(), nil
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	text := strings.TrimSpace(said.String())
	for _, known := range []struct {
		part string
		err  error
	}{
		{"could not read Username", transport.ErrAuthenticationRequired},
		{"Authentication failed", transport.ErrAuthenticationRequired},
		{"error: 403", transport.ErrAuthorizationFailed},
		{"not found", transport.ErrRepositoryNotFound},
	} {
		if strings.Contains(text, known.part) {
			return nil, fmt.Errorf("%w: git: %s", known.err, text)
		}
	}
	return nil, errors.New("git: " + cmp.Or(text, err.Error()))
}
