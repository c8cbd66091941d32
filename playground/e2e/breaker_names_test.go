package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/playground"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestBreakerOfAClusterWithTwoNames has as many applications call the cluster by its context as by the URL of the home cluster: too
// few by each name, but not in the cluster. It pauses for all of them, and is let go on by either name.
func TestBreakerOfAClusterWithTwoNames(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	see := w.see()
	const url = "https://kubernetes.default.svc"
	repo := newRepository(t, w.play, "breaks-by-names", map[string]string{"web.yaml": deployment("web", 1)})
	var names []string
	for i := range 2 {
		for kind, where := range map[string][]string{"context": {"--dest-name", playground.Context}, "url": {"--dest-server", url}} {
			name := fmt.Sprintf("breaks-by-%s-%d", kind, i)
			w.must(append([]string{
				"app", "create", name, "--repo", repo.url, "--path", ".", "--revision", "main", "--dest-namespace", name,
				"--sync-option", "CreateNamespace=true", "--sync-policy", "automated", "--self-heal",
			}, where...)...)
			w.must("app", "sync", name)
			names = append(names, name)
		}
	}
	out := w.automate("--interval", "1h")
	for _, name := range names {
		eventuallySays(t, out, name+" Synced")
	}
	// What differs when it is first looked at has not drifted, and is put back.
	playtest.Eventually(t, playtest.Patience, "automation pauses in the cluster", func() error {
		for _, name := range names {
			see.scale(name, "web", 3)
		}
		if n := strings.Count(w.must("cluster", "list"), "automation is paused"); n != 2 {
			return fmt.Errorf("it is paused in %d of 2 names", n)
		}
		return nil
	})
	for _, name := range names {
		playtest.Eventually(t, playtest.Patience, name+" stays, and says why", func() error {
			// A heal that had begun before the pause ends.
			see.scale(name, "web", 3)
			if !strings.Contains(w.must("app", "get", name), "AutomationPaused") {
				return fmt.Errorf("%s does not say so", name)
			}
			return see.asksFor(name, "web", 3)
		})
	}

	other := url
	if strings.Contains(w.must("app", "get", names[0]), "wheelhouse cluster resume "+url) {
		other = playground.Context
	}
	w.must("cluster", "resume", other)
	for _, name := range names {
		playtest.Eventually(t, playtest.Patience, name+" is put back", func() error { return see.asksFor(name, "web", 1) })
	}
	if list := w.must("cluster", "list"); strings.Contains(list, "automation is paused") {
		t.Errorf("it goes on, and the list is\n%s", list)
	}
	w.expect(3, "cluster", "resume", other)
}
