package e2e

import (
	"bytes"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestRetryAsTheApplicationSays has a sync that a person began follow the application's own policy, as Argo CD's server does, and what
// is asked for on the command line before it.
func TestRetryAsTheApplicationSays(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "retry-policy", map[string]string{"a.yaml": configMap("a", "[no, string]")})
	w.create("retry-policy", repo, "--sync-retry-limit", "1", "--sync-retry-backoff-duration", "100ms", "--sync-retry-backoff-factor", "2")
	for name, c := range map[string]struct {
		flags []string
		says  []string
		not   string
	}{
		"without a flag":       {nil, []string{"retry 1 in 100ms, as spec.syncPolicy.retry says", "--retry-limit 0"}, "retry 2"},
		"with another pause":   {[]string{"--retry-backoff-duration", "150ms"}, []string{"retry 1 in 150ms"}, "retry 2"},
		"with another limit":   {[]string{"--retry-limit", "2", "--retry-backoff-duration", "50ms"}, []string{"retry 1 in 50ms\n", "retry 2 in 100ms\n"}, "spec.syncPolicy.retry"},
		"when it may not":      {[]string{"--retry-limit", "0"}, nil, "retry"},
		"as a dry run":         {[]string{"--dry-run"}, nil, "retry"},
		"of some objects only": {[]string{"--resource", ":ConfigMap:a"}, []string{"retry 1 in 100ms"}, "retry 2"},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.in(t).expect(4, append([]string{"app", "sync", "retry-policy"}, c.flags...)...)
			contains(t, r.err, c.says...)
			if strings.Contains(r.err, c.not) {
				t.Errorf("%q is said:\n%s", c.not, r.err)
			}
		})
	}
	contains(t, w.must("app", "plan", "retry-policy"), "a sync that fails is tried again, at most once")
}

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
