package e2e

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestManyAtOnce has two automations and several commands sync one application at the same time, over and over: no two
// operations overlap, and whoever comes second is told who was first.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "together", map[string]string{"a.yaml": configMap("a", "begin"), "hook.yaml": hook("before", "PreSync")})
	w.create("together", repo, "--sync-policy", "automated")
	w.automate()
	second := w.command(t.Context(), "automate", "--interval", "5s")
	out := &output{}
	second.Stdout, second.Stderr = out, out
	if err := second.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.end(second, out) })
	for round := range 3 {
		repo.push(fmt.Sprintf("round %d", round), map[string]string{"a.yaml": configMap("a", fmt.Sprintf("round-%d", round))})
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				r := w.run("app", "sync", "together", "--yes", "--timeout", "120s")
				switch {
				case r.status == 0:
				case r.status == 6 && (strings.Contains(r.err, "held by") || strings.Contains(r.err, "changed since the plan was made")):
				case r.status == 4 && strings.Contains(r.out+r.err, "changed since the plan was made"):
				default:
					t.Errorf("exit status %d:\n%s%s", r.status, r.out, r.err)
				}
			})
		}
		wg.Wait()
		playtest.Eventually(t, playtest.Patience, "the newest is applied", func() error {
			a, err := w.see().client.CoreV1().ConfigMaps("together").Get(t.Context(), "a", metav1.GetOptions{})
			if err == nil && a.Data["value"] != fmt.Sprintf("round-%d", round) {
				err = fmt.Errorf("it is %s", a.Data["value"])
			}
			return err
		})
	}
	w.must("app", "wait", "together", "--operation", "--timeout", "120s")
	type record struct {
		ID                    string
		StartedAt, FinishedAt time.Time
	}
	records := read[[]record](t, w.must("app", "history", "together", "-o", "json"))
	slices.SortFunc(records, func(a, b record) int { return a.StartedAt.Compare(b.StartedAt) })
	if len(records) < 3 {
		t.Errorf("only %d operations: %v", len(records), records)
	}
	for i := 1; i < len(records); i++ {
		if before, after := records[i-1], records[i]; after.StartedAt.Before(before.FinishedAt) {
			t.Errorf("%s began at %s, before %s ended at %s", after.ID, after.StartedAt, before.ID, before.FinishedAt)
		}
	}
}

// TestTwoConsoles has two people approve a sync of one application at two consoles over one store, and a third one by a command: the
// others are told who is at it, and nothing runs twice.
func TestTwoConsoles(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("two-consoles", newRepository(t, w.play, "two-consoles", map[string]string{"hook.yaml": endless, "settings.yaml": configMap("settings", "one")}))
	one, two := w.console(120, 40), w.console(120, 40)
	for _, x := range []*terminal{one, two} {
		x.shows("OutOfSync").press("s").shows("Job two-consoles/gate", "apply this plan")
	}
	one.press("S").shows("waiting for")
	see := w.see()
	playtest.Eventually(t, playtest.Patience, "the hook runs", func() error { return see.find("job", "two-consoles", "gate") })
	before, err := see.client.BatchV1().Jobs("two-consoles").Get(t.Context(), "gate", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	two.press("S").shows("held by")
	contains(t, w.expect(6, "app", "sync", "two-consoles", "--yes", "--timeout", "60s").err, "held by")
	after, err := see.client.BatchV1().Jobs("two-consoles").Get(t.Context(), "gate", metav1.GetOptions{})
	if err != nil || after.UID != before.UID {
		t.Errorf("the hook that ran is another one now: %v", err)
	}
	w.must("app", "terminate", "two-consoles", "--timeout", "120s")
	one.shows("terminated")
	if n := strings.Count(w.must("app", "history", "two-consoles", "-o", "name"), "\n"); n != 1 {
		t.Errorf("there are %d records, want that of the first", n)
	}
}
