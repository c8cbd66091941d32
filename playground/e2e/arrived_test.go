package e2e

import (
	"fmt"
	"net/http"
	"path"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// swallowing is a line over which the server carries writes of some objects out and its answers never come.
type swallowing struct {
	names     []string
	swallowed atomic.Int32
}

func (s *swallowing) meddle(w http.ResponseWriter, r *http.Request, next http.Handler) {
	if r.Method == http.MethodGet || r.URL.Query().Has("dryRun") || !slices.Contains(s.names, path.Base(r.URL.Path)) {
		next.ServeHTTP(w, r)
		return
	}
	next.ServeHTTP(discarded{http.Header{}}, r)
	s.swallowed.Add(1)
	<-r.Context().Done()
}

// killedUnanswered kills a command when the server has done all that it is not told of.
func (p *program) killedUnanswered(names []string, args ...string) {
	p.t.Helper()
	s := &swallowing{names: names}
	cmd := p.overLine(s.meddle).begin(args...)
	playtest.Eventually(p.t, playtest.Patience, "the writes are done", func() error {
		if n := s.swallowed.Load(); int(n) < len(names) {
			return fmt.Errorf("%d of %d", n, len(names))
		}
		return nil
	})
	kill(p.t, cmd)
}

// TestWhatArrivedBeforeAKillIsInTheRecord kills syncs between the server's answer and the note of it, and resumes them: the way back
// from what comes after leads to what they have done.
func TestWhatArrivedBeforeAKillIsInTheRecord(t *testing.T) {
	t.Parallel()
	t.Run("of a sync of some objects", func(t *testing.T) {
		t.Parallel()
		w := onOwnStore(t)
		const front = "tier: front"
		repo := newRepository(t, w.play, "arrived-part", map[string]string{
			"settings.yaml": labelled(front, configMap("settings", "one")), "other.yaml": configMap("other", "one"),
		})
		w.create("arrived-part", repo)
		w.must("app", "sync", "arrived-part")
		repo.push("two", map[string]string{
			"settings.yaml": labelled(front, configMap("settings", "two")), "made.yaml": labelled(front, configMap("made", "two")),
		})
		w.killedUnanswered([]string{"settings", "made"}, "app", "sync", "arrived-part", "--label", "tier=front", "--yes")
		w.must("app", "resume", "arrived-part", "--yes")
		resumed := read[[]app.Record](t, w.must("app", "history", "arrived-part", "-o", "json"))[0]
		for _, r := range resumed.Results {
			if r.Status != "Synced" {
				t.Errorf("the record says of %s: %s, %s", r.Name, r.Status, r.Message)
			}
		}
		if len(resumed.Results) != 2 || resumed.Phase != app.OperationSucceeded {
			t.Errorf("the record of the sync that was resumed is %+v", resumed)
		}
		repo.push("three", map[string]string{"settings.yaml": labelled(front, configMap("settings", "three")), "made.yaml": ""})
		w.must("app", "sync", "arrived-part", "--prune")
		see := w.see()
		see.absent("configmap", "arrived-part", "made")
		w.must("app", "undo", "arrived-part", "--yes")
		if v := see.get("arrived-part", "settings").Data["value"]; v != "two" {
			t.Errorf("the settings are %s", v)
		}
		see.present("configmap", "arrived-part", "made")
	})
	t.Run("of a sync that fails when it is resumed", func(t *testing.T) {
		t.Parallel()
		w := onOwnStore(t)
		repo := newRepository(t, w.play, "arrived-whole", map[string]string{"settings.yaml": configMap("settings", "one"), "old.yaml": configMap("old", "one")})
		w.create("arrived-whole", repo)
		w.must("app", "sync", "arrived-whole")
		repo.push("two", map[string]string{
			"settings.yaml": configMap("settings", "two"), "old.yaml": "", "after.yaml": failing(hook("after", "PostSync")),
		})
		w.killedUnanswered([]string{"old"}, "app", "sync", "arrived-whole", "--prune", "--yes")
		w.expect(4, "app", "resume", "arrived-whole", "--yes")
		repo.push("three", map[string]string{"settings.yaml": configMap("settings", "three"), "after.yaml": ""})
		w.must("app", "sync", "arrived-whole", "--prune")
		w.must("app", "undo", "arrived-whole", "--yes")
		see := w.see()
		if v := see.get("arrived-whole", "settings").Data["value"]; v != "two" {
			t.Errorf("the settings are %s", v)
		}
		see.absent("configmap", "arrived-whole", "old")
	})
}
