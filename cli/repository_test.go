package cli_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestRepositoriesAreRegistered gives secrets through the standard input, a line each.
func TestRepositoriesAreRegistered(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	url := "https://git.example.com/team"
	r := p.reads("correct-horse\nhttp://ada:battery@proxy.example.com:3128\n").expect(0, "repo", "add", url,
		"--username", "ci", "--password", "-", "--proxy", "-", "--no-proxy", "example.org", "--insecure-skip-server-verification")
	contains(t, r.err, "warning: insecure")
	listed := p.expect(0, "repo", "list").out
	contains(t, listed, "SERVER", url, "password", "ci", "insecure")
	data := p.expect(0, "repo", "list", "-o", "json").out
	contains(t, data, `"proxy": "http://proxy.example.com:3128"`, `"noProxy": "example.org"`, `"type": "git"`)
	if all := r.out + r.err + listed + data; strings.Contains(all, "correct-horse") || strings.Contains(all, "battery") {
		t.Errorf("a secret was printed:\n%s", all)
	}
	p.must("repo", "add", url+"/monorepo.git", "--partial", "--enable-lfs")
	contains(t, p.must("repo", "list"), "CLONE", "partial lfs")
	contains(t, p.must("repo", "list", "-o", "json"), `"enablePartialClone": true`, `"enableLfs": true`)
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"--partial", "--type", "helm"}, "only a git repository is cloned in part"},
		{[]string{"--enable-lfs", "--type", "helm"}, "only files of a git repository are kept in Git LFS"},
		{[]string{"--type", "svn"}, "use git, helm or oci"},
		{[]string{"--ca-path", filepath.Join(p.home, "nothing.pem")}, "read CA"},
		{[]string{"--password", "-", "--bearer-token", "-"}, "read secret from the standard input"},
		{[]string{"--keyring", filepath.Join(p.home, "nothing.gpg")}, "read keyring"},
	} {
		r := p.reads("one line\n").run(append([]string{"repo", "add", "https://other.example.com"}, tt.args...)...)
		if r.status == 0 {
			t.Errorf("%v passed", tt.args)
		}
		contains(t, r.err, tt.want)
	}
}

func TestWhoMayOnlyLookRegistersNothing(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.must("repo", "add", "https://git.example.com/team")
	for _, args := range [][]string{
		{"add", "https://git.example.com/other", "--password", "-"},
		{"rm", "https://git.example.com/team"},
		{"trust", "git@git.example.com:team/shop.git", "--remove"},
	} {
		r := p.reads("correct-horse\n").expect(6, append([]string{"--read-only", "repo"}, args...)...)
		contains(t, r.err, "change the registered repositories: not allowed", "--read-only")
	}
	listed := p.must("--read-only", "repo", "list")
	contains(t, listed, "https://git.example.com/team")
	if strings.Contains(listed, "other") {
		t.Errorf("a repository was added:\n%s", listed)
	}
}

func TestARegisteredRepositoryIsChanged(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	url := "https://git.example.com/shop"
	p.must("repo", "add", url, "--username", "ci", "--password", "correct-horse", "--name", "shop", "--enable-lfs", "--partial",
		"--insecure-skip-server-verification", "--proxy", "http://proxy.example.com:3128", "--no-proxy", "example.org")
	for _, same := range []string{url, url + "/", url + ".git"} {
		contains(t, p.run("repo", "add", same).err, "already exists; --upsert changes it")
	}
	settings := []string{`"name": "shop"`, `"enableLfs": true`, `"enablePartialClone": true`, `"insecure": true`, `"proxy": "http://proxy.example.com:3128"`, `"noProxy": "example.org"`}
	p.must("repo", "add", url+".git", "--upsert", "--bearer-token", "battery")
	listed := p.must("repo", "list", "-o", "json")
	contains(t, listed, append(settings, `"url": "`+url+`.git"`, `"credentials": "token"`)...)
	if strings.Contains(listed, `"ci"`) || strings.Count(listed, `"url"`) != 1 {
		t.Errorf("after a token: %s", listed)
	}
	p.must("repo", "add", url, "--upsert", "--partial=false", "--insecure-skip-server-verification=false")
	listed = p.must("repo", "list", "-o", "json")
	contains(t, listed, `"enableLfs": true`, `"credentials": "token"`)
	if strings.Contains(listed, "enablePartialClone") || strings.Contains(listed, `"insecure"`) {
		t.Errorf("after two settings were taken back: %s", listed)
	}
	p.must("repo", "rm", url+"/")
	if listed := p.must("repo", "list", "-o", "json"); strings.Contains(listed, "example.com") {
		t.Errorf("after it was removed: %s", listed)
	}
}
