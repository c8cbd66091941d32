package e2e

import (
	"bytes"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestATerminatedSyncIsNotRetried ends a sync that may be retried without end: whoever ends it wants no other.
func TestATerminatedSyncIsNotRetried(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("retry-ended", newRepository(t, w.play, "retry-ended", map[string]string{"hook.yaml": endless}))
	cmd := w.command(t.Context(), "app", "sync", "retry-ended", "--retry-limit", "-1", "--retry-backoff-duration", "100ms", "--timeout", "60s")
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	see := w.see()
	playtest.Eventually(t, playtest.Patience, "the hook runs", func() error { return see.find("job", "retry-ended", "gate") })
	w.must("app", "terminate", "retry-ended", "--timeout", "60s")
	err := cmd.Wait()
	if status := cmd.ProcessState.ExitCode(); status != 4 || strings.Contains(said.String(), "retry 1") {
		t.Errorf("it ends with %v:\n%s", err, said.String())
	}
}
