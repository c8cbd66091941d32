package filestore_test

import (
	"context"
	"errors"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// TestWhoWaitsForTheAutomationHearsOfItsEnd waits for a process that is killed, and for one that gives the lock up.
func TestWhoWaitsForTheAutomationHearsOfItsEnd(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	if _, told := s.AutomationFreed(t.Context()); told {
		t.Error("before anybody held it, it would be told that it is freed")
	}
	cmd := holding(t, dir)
	ctx, cancel := context.WithCancel(t.Context())
	given, told := s.AutomationFreed(ctx)
	if !told {
		t.Fatal("it would not be told")
	}
	cancel()
	<-given
	freed, told := s.AutomationFreed(t.Context())
	if !told {
		t.Fatal("it would not be told")
	}
	select {
	case <-freed:
		t.Error("it is called free while it is held")
	default:
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-freed
	l, err := s.LockAutomation(t.Context(), app.Holder{Name: "bob"})
	if err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	if freed, told = s.AutomationFreed(t.Context()); !told {
		t.Fatal("it would not be told")
	}
	if err := errors.Join(l.Release(), l.Release()); err != nil {
		t.Error(err)
	}
	<-freed
}
