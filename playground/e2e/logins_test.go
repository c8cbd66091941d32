package e2e

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	applycorev1 "k8s.io/client-go/applyconfigurations/core/v1"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/wheelhouse-gitops/wheelhouse/playground"
)

// apply applies a Secret as kubectl does, with the label that Argo CD reads.
func (e eyes) apply(namespace, name, kind string, data map[string]string) {
	e.t.Helper()
	s := applycorev1.Secret(name, namespace).WithLabels(map[string]string{"argocd.argoproj.io/secret-type": kind}).WithStringData(data)
	if _, err := e.client.CoreV1().Secrets(namespace).Apply(e.t.Context(), s, metav1.ApplyOptions{FieldManager: "kubectl"}); err != nil {
		e.t.Fatal(err)
	}
}

// secrets returns the Secrets of a namespace that Argo CD takes for repositories.
func (e eyes) secrets(namespace string) []corev1.Secret {
	e.t.Helper()
	l, err := e.client.CoreV1().Secrets(namespace).List(e.t.Context(), metav1.ListOptions{LabelSelector: "argocd.argoproj.io/secret-type=repository"})
	if err != nil {
		e.t.Fatal(err)
	}
	return l.Items
}

// TestLoginsOfArgoCD deploys from a private repository with what somebody who comes from Argo CD has in a namespace.
func TestLoginsOfArgoCD(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	see := w.see()
	see.namespace("argo-logins")
	repo := newRepository(t, w.play, "logins", map[string]string{"settings.yaml": configMap("settings", "one")})
	repo.url = w.play.PrivateGitURL() + "/logins.git"
	other := w.play.PrivateGitURL() + "/helm-web.git"
	user, password := w.play.GitCredentials()
	w.writeConfig("repositories: " + playground.Context + "/argo-logins\n")

	w.create("logins", repo)
	contains(t, w.fails("app", "plan", "logins").err, "authentication is required", "wheelhouse repo add "+repo.url)
	see.apply("argo-logins", "template", "repo-creds", map[string]string{"url": w.play.PrivateGitURL(), "username": user, "password": password})
	see.apply("argo-logins", "shop", "repository", map[string]string{"url": repo.url, "type": "git", "name": "shop"})
	w.must("app", "sync", "logins")
	see.present("configmap", "logins", "settings")
	list := w.must("repo", "list")
	contains(t, list, repo.url+"   yes ", "Secret argo-logins/shop of cluster playground", "template", "Secret argo-logins/template of cluster playground")
	if json := w.must("repo", "list", "-o", "json"); strings.Contains(list+json, password) {
		t.Error("the list holds the password")
	}

	// Without the template, the Secret that repo add writes is what lets in.
	w.must("repo", "rm", w.play.PrivateGitURL())
	w.fails("repo", "test", other)
	w.must("repo", "add", other, "--username", user, "--password", password)
	w.must("repo", "test", other)
	written := see.secrets("argo-logins")
	if len(written) != 2 || string(written[0].Data["url"]) != other || string(written[0].Data["password"]) != password {
		t.Fatalf("there are %d Secrets, want two with the new one before", len(written))
	}
	contains(t, w.fails("repo", "add", other).err, "--upsert")
	w.must("repo", "rm", other)
	if left := see.secrets("argo-logins"); len(left) != 1 || left[0].Name != "shop" {
		t.Errorf("after the removal there are %d Secrets", len(left))
	}
	contains(t, w.expect(3, "repo", "rm", other).err, other)

	contains(t, w.run("doctor").out, "ok    logins       1 entries are registered")
	t.Run("a login that is not supported is said to be", func(t *testing.T) {
		w := w.in(t)
		see.apply("argo-logins", "app", "repository", map[string]string{"url": other, "githubAppID": "7", "githubAppPrivateKey": "key"})
		r := w.expect(0, "repo", "list")
		contains(t, r.out, "unusable")
		contains(t, r.err, other+" cannot be used", "as a GitHub App (githubAppID), which is not supported")
		contains(t, w.fails("doctor").out, "bad   login        "+other, "as a GitHub App (githubAppID)")
		contains(t, w.fails("repo", "test", other).err, "Secret argo-logins/app", "GitHub App", "wheelhouse repo add "+other)
	})
	t.Run("rights that are missing are named", func(t *testing.T) {
		viewer := w.in(t).as("viewer", "viewers")
		contains(t, viewer.fails("repo", "list").err, `cannot list resource "secrets"`, "argo-logins", "ask for the right to list secrets")
		contains(t, viewer.fails("doctor").out, "bad   logins", `cannot list resource "secrets"`)
		contains(t, viewer.fails("repo", "add", other).err, `cannot list resource "secrets"`)
		contains(t, viewer.fails("app", "refresh", "logins").err, `cannot list resource "secrets"`)
	})
	t.Run("a cluster that cannot be reached is named", func(t *testing.T) {
		away := w.in(t).withKubeconfig(func(c *clientcmdapi.Config) { c.Clusters[playground.Context].Server = "https://127.0.0.1:1" })
		contains(t, away.fails("repo", "list").err, "namespace argo-logins of cluster playground", "127.0.0.1:1", "is reachable")
		contains(t, away.must("repo", "list", "--repositories", ""), repo.url, "applications")
	})
	t.Run("a context that is not there is named", func(t *testing.T) {
		contains(t, w.in(t).fails("repo", "list", "--repositories", "nowhere/argocd").err, "nowhere", playground.Context)
	})
}
