package gitsrc_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc/sshtest"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// pulls is how many pull requests there ever were.
const pulls = 300

// withPulls gives a repository references of pull requests, and returns the commit of the seventh.
func withPulls(t *testing.T, r repository) string {
	t.Helper()
	id := r.commit(t, "seventh", "propose", map[string]string{"values.yaml": "replicas: 7\n"})
	r.remote(t, "update-ref", "-d", "refs/heads/seventh")
	var all strings.Builder
	for i := range pulls {
		fmt.Fprintf(&all, "create refs/pull/%d/head %s\n", i, id)
	}
	cmd := exec.CommandContext(t.Context(), "git", "-C", r.bare, "update-ref", "--stdin")
	cmd.Stdin = strings.NewReader(all.String())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("update-ref: %v: %s", err, out)
	}
	return id
}

// serveDaemon serves the repositories of a folder by git's own protocol.
func serveDaemon(t *testing.T, root string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	sshtest.Accept(t, l, func(conn net.Conn) {
		defer func() { _ = conn.Close() }()
		file, err := conn.(*net.TCPConn).File()
		if err != nil {
			return
		}
		defer func() { _ = file.Close() }()
		cmd := exec.Command("git", "daemon", "--inetd", "--informative-errors", "--export-all", "--base-path="+root, root)
		cmd.Stdin, cmd.Stdout = file, file
		_ = cmd.Run()
	})
	return "git://" + l.Addr().String()
}

// TestReferencesOfPullRequestsAreNotSent reads what the servers say, which git notes in a file.
func TestReferencesOfPullRequestsAreNotSent(t *testing.T) {
	key := sshtest.NewKey(t)
	for name, tt := range map[string]struct {
		old   bool
		serve func(t *testing.T) (root, url string, options gitsrc.Options)
	}{
		"over HTTP": {false, func(t *testing.T) (string, string, gitsrc.Options) {
			s := newServer(t, nil)
			return s.root, s.url, gitsrc.Options{}
		}},
		"over SSH": {false, func(t *testing.T) (string, string, gitsrc.Options) {
			s, root := sshtest.Serve(t, key), t.TempDir()
			return root, s.URL + root, gitsrc.Options{Registry: withKey(t, s.URL, key.Text, false), KnownHosts: []string{s.Known}}
		}},
		"by git's own protocol": {false, func(t *testing.T) (string, string, gitsrc.Options) {
			root := t.TempDir()
			return root, serveDaemon(t, root), gitsrc.Options{}
		}},
		"by an old server over HTTP they are, and read": {true, func(t *testing.T) (string, string, gitsrc.Options) {
			s := newServer(t, func(r *http.Request) int {
				r.Header.Del("Git-Protocol")
				return 0
			})
			return s.root, s.url, gitsrc.Options{}
		}},
		"by an old server over SSH they are, and read": {true, func(t *testing.T) (string, string, gitsrc.Options) {
			s, root := sshtest.ServeOld(t, key), t.TempDir()
			return root, s.URL + root, gitsrc.Options{Registry: withKey(t, s.URL, key.Text, false), KnownHosts: []string{s.Known}}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			root, url, options := tt.serve(t)
			r := newRepository(t, root, "shop")
			id := r.commit(t, "main", "begin", nil)
			r.tag(t, "v1.0.0", "the first")
			seventh := withPulls(t, r)
			notes := filepath.Join(t.TempDir(), "packets")
			t.Setenv("GIT_TRACE_PACKET", notes)
			options.CacheDir = t.TempDir()
			f := gitsrc.New(options)
			for _, rev := range []string{"main", "HEAD", "v1.0.0", "refs/tags/v1.0.0", "1.*", "refs/heads/main"} {
				if got := resolve(t, f, source(url+"/shop.git", rev), time.Hour); got.ID != id {
					t.Errorf("%s is %s, want %s", rev, got.ID, id)
				}
			}
			text, err := os.ReadFile(notes)
			if err != nil {
				t.Fatal(err)
			}
			sent := map[string]int{}
			for line := range strings.Lines(string(text)) {
				_, said, _ := strings.Cut(line, "upload-pack> ")
				for _, kind := range []string{" refs/heads/", " refs/tags/", " refs/pull/"} {
					if strings.Contains(said, kind) {
						sent[kind]++
					}
				}
			}
			want := 0
			if tt.old {
				want = pulls
			}
			if sent[" refs/heads/"] == 0 || sent[" refs/tags/"] == 0 || sent[" refs/pull/"] != want {
				t.Errorf("the server sent %v, want %d references of pull requests", sent, want)
			}
			src := source(url+"/shop.git", "refs/pull/7/head")
			if got := resolve(t, f, src, time.Hour); got.ID != seventh {
				t.Errorf("the pull request is at %s, want %s", got.ID, seventh)
			}
			if got := readFile(t, fetch(t, f, src, seventh).Files, "values.yaml"); got != "replicas: 7\n" {
				t.Errorf("values.yaml is %q", got)
			}
		})
	}
}

func TestAReferenceBesideBranchesAndTagsIsFollowed(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]gitsrc.Options{"by ourselves": {}, "by the git program": {ThroughGit: everything}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, nil)
			r, url, id := s.shop(t)
			withPulls(t, r)
			options.CacheDir = t.TempDir()
			f := gitsrc.New(options)
			if got := resolve(t, f, source(url, "main"), time.Hour); got.ID != id {
				t.Errorf("main is %s, want %s", got.ID, id)
			}
			fetch(t, f, source(url, "main"), id)
			src := source(url, "refs/pull/7/head")
			for _, replicas := range []string{"8", "9"} {
				next := r.commit(t, "next", "propose "+replicas, map[string]string{"values.yaml": "replicas: " + replicas + "\n"})
				r.remote(t, "update-ref", "refs/pull/7/head", next)
				r.remote(t, "update-ref", "-d", "refs/heads/next")
				if got := resolve(t, f, src, 0); got.ID != next {
					t.Errorf("the pull request is at %s, want %s", got.ID, next)
				}
				if got := readFile(t, fetch(t, f, src, next).Files, "values.yaml"); got != "replicas: "+replicas+"\n" {
					t.Errorf("values.yaml is %q", got)
				}
			}
			asked := s.count(listForFetch)
			for _, rev := range []string{"main", "refs/pull/7/head", "main"} {
				resolve(t, f, source(url, rev), time.Hour)
			}
			if got := s.count(listForFetch); got != asked {
				t.Errorf("the server was asked %d times more, and it had answered already", got-asked)
			}
			for _, rev := range []string{"refs/pull/999/head", "refs/pull/7/head\nref-prefix refs/", "refs/"} {
				if _, err := f.Resolve(t.Context(), source(url, rev), time.Hour); err == nil || !strings.Contains(err.Error(), "no such revision") {
					t.Errorf("%q gave %v", rev, err)
				}
			}
		})
	}
}

func TestAnAnswerThatIsNoListIsAnError(t *testing.T) {
	t.Parallel()
	const second = "000eversion 2\n000bls-refs0000"
	for name, tt := range map[string]struct{ greeting, answer, want string }{
		"other commits":      {"000eversion 2\n0019object-format=sha2560000", "", "named by sha256"},
		"no lists":           {"000eversion 2\n0000", "", "lists no references by it"},
		"the end too early":  {second, "", "unexpected EOF"},
		"no length":          {second, "xxxx", "invalid pkt-len found"},
		"no ids":             {second, "0014hello refs/heads0000", `no list of references: "hello refs/heads"`},
		"a word of farewell": {second, "0010ERR go away\n", "go away"},
		"nothing":            {second, "0000", "the repository is empty"},
		"too much":           {second, strings.Repeat("003c"+strings.Repeat("a", 40)+" refs/heads/mai\n", 1<<20+1<<17), "longer than 64 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, nil)
			s.answer = func(w http.ResponseWriter, r *http.Request) {
				text := tt.greeting
				if r.Method == http.MethodPost {
					text = tt.answer
				}
				_, _ = w.Write([]byte(text))
			}
			_, err := newFetcher(t).Resolve(t.Context(), source(s.url+"/shop.git", "main"), 0)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestFailuresOfGitsOwnProtocolSayWhatToDo(t *testing.T) {
	t.Parallel()
	url := serveDaemon(t, t.TempDir())
	for at, want := range map[string]string{
		url + "/nothing.git":                      "there is no such repository",
		"git://" + closedPort(t) + "/nothing.git": "the connection was refused",
	} {
		_, err := newFetcher(t).Resolve(t.Context(), source(at, "main"), 0)
		if err == nil || !strings.Contains(err.Error(), want) || hint.Of(err) == "" {
			t.Errorf("%s gave %v with the hint %q, want %q", at, err, hint.Of(err), want)
		}
	}
}
