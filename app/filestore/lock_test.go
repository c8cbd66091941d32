package filestore_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/app/filestore"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// lockFolder is set in a process that TestMain turns into a holder of a lock.
const lockFolder = "FILESTORE_TEST_LOCK_FOLDER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(lockFolder); dir != "" {
		os.Exit(holdLock(dir))
	}
	os.Exit(m.Run())
}

// holdLock takes the lock of "web" and that of the automation, says so, and keeps them until the process ends.
func holdLock(dir string) int {
	h := app.Holder{Name: "ada", PID: os.Getpid(), Front: "app sync", Host: "bastion"}
	s, err := filestore.Open(dir)
	if err == nil {
		_, err = s.Lock(context.Background(), app.Key{Name: "web"}, h)
	}
	if err == nil {
		_, err = s.LockAutomation(context.Background(), h)
	}
	_, _ = fmt.Fprintln(os.Stdout, "locked", err)
	bufio.NewScanner(os.Stdin).Scan()
	return 0
}

// holding starts a process that holds the locks of a store.
func holding(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), lockFolder+"="+dir)
	if _, err := cmd.StdinPipe(); err != nil { // open until the process ends
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil || line != "locked <nil>\n" {
		t.Fatalf("the other process says %q, %v", line, err)
	}
	return cmd
}

func TestALockGoesWithItsProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	cmd := holding(t, dir)
	key := app.Key{Name: "web"}
	if _, err := s.Lock(t.Context(), key, app.Holder{Name: "bob"}); !errors.Is(err, app.ErrLocked) {
		t.Errorf("lock gave %v", err)
	}
	if h, ok, err := s.Holder(t.Context(), key); !ok || err != nil || h.PID != cmd.Process.Pid {
		t.Errorf("the holder is %v, %v, %v", h, ok, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the other process ended by itself")
	}
	if h, ok, err := s.Holder(t.Context(), key); ok || err != nil {
		t.Errorf("after its end the holder is %v, %v", h, err)
	}
	l, err := s.Lock(t.Context(), key, app.Holder{Name: "bob"})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Release(); err != nil {
		t.Error(err)
	}
}

func TestALockWhoseFileWasReplacedIsLost(t *testing.T) {
	t.Parallel()
	tests := map[string]func(path string) error{
		"removed": os.Remove,
		"replaced": func(path string) error {
			return errors.Join(os.Remove(path), os.WriteFile(path, nil, 0o600))
		},
	}
	for name, act := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			l, err := open(t, dir).Lock(t.Context(), app.Key{Name: "web"}, app.Holder{Name: "ada"})
			if err != nil {
				t.Fatal(err)
			}
			if err := act(filepath.Join(dir, ".wheelhouse", "locks", "web.lock")); err != nil {
				t.Fatal(err)
			}
			if l.Check() == nil {
				t.Error("check did not notice")
			}
			if err := l.Release(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAHolderThatIsNotHeardOfStandsStill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, key := open(t, dir), app.Key{Name: "web"}
	l, err := s.Lock(t.Context(), key, app.Holder{Name: "ada", PID: 4711, Host: "bastion"})
	if err != nil {
		t.Fatal(err)
	}
	since := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(dir, ".wheelhouse", "locks", "web.lock"), since, since); err != nil {
		t.Fatal(err)
	}
	if h, _, err := s.Holder(t.Context(), key); err != nil || !h.Still.Equal(since) {
		t.Errorf("the holder stands still since %v, want %v (%v)", h.Still, since, err)
	}
	if _, err := s.Lock(t.Context(), key, app.Holder{Name: "bob"}); !strings.Contains(hint.Of(err), "kill -CONT 4711") {
		t.Errorf("the remedy is %q", hint.Of(err))
	}
	if err := l.Check(); err != nil {
		t.Fatal(err)
	}
	if h, _, err := s.Holder(t.Context(), key); err != nil || !h.Still.IsZero() {
		t.Errorf("a holder that looks at its lock stands still since %v (%v)", h.Still, err)
	}
	if err := l.Release(); err != nil {
		t.Error(err)
	}
}
