package cli_test

import (
	"encoding/json"
	"testing"
)

// twoContexts is a kubeconfig whose servers nobody runs: port 1 refuses at once.
const twoContexts = `apiVersion: v1
kind: Config
current-context: near
clusters:
- {name: near, cluster: {server: "https://127.0.0.1:1"}}
- {name: far, cluster: {server: "https://127.0.0.1:1/far"}}
contexts:
- {name: near, context: {cluster: near, user: me}}
- {name: far, context: {cluster: far, user: me}}
users:
- {name: me, user: {}}
`

func TestClustersThatDoNotAnswerAreListedWithTheReason(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.write("none", twoContexts)
	p.must("app", "create", "web", "--repo", "https://git.example.com/a.git", "--path", "web", "--dest-namespace", "web",
		"--dest-server", "https://gone.example.com")
	var list []struct {
		Name, Server string
		Home         bool
		Info         struct {
			ConnectionState   struct{ Status, Message string }
			ApplicationsCount int
		}
	}
	if err := json.Unmarshal([]byte(p.must("cluster", "list", "-o", "json")), &list); err != nil {
		t.Fatal(err)
	}
	if len(list) != 3 || list[0].Name != "far" || list[1].Name != "https://gone.example.com" || !list[2].Home {
		t.Fatalf("listed: %+v", list)
	}
	for _, c := range list {
		if c.Info.ConnectionState.Status != "Failed" || c.Info.ConnectionState.Message == "" {
			t.Errorf("%s: %+v", c.Name, c.Info)
		}
	}
	if list[1].Info.ApplicationsCount != 1 {
		t.Errorf("the applications of a server are not counted: %+v", list[1])
	}
	contains(t, p.must("cluster", "list"), "near (home)", "Failed: ", "refused")
}

func TestAClusterIsAddedAndRemovedByRuleOnly(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.write("none", twoContexts)
	contains(t, p.expect(3, "cluster", "add", "nowhere").err, "nowhere", "the kubeconfig has: far, near")
	contains(t, p.expect(7, "cluster", "add", "near").err, "near", "refused")
	contains(t, p.expect(6, "--read-only", "cluster", "add", "near").err, "read-only")
	contains(t, p.expect(6, "--read-only", "cluster", "rm", "near").err, "read-only")
	contains(t, p.expect(3, "cluster", "rm", "near").err, "near")
	p.must("app", "create", "web", "--repo", "https://git.example.com/a.git", "--path", "web", "--dest-namespace", "web", "--dest-name", "near")
	contains(t, p.expect(6, "cluster", "rm", "near").err, "in use by web", "another destination")
}
