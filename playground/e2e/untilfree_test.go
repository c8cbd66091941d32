package e2e

import (
	"testing"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestAutomationGoesOnWhenItsTimeComes has pauses and pins end while nobody does anything: git is not asked meanwhile, the cluster does
// not change, and what drifted is put back then and not before.
func TestAutomationGoesOnWhenItsTimeComes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		hold       []string
		annotation string
	}{
		"free-after-pause": {[]string{"pause"}, app.AnnotationPauseUntil},
		"free-after-pin":   {[]string{"pin", "--reason", "sale"}, app.AnnotationPinUntil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := onOwnStore(t)
			see := w.see()
			w.create(name, newRepository(t, w.play, name, map[string]string{"web.yaml": deployment("web", 1)}), "--sync-policy", "automated", "--self-heal")
			w.must("app", "sync", name)
			out := w.automate("--interval", "1h")
			eventuallySays(t, out, name+" Synced Healthy")
			w.must(append([]string{"app", c.hold[0], name, "--for", "30s"}, c.hold[1:]...)...)
			until, err := time.Parse(time.RFC3339, w.get(name).Metadata.Annotations[c.annotation])
			if err != nil {
				t.Fatal(err)
			}
			see.scale(name, "web", 3)
			eventuallySays(t, out, name+" OutOfSync")
			if drifted := time.Now(); drifted.After(until) {
				t.Fatalf("the machine is too slow to tell: the drift was seen at %s", drifted)
			}
			playtest.Eventually(t, playtest.Patience, "it is put back", func() error { return see.asksFor(name, "web", 1) })
			if now := time.Now(); now.Before(until) {
				t.Errorf("it was put back at %s, before %s", now, until)
			}
			eventuallyPrints(w, []string{"Synced", "Succeeded"}, "app", "get", name)
		})
	}
}
