package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// detached starts a playground in the background, and ends it with the test when the test has not.
func detached(t *testing.T, dir string) {
	t.Helper()
	expect(t, 0, "up", "--dir", dir, "--detach")
	t.Cleanup(func() {
		// The test's context has ended, and with it the programs that it would start.
		for _, pid := range playgroundOf(dir) {
			_ = pid.Signal(os.Interrupt)
			waitGone(t, pid.Pid)
		}
	})
}

// TestUpDown takes a playground up, down and up again.
func TestUpDown(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	detached(t, dir)
	store := filepath.Join(dir, "store")
	t.Run("env names kubeconfig, store and git", func(t *testing.T) {
		env := readFile(t, filepath.Join(dir, "env"))
		contains(t, env, "KUBECONFIG=\""+filepath.Join(dir, "kubeconfig")+"\"", "WHEELHOUSE_STORE=\"file:"+store+"\"", "PLAYGROUND_GIT_URL=\"http://127.0.0.1:")
	})
	t.Run("the sample applications are in the store", func(t *testing.T) {
		files, err := filepath.Glob(filepath.Join(store, "*.yaml"))
		if err != nil || len(files) != 9 {
			t.Errorf("%d documents, want 9: %v (%v)", len(files), files, err)
		}
	})
	t.Run("the cluster has ready nodes", func(t *testing.T) {
		list, err := client(t, dir).CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
		if err != nil || len(list.Items) != 3 {
			t.Errorf("%d nodes, want 3 (%v)", len(list.Items), err)
		}
	})
	t.Run("status has a line for every component", func(t *testing.T) {
		lines := strings.Split(strings.TrimSpace(expect(t, 0, "status", "--dir", dir).out), "\n")
		if len(lines) != 6 {
			t.Errorf("%d lines, want 6: %q", len(lines), lines)
		}
		for _, line := range lines {
			contains(t, line, "running")
		}
	})
	t.Run("a second playground in the same folder is refused", func(t *testing.T) {
		contains(t, expect(t, exitError, "up", "--dir", dir, "--detach").err, "already running", dir)
		contains(t, expect(t, exitError, "up", "--dir", dir).err, "already running", dir)
	})
	t.Run("status says that the git server is stopped", func(t *testing.T) {
		expect(t, 0, "git", "stop", "--dir", dir)
		contains(t, expect(t, exitError, "status", "--dir", dir).err, "git server is not running")
		expect(t, 0, "git", "start", "--dir", dir)
		expect(t, 0, "status", "--dir", dir)
	})
	t.Run("down ends it, and what it was is there again after up", func(t *testing.T) {
		if err := os.Remove(filepath.Join(store, "broken.yaml")); err != nil {
			t.Fatal(err)
		}
		before := kubeSystem(t, dir)
		expect(t, 0, "down", "--dir", dir)
		expect(t, exitNone, "status", "--dir", dir)
		expect(t, 0, "up", "--dir", dir, "--detach")
		if after := kubeSystem(t, dir); after != before {
			t.Errorf("another cluster came back: %s, want %s", after, before)
		}
		if _, err := os.Stat(filepath.Join(store, "broken.yaml")); err == nil {
			t.Error("a sample that was removed is in the store again")
		}
		expect(t, 0, "down", "--dir", dir)
	})
}

// TestInterrupt ends a playground in the foreground as Ctrl-C does.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmd, children := foreground(t, dir)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ends with %v", err)
	}
	for _, pid := range children {
		waitGone(t, pid)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func client(t *testing.T, dir string) kubernetes.Interface {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", filepath.Join(dir, "kubeconfig"))
	if err != nil {
		t.Fatal(err)
	}
	config.Timeout = 10 * time.Second
	c, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// kubeSystem returns the UID by which a cluster is known.
func kubeSystem(t *testing.T, dir string) string {
	t.Helper()
	ns, err := client(t, dir).CoreV1().Namespaces().Get(t.Context(), "kube-system", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return string(ns.UID)
}
