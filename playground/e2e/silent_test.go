package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"testing"

	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/playground"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// unanswered is how many applications wait for the cluster that never answers: three times as many as are refreshed at once.
const unanswered = 24

// TestAClusterThatNeverAnswers has many applications in a cluster that takes connections and says nothing, as one behind a dead
// tunnel does. Each waits for as long as a connection may take, and they come before the one in the cluster that answers: it is
// synced before most of them have been told of at all.
func TestAClusterThatNeverAnswers(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	w = w.withKubeconfig(func(c *clientcmdapi.Config) {
		there := c.Clusters[playground.Context].DeepCopy()
		there.Server = "https://" + silent.Addr().String()
		c.Clusters["silent"] = there
		c.Contexts["silent"] = &clientcmdapi.Context{Cluster: "silent", AuthInfo: c.Contexts[playground.Context].AuthInfo}
	})
	repo := newRepository(t, w.play, "silent", map[string]string{"front.yaml": deployment("front", 1)})
	for i := range unanswered {
		w.must("app", "create", fmt.Sprintf("far-%02d", i), "--repo", repo.url, "--path", ".", "--revision", "main",
			"--dest-name", "silent", "--dest-namespace", "far")
	}
	w.must("app", "create", "near", "--repo", repo.url, "--path", ".", "--revision", "main", "--dest-name", playground.Context,
		"--dest-namespace", "silent-near", "--sync-option", "CreateNamespace=true", "--sync-policy", "automated")
	w.automate()
	here := w.see()
	playtest.Eventually(t, playtest.Patience, "the near one is synced", func() error { return here.asksFor("silent-near", "front", 1) })
	var all []app.Application
	if err := json.Unmarshal([]byte(w.must("app", "list", "-o", "json")), &all); err != nil {
		t.Fatal(err)
	}
	told := 0
	for i := range all {
		if len(all[i].Status.Conditions) > 0 {
			told++
		}
	}
	if told > unanswered/2 {
		t.Errorf("of %d applications in the cluster that never answers %d were told of first", unanswered, told)
	}
}
