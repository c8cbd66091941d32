package e2e

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// holdPush has the playground's server stop at a hook of the next push, once, and returns a function that waits until it does and lets
// it go on when the given function has returned.
func (r *repository) holdPush(p *program, hook string) (while func(func())) {
	r.t.Helper()
	bare := filepath.Join(p.play.Dir(), "git", strings.TrimSuffix(filepath.Base(r.url), ".git")+".git")
	fifo := filepath.Join(bare, "held")
	script := filepath.Join(bare, "hooks", hook)
	if err := errors.Join(os.MkdirAll(filepath.Dir(script), 0o755), syscall.Mkfifo(fifo, 0o600),
		os.WriteFile(script, []byte("#!/bin/sh\nread -r answer < '"+fifo+"'\n[ \"$answer\" = go ]\n"), 0o755)); err != nil {
		r.t.Fatal(err)
	}
	return func(meanwhile func()) {
		r.t.Helper()
		var held *os.File
		playtest.Eventually(r.t, playtest.Patience, "the push is at "+hook, func() (err error) {
			// There is nobody to write to before the hook reads.
			held, err = os.OpenFile(fifo, os.O_WRONLY|syscall.O_NONBLOCK, 0)
			return err
		})
		meanwhile()
		// The hook of a push whose process is dead refuses it.
		if err := errors.Join(os.Remove(script), held.Close()); err != nil {
			r.t.Error(err)
		}
	}
}

// killedAtPush begins a rollback with its commit and kills the process while the server holds the push.
func (p *program) killedAtPush(name string, while func(func())) {
	p.t.Helper()
	cmd := p.begin("app", "rollback", name, "r1", "--commit", "--yes")
	while(func() {
		if err := cmd.Process.Kill(); err != nil {
			p.t.Fatal(err)
		}
		_ = cmd.Wait()
	})
}

// TestKilledAfterThePush kills a rollback when git has its commit already, and before it could write down what it did.
func TestKilledAfterThePush(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	begin := func(t *testing.T, w *program, name string) (repo *repository, pushed string) {
		t.Helper()
		repo = newRepository(t, w.play, name, map[string]string{"settings.yaml": configMap("settings", "one")})
		w.create(name, repo)
		w.must("app", "sync", name)
		bad := repo.push("a bad commit", map[string]string{"settings.yaml": configMap("settings", "bad")})
		w.must("app", "sync", name)
		w.killedAtPush(name, repo.holdPush(w, "post-receive"))
		pushed = repo.fetched("origin/main")
		if parent := repo.git("rev-parse", "origin/main~1"); parent != bad {
			t.Fatalf("the commit is on %s, want %s", parent, bad)
		}
		if n := len(w.records(name)); n != 2 {
			t.Fatalf("there are %d records: the rollback was not interrupted", n)
		}
		contains(t, w.must("app", "get", name, "--refresh"), "OperationInterrupted", "whether commit "+pushed[:7]+" was pushed to main of "+repo.url+" is not known")
		return repo, pushed
	}
	t.Run("an undo does not follow git, which says the other", func(t *testing.T) {
		t.Parallel()
		w := w.in(t)
		_, pushed := begin(t, w, "killed-push")
		contains(t, w.must("app", "undo", "killed-push", "--yes"), "the application stays pinned until it is unpinned")
		if err := w.see().isValue("killed-push", "settings", "bad"); err != nil {
			t.Error(err)
		}
		if pin := w.pinned("killed-push"); pin != "r2" {
			t.Errorf("it is pinned at %q, want r2", pin)
		}
		w.hasPushed("killed-push", "rollback", pushed)
	})
	t.Run("a resume finds it in git, and pushes nothing more", func(t *testing.T) {
		t.Parallel()
		w := w.in(t)
		repo, pushed := begin(t, w, "resumed-push")
		contains(t, w.must("app", "resume", "resumed-push", "--yes"), "commit "+pushed[:7]+" was pushed to main of "+repo.url+" before the interruption")
		if tip := repo.fetched("origin/main"); tip != pushed {
			t.Errorf("main is at %s, want %s", tip, pushed)
		}
		if pin := w.pinned("resumed-push"); pin != "" {
			t.Errorf("it is pinned at %q", pin)
		}
		w.hasPushed("resumed-push", "rollback", pushed)
		w.must("app", "undo", "resumed-push", "--yes")
		if pin := w.pinned("resumed-push"); pin != "r2" {
			t.Errorf("after the undo it is pinned at %q, want r2", pin)
		}
	})
}

// TestKilledBetweenTwoPushes kills a rollback whose first commit is in git, and whose second is not.
func TestKilledBetweenTwoPushes(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	// begin has both repositories at a bad commit, and returns the one of the chart, whose commit is pushed first, and the other.
	begin := func(t *testing.T, w *program, name string) (chart, values *repository) {
		t.Helper()
		chart = newRepository(t, w.play, "chart-"+name, map[string]string{
			"web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n", "web/values.yaml": "value: chart\n",
			"web/templates/settings.yaml": configMap("settings", "{{ .Values.value }}"), "web/templates/own.yaml": configMap("own", "one"),
		})
		values = newRepository(t, w.play, "values-"+name, map[string]string{"prod/values.yaml": "value: one\n"})
		drop(t, w.store, name+".yaml", `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: `+name+`}
spec:
  destination: {name: playground, namespace: `+name+`}
  syncPolicy: {syncOptions: [CreateNamespace=true]}
  sources:
    - repoURL: `+chart.url+`
      targetRevision: main
      path: web
      helm: {valueFiles: [$values/prod/values.yaml]}
    - {repoURL: `+values.url+`, targetRevision: main, ref: values}
`)
		w.must("app", "sync", name)
		chart.push("a bad chart", map[string]string{"web/templates/own.yaml": configMap("own", "bad")})
		values.push("bad values", map[string]string{"prod/values.yaml": "value: bad\n"})
		w.must("app", "sync", name)
		return chart, values
	}
	// onlyFirst returns the commit that restores the chart; the values are as they were.
	onlyFirst := func(t *testing.T, chart, values *repository) string {
		t.Helper()
		first := chart.fetched("origin/main")
		if n := chart.git("rev-list", "--count", "HEAD..origin/main"); n != "1" {
			t.Fatalf("the chart has %s new commits, want 1", n)
		}
		if tip, bad := values.fetched("origin/main"), values.git("rev-parse", "HEAD"); tip != bad {
			t.Fatalf("the values are at %s, want %s", tip, bad)
		}
		return first
	}
	// resume pushes the second commit, and nothing else.
	resume := func(t *testing.T, w *program, name, first string, chart, values *repository) {
		t.Helper()
		out := w.must("app", "resume", name, "--yes")
		second := values.fetched("origin/main")
		contains(t, out, "commit "+first[:7]+" was pushed to main of "+chart.url+" before the interruption",
			"pushed commit "+second[:7]+" to main of "+values.url)
		if n := values.git("rev-list", "--count", "HEAD..origin/main"); n != "1" {
			t.Errorf("the values have %s new commits, want 1", n)
		}
		if tip := chart.fetched("origin/main"); tip != first {
			t.Errorf("the chart is at %s, want %s", tip, first)
		}
		w.hasPushed(name, "rollback", first, second)
	}
	t.Run("while the second is pushed", func(t *testing.T) {
		t.Parallel()
		w := w.in(t)
		chart, values := begin(t, w, "cut-second")
		w.killedAtPush("cut-second", values.holdPush(w, "pre-receive"))
		first := onlyFirst(t, chart, values)
		contains(t, w.must("app", "get", "cut-second", "--refresh"), "commit "+first[:7]+" was pushed to main of "+chart.url,
			" was pushed to main of "+values.url+" is not known")
		resume(t, w, "cut-second", first, chart, values)
	})
	t.Run("when its record says that the second was refused", func(t *testing.T) {
		t.Parallel()
		w := w.in(t)
		chart, values := begin(t, w, "cut-recorded")
		// The status is written between the record and the end of the journal.
		status, err := os.OpenFile(filepath.Join(w.store, ".wheelhouse", "status", "cut-recorded.lock"), os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		while := values.holdPush(w, "pre-receive")
		cmd := w.begin("app", "rollback", "cut-recorded", "r1", "--commit", "--yes")
		while(func() {
			if err := syscall.Flock(int(status.Fd()), syscall.LOCK_EX); err != nil {
				t.Fatal(err)
			}
		})
		playtest.Eventually(t, playtest.Patience, "the rollback is recorded", func() error {
			_, err := os.Stat(filepath.Join(w.store, ".wheelhouse", "history", "cut-recorded", "r3.json"))
			return err
		})
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		if err := status.Close(); err != nil {
			t.Fatal(err)
		}
		first := onlyFirst(t, chart, values)
		w.hasPushed("cut-recorded", "rollback", first)
		contains(t, w.must("app", "get", "cut-recorded", "--refresh"), "OperationInterrupted", "commit "+first[:7]+" was pushed to main of "+chart.url)
		resume(t, w, "cut-recorded", first, chart, values)
	})
}

// hasPushed makes sure which commits the newest record of a kind says were pushed.
func (p *program) hasPushed(name, kind string, want ...string) {
	p.t.Helper()
	for _, r := range p.records(name) {
		if r.Kind != kind {
			continue
		}
		var got []string
		for _, c := range r.Pushed {
			got = append(got, c.ID)
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			p.t.Errorf("the record of the %s of %s has pushed %v, want %v", kind, name, got, want)
		}
		return
	}
	p.t.Errorf("%s has no record of a %s", name, kind)
}
