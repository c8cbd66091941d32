package e2e

import (
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/playground"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestOneClusterByTwoNames has applications in one cluster, which one of them calls by its context and the other by the URL of the
// home cluster. The repository is not looked at again, so that a live change is what heals them.
func TestOneClusterByTwoNames(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	here := w.see()
	repo := newRepository(t, w.play, "two-names", map[string]string{"front.yaml": deployment("front", 1)})
	for namespace, where := range map[string][]string{
		"by-name": {"--dest-name", playground.Context}, "by-url": {"--dest-server", "https://kubernetes.default.svc"},
	} {
		w.must(append([]string{
			"app", "create", namespace, "--repo", repo.url, "--path", ".", "--revision", "main", "--dest-namespace", namespace,
			"--sync-option", "CreateNamespace=true", "--sync-policy", "automated", "--self-heal",
		}, where...)...)
	}
	w.automate("--interval", "1h")
	for _, namespace := range []string{"by-name", "by-url"} {
		playtest.Eventually(t, playtest.Patience, namespace+" is synced", func() error { return here.asksFor(namespace, "front", 1) })
	}
	for _, namespace := range []string{"by-name", "by-url"} {
		here.scale(namespace, "front", 3)
		playtest.Eventually(t, playtest.Patience, namespace+" is healed", func() error { return here.asksFor(namespace, "front", 1) })
	}
}
