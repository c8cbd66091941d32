package kube_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/kube"
)

// threeContexts names two servers by three contexts, and one context whose cluster is missing.
const threeContexts = `apiVersion: v1
kind: Config
current-context: staging
clusters:
- name: one
  cluster: {server: "https://one.example.com:6443"}
- name: two
  cluster: {server: "https://two.example.com/"}
contexts:
- name: staging
  context: {cluster: one, user: ada}
- name: production
  context: {cluster: two, user: ada}
- name: production-viewer
  context: {cluster: two, user: eve}
- name: torn
  context: {cluster: nowhere, user: ada}
users:
- name: ada
  user: {token: a}
- name: eve
  user: {token: e}
`

// kubeconfig writes a kubeconfig and returns its path.
func kubeconfig(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// clusters reads a kubeconfig of this text.
func clusters(t *testing.T, text, home string) *kube.Clusters {
	t.Helper()
	return kube.NewClusters(kube.Options{Kubeconfig: kubeconfig(t, text), Home: home})
}
