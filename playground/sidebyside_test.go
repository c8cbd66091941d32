package playground_test

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wheelhouse-gitops/wheelhouse/playground"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestSideBySide starts a second playground beside the first. It takes its git server down and therefore runs alone.
func TestSideBySide(t *testing.T) {
	one := playtest.Shared(t)
	two, err := playground.Start(t.Context(), playground.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer two.Stop()
	t.Run("they share no address", func(t *testing.T) {
		if one.GitURL() == two.GitURL() || one.SSHGitURL() == two.SSHGitURL() || server(t, one) == server(t, two) {
			t.Errorf("%s %s, %s %s, %s %s", one.GitURL(), two.GitURL(), one.SSHGitURL(), two.SSHGitURL(), server(t, one), server(t, two))
		}
	})
	t.Run("they are two clusters", func(t *testing.T) {
		if identity(t, one) == identity(t, two) {
			t.Error("both have the same identity")
		}
	})
	t.Run("stopping the git server of one leaves the other", func(t *testing.T) {
		two.StopGit()
		mustGit(t, t.TempDir(), nil, "ls-remote", one.GitURL()+"/helm-web.git")
		if out, err := git(t, t.TempDir(), nil, "ls-remote", two.GitURL()+"/helm-web.git"); err == nil {
			t.Errorf("it was listed:\n%s", out)
		}
		if err := two.StartGit(); err != nil {
			t.Fatal(err)
		}
		mustGit(t, t.TempDir(), nil, "ls-remote", two.GitURL()+"/helm-web.git")
	})
	t.Run("a component that was killed is told, and comes back", func(t *testing.T) {
		if err := two.Kill("kube-scheduler"); err != nil {
			t.Fatal(err)
		}
		if err := two.Watch(t.Context()); err == nil || !strings.Contains(err.Error(), "kube-scheduler has ended") {
			t.Errorf("got %v, want that kube-scheduler has ended", err)
		}
		if err := two.Restart(t.Context(), "kube-scheduler"); err != nil {
			t.Fatal(err)
		}
		for _, c := range two.Status() {
			if c.State != "running" {
				t.Errorf("%s is %s", c.Name, c.State)
			}
		}
	})
}

func server(t *testing.T, p *playground.Playground) string {
	t.Helper()
	config, err := p.Config()
	if err != nil {
		t.Fatal(err)
	}
	return config.Host
}

func identity(t *testing.T, p *playground.Playground) string {
	t.Helper()
	client, err := p.Client()
	if err != nil {
		t.Fatal(err)
	}
	ns, err := client.CoreV1().Namespaces().Get(t.Context(), "kube-system", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return string(ns.UID)
}
