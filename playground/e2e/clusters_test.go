package e2e

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/wheelhouse-gitops/wheelhouse/playground"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestTwoClusters has one store with applications in two control planes, which are called by name and by URL. What happens in one
// concerns the other not at all: not the objects of the same names, and not its end.
func TestTwoClusters(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	second, err := playground.Start(t.Context(), playground.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(second.Stop)
	other, err := clientcmd.LoadFromFile(second.Kubeconfig())
	if err != nil {
		t.Fatal(err)
	}
	w = w.withKubeconfig(func(c *clientcmdapi.Config) {
		c.Clusters["second"], c.AuthInfos["second"] = other.Clusters[playground.Context], other.AuthInfos[playground.Context]
		c.Contexts["second"] = &clientcmdapi.Context{Cluster: "second", AuthInfo: "second"}
	})
	here, there := w.see(), cluster(t, second)
	repo := newRepository(t, w.play, "two-clusters", map[string]string{"front.yaml": deployment("front", 1)})
	server := other.Clusters[playground.Context].Server
	for name, where := range map[string][]string{
		"near": {"--dest-name", playground.Context}, "far": {"--dest-name", "second"}, "far-by-url": {"--dest-server", server},
	} {
		w.must(append([]string{
			"app", "create", name, "--repo", repo.url, "--path", ".", "--revision", "main", "--dest-namespace", "two-" + name,
			"--sync-option", "CreateNamespace=true", "--sync-policy", "automated", "--self-heal",
		}, where...)...)
	}
	// What changes is heard of by the watch of its own cluster: nobody looks again for hours.
	out := w.automate("--interval", "6h")
	asked := func(e eyes, namespace string) func() error {
		return func() error { return e.asksFor(namespace, "front", 1) }
	}
	playtest.Eventually(t, playtest.Patience, "all are synced", func() error {
		return errors.Join(asked(here, "two-near")(), asked(there, "two-far")(), asked(there, "two-far-by-url")())
	})
	here.absent("namespace", "", "two-far")
	there.absent("namespace", "", "two-near")
	contains(t, w.must("cluster", "list"), "second", server)

	here.scale("two-near", "front", 3)
	there.scale("two-far", "front", 3)
	playtest.Eventually(t, playtest.Patience, "both are healed", func() error {
		return errors.Join(asked(here, "two-near")(), asked(there, "two-far")())
	})

	t.Run("what is moved leaves nothing behind unasked", func(t *testing.T) { relocate(w.in(t), here, there) })

	if err := second.Kill("kube-apiserver"); err != nil {
		t.Fatal(err)
	}
	said := func(name, what string) func() error {
		return func() error {
			if text := w.must("app", "get", name); !strings.Contains(text, what) {
				return fmt.Errorf("%q is missing in\n%s", what, text)
			}
			return nil
		}
	}
	begun := time.Now()
	here.scale("two-near", "front", 4)
	playtest.Eventually(t, playtest.Patience, "the near one is healed", asked(here, "two-near"))
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("the near one was healed after %s: the far cluster held it up", took)
	}
	contains(t, w.must("app", "get", "near", "--refresh"), "Synced")
	for _, name := range []string{"far", "far-by-url"} {
		if r := w.run("app", "get", name, "--refresh"); r.status == 0 && !strings.Contains(r.out, "Unknown") {
			t.Errorf("%s is not Unknown:\n%s", name, r.out)
		}
	}
	if err := second.Restart(t.Context(), "kube-apiserver"); err != nil {
		t.Fatal(err)
	}
	there.scale("two-far", "front", 5)
	playtest.Eventually(t, playtest.Patience, "the far one is healed again", asked(there, "two-far"))
	playtest.Eventually(t, playtest.Patience, "it is Synced again", said("far", "Synced"))
	if t.Failed() {
		t.Log(out.String())
	}
}
