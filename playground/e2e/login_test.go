package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/wheelhouse-gitops/wheelhouse/playground"
)

// TestExpiredLogin has a credential plugin that wants to ask: it gets no terminal, and what it says is not drawn over
// the console.
func TestExpiredLogin(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "login", map[string]string{"settings.yaml": configMap("settings", "one")})
	w.create("login", repo)
	plugin := filepath.Join(t.TempDir(), "login")
	script := "#!/bin/sh\necho 'visit https://login.example.com' >&2\nif [ -t 0 ]; then read -r answer; fi\nexit 1\n"
	if err := os.WriteFile(plugin, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	expired := w.withKubeconfig(func(c *clientcmdapi.Config) {
		c.AuthInfos[playground.Context] = &clientcmdapi.AuthInfo{Exec: &clientcmdapi.ExecConfig{
			Command: plugin, APIVersion: "client.authentication.k8s.io/v1", InteractiveMode: clientcmdapi.IfAvailableExecInteractiveMode,
		}}
	})
	renew := "kubectl --context playground get namespaces"
	for _, verb := range [][]string{{"refresh"}, {"diff"}, {"sync", "--yes"}} {
		contains(t, expired.fails("app", verb[0], "login").err, "the login has expired", renew)
	}
	isUnknown(expired, "login", []string{renew})
	x := expired.console(120, 40).shows("login", "Unknown", "Error", renew[:30])
	if s := x.screen(); strings.Contains(s, "visit https") {
		t.Errorf("the plugin draws over the console:\n%s", s)
	}
	x.press("q").ended()
	log, err := os.ReadFile(filepath.Join(expired.env["XDG_STATE_HOME"], "wheelhouse", "wheelhouse.log"))
	if err != nil {
		t.Fatal(err)
	}
	contains(t, string(log), "visit https://login.example.com")
}
