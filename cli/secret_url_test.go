package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// password is in the URLs of these tests, and may be printed nowhere.
const password = "correct-horse"

// hears runs commands and returns all that was said, in which the password is a failure.
func (p *program) hears(commands ...[]string) string {
	p.t.Helper()
	log := filepath.Join(p.home, "log")
	all := ""
	for _, args := range commands {
		r := p.run(append(args, "--log-file", log)...)
		if said := r.out + r.err; strings.Contains(said, password) {
			p.t.Errorf("wheelhouse %v prints the password:\n%s", args, said)
		}
		all += r.out + r.err
	}
	if logged, err := os.ReadFile(log); err != nil || strings.Contains(string(logged), password) {
		p.t.Errorf("the log holds the password (%v):\n%s", err, logged)
	}
	return all
}

func TestAPasswordInTheURLOfARepositoryBecomesThatOfItsEntry(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	url := "https://git.invalid/team"
	raw := "https://ada:" + password + "@git.invalid/team"
	said := p.hears([]string{"repo", "add", raw, "--insecure-skip-server-verification"})
	contains(t, said, "identity of "+url+" is not checked", "repository "+url+" added")
	contains(t, p.hears([]string{"repo", "list"}), url, "ada", "password")
	if r := p.expect(6, "repo", "add", raw); strings.Contains(r.err, password) {
		t.Errorf("the refusal prints the password: %s", r.err)
	} else {
		contains(t, r.err, url, "already exists", "--upsert")
	}
	kept, err := os.ReadFile(filepath.Join(p.store, ".wheelhouse", "repositories.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	contains(t, string(kept), "url: "+url, "username: ada", "password: "+password)
	p.hears(
		[]string{"repo", "list", "-o", "json"}, []string{"repo", "list", "-o", "name"}, []string{"repo", "test", raw}, []string{"repo", "test"},
		[]string{"repo", "trust", raw}, []string{"repo", "trust", raw, "--remove"}, []string{"doctor"}, []string{"repo", "add", raw, "--upsert"},
	)
	contains(t, p.hears([]string{"repo", "rm", raw}), "repository "+url+" removed")
	r := p.expect(3, "repo", "rm", raw)
	contains(t, r.err, url, "not found", "wheelhouse repo list")
	if strings.Contains(r.err, password) {
		t.Errorf("repo rm prints the password: %s", r.err)
	}
}

func TestWhatIsNoURLIsNotRegistered(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	r := p.expect(2, "repo", "add", "https://ada:"+password+"%zz@git.invalid/bad")
	contains(t, r.err, "this is no URL", "--password -")
	keys := p.write("keys", "# keys\nmachine git.invalid login ada "+password+"\n"+password+" ssh-ed25519 AAAA\n")
	said := r.err + p.hears(
		[]string{"repo", "add", "https://git.invalid/keys", "--signature-keys", keys}, []string{"repo", "list"}, []string{"repo", "list", "-o", "json"},
	)
	contains(t, said, "line 2", "no repositories")
	if strings.Contains(said, password) {
		t.Errorf("the password is printed:\n%s", said)
	}
}

func TestAPasswordInTheURLOfAnApplicationIsHidden(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	url := "http://127.0.0.1:1/shop.git"
	raw := "http://ada:" + password + "@127.0.0.1:1/shop.git"
	said := p.hears([]string{
		"app", "create", "shop", "--repo", raw, "--path", ".", "--dest-name", "x", "--dest-namespace", "y", "--sync-option", "Prun=true",
	})
	contains(t, said, "warning", "wheelhouse repo add "+url, "Prun", "created")
	documents := p.hears([]string{"app", "get", "shop", "-o", "yaml"})
	contains(t, documents, "repoURL: "+app.HideLogin(raw))
	contains(t, p.hears([]string{"app", "list", "-o", "wide"}, []string{"app", "get", "shop"}, []string{"repo", "list", "-o", "name"}), url)
	contains(t, p.hears([]string{"app", "list", "--repo", url, "-o", "name"}), "shop")
	p.hears(
		[]string{"app", "refresh", "shop"}, []string{"app", "list", "--refresh"}, []string{"app", "list", "-o", "json"}, []string{"app", "list", "-o", "yaml"},
		[]string{"app", "get", "shop", "-o", "json", "--refresh"}, []string{"app", "get", "shop", "--values"}, []string{"app", "get", "shop", "--show-params"},
		[]string{"app", "plan", "shop"}, []string{"app", "plan", "shop", "-o", "json"}, []string{"app", "diff", "shop"}, []string{"app", "sync", "shop"},
		[]string{"app", "manifests", "shop"}, []string{"app", "resources", "shop"}, []string{"app", "explain", "shop"}, []string{"app", "history", "shop", "-o", "json"},
		[]string{"app", "edit", "shop", "--values"}, []string{"app", "wait", "shop", "--timeout", "1s"}, []string{"app", "logs", "shop"},
		[]string{"repo", "list", "-o", "json"}, []string{"repo", "test"}, []string{"doctor"},
		[]string{"app", "set", "shop", "--revision", "v1"}, []string{"app", "get", "shop", "-o", "yaml"},
	)

	// What was printed is written back without loss, and in no other application.
	stored := func() string {
		b, err := os.ReadFile(filepath.Join(p.store, "shop.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	p.reads(documents).must("app", "create", "-f", "-", "--upsert")
	contains(t, stored(), raw)
	editor := p.write("editor", "#!/bin/sh\ncp \"$1\" "+p.home+"/seen; sed -i s/path:.*/path:\\ deploy/ \"$1\"\n")
	if err := os.Chmod(editor, 0o755); err != nil {
		t.Fatal(err)
	}
	p.env = append(p.env, "EDITOR="+editor)
	p.hears([]string{"app", "edit", "shop"})
	contains(t, stored(), raw, "path: deploy")
	if seen, err := os.ReadFile(filepath.Join(p.home, "seen")); err != nil || strings.Contains(string(seen), password) {
		t.Errorf("the editor shows the password (%v):\n%s", err, seen)
	}
	r := p.reads(strings.ReplaceAll(documents, "name: shop", "name: other")).expect(2, "app", "create", "-f", "-")
	contains(t, r.err, "repoURL", "wheelhouse repo add")
	p.must("app", "set", "shop", "--repo", url)
	if strings.Contains(stored(), password) {
		t.Error("the password stays in an application that was given a URL without one")
	}
}
