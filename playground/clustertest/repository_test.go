package clustertest

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc/logintest"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/kube"
	"github.com/wheelhouse-gitops/wheelhouse/kube/repository"
)

// registry opens the logins in the namespace of the test, as a process that reaches the cluster this way.
func (b *bench) registry(k *kube.Cluster) *gitsrc.Registry {
	return gitsrc.RegistryOf(repository.New(repository.Place{
		Context: k.Name(), Namespace: b.namespace, Open: func() (repository.Cluster, error) { return k, nil },
	}, slog.New(slog.DiscardHandler)))
}

// secret makes a Secret as somebody applies it for Argo CD.
func (b *bench) secret(name, kind string, data map[string]string) {
	b.t.Helper()
	s := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"argocd.argoproj.io/secret-type": kind, "team": "shop"}}, StringData: data,
	}
	if _, err := b.client.CoreV1().Secrets(b.namespace).Create(b.t.Context(), s, metav1.CreateOptions{}); err != nil {
		b.t.Fatal(err)
	}
}

// held returns the Secrets of the namespace by name.
func (b *bench) held() map[string]corev1.Secret {
	b.t.Helper()
	l, err := b.client.CoreV1().Secrets(b.namespace).List(b.t.Context(), metav1.ListOptions{})
	if err != nil {
		b.t.Fatal(err)
	}
	out := map[string]corev1.Secret{}
	for _, s := range l.Items {
		out[s.Name] = s
	}
	return out
}

func TestLoginsInSecretsKeepTheContract(t *testing.T) {
	t.Parallel()
	logintest.Run(t, func(t *testing.T) logintest.Open {
		b := newBench(t, nil)
		return func() *gitsrc.Registry { return b.registry(b.cluster) }
	})
}

// TestSecretsOfArgoCD reads what people who come from Argo CD have.
func TestSecretsOfArgoCD(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	for name, data := range map[string]map[string]string{
		"plain":   {"url": "https://git.example.com/shop.git", "username": "mira", "password": "text", "project": "shop"},
		"url":     {"url": "https://mira:text@url.example.com/shop"},
		"bare":    {"url": "https://git.example.com/team/bare", "type": "git", "name": "bare"},
		"ssh":     {"url": "git@git.example.com:shop.git", "sshPrivateKey": "key", "insecureIgnoreHostKey": "true", "proxy": "http://proxyuser:text@proxy.example.com:3128", "noProxy": "example.org"},
		"charts":  {"url": "ghcr.io/org/charts", "type": "helm", "name": "charts", "enableOCI": "true", "username": "mira", "password": "text", "forceHttpBasicAuth": "true"},
		"app":     {"url": "https://app.example.com/shop", "githubAppID": "1", "githubAppPrivateKey": "key"},
		"google":  {"url": "https://google.example.com/shop", "gcpServiceAccountKey": "key"},
		"azure":   {"url": "https://azure.example.com/shop", "useAzureWorkloadIdentity": "true"},
		"slip":    {"url": "https://slip.example.com/shop", "insecure": "ture"},
		"nowhere": {"username": "mira"},
	} {
		b.secret(name, "repository", data)
	}
	b.secret("template", "repo-creds", map[string]string{"url": "https://git.example.com/team", "username": "team", "password": "text", "type": "git"})
	b.secret("cluster", "cluster", map[string]string{"name": "other", "server": "https://other.example.com"})
	of := func(name string) string { return fmt.Sprintf("Secret %s/%s of cluster playground", b.namespace, name) }
	want := []app.Repository{
		{URL: "https://app.example.com/shop", From: of("app"), Problem: "it logs in as a GitHub App (githubAppID), which is not supported"},
		{URL: "https://azure.example.com/shop", From: of("azure"), Problem: "it logs in with an Azure workload identity (useAzureWorkloadIdentity), which is not supported"},
		{URL: "https://git.example.com/team/bare", Name: "bare", From: of("bare")},
		{URL: "ghcr.io/org/charts", Type: "helm", Name: "charts", EnableOCI: true, Username: "mira", Credentials: "password", From: of("charts")},
		{URL: "https://google.example.com/shop", From: of("google"), Problem: "it logs in with a Google Cloud service account (gcpServiceAccountKey), which is not supported"},
		{URL: "https://slip.example.com/shop", From: of("slip"), Problem: "insecure is neither true nor false"},
		{URL: "git@git.example.com:shop.git", Credentials: "ssh key", Insecure: true, Proxy: "http://proxy.example.com:3128", NoProxy: "example.org", From: of("ssh")},
		{URL: "https://git.example.com/team", Template: true, Username: "team", Credentials: "password", From: of("template")},
		{URL: "https://url.example.com/shop", Username: "mira", Credentials: "password", From: of("url")},
		{URL: "https://git.example.com/shop.git", Username: "mira", Credentials: "password", From: of("plain")},
	}
	for i := range want {
		want[i].Registered = true
		if want[i].Type == "" {
			want[i].Type = "git"
		}
	}
	r := b.registry(b.cluster)
	got, err := r.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("it lists (-want +got):\n%s", d)
	}
	for url, user := range map[string]string{
		"https://git.example.com/team/bare": "team", "https://git.example.com/team/third": "team", "https://git.example.com/shop": "mira",
		"https://git.example.com/others": "",
	} {
		if l, err := r.Login(t.Context(), url); err != nil || l.Username != user {
			t.Errorf("%s is entered as %q, want %q (%v)", url, l.Username, user, err)
		}
	}
	for _, host := range []string{"app", "azure", "google", "slip"} {
		_, err := r.Login(t.Context(), "https://"+host+".example.com/shop")
		if err == nil || !strings.Contains(err.Error(), of(host)) || !strings.Contains(hint.Of(err), "wheelhouse repo add") {
			t.Errorf("%s is entered: %v (%s)", host, err, hint.Of(err))
		}
	}
}

// TestSecretsThatAreWritten keeps what is not ours of a Secret, and lets Argo CD find what is new.
func TestSecretsThatAreWritten(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.secret("applied", "repository", map[string]string{
		"url": "https://git.example.com/shop", "password": "old", "githubAppID": "1", "insecureIgnoreHostKey": "true", "project": "shop",
	})
	r := b.registry(b.cluster)
	for _, url := range []string{"https://git.example.com/shop", "https://git.example.com/new"} {
		l := app.RepositoryLogin{Repository: app.Repository{URL: url, Type: "git", Username: "mira"}, BearerToken: app.NewSecret("token")}
		if err := r.Add(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	data := func(url string) map[string][]byte {
		return map[string][]byte{"url": []byte(url), "type": []byte("git"), "username": []byte("mira"), "bearerToken": []byte("token")}
	}
	applied := data("https://git.example.com/shop")
	applied["project"] = []byte("shop")
	held := b.held()
	if d := cmp.Diff(applied, held["applied"].Data); d != "" || held["applied"].Labels["team"] != "shop" {
		t.Errorf("the Secret that was there (-want +got):\n%s", d)
	}
	// The name is the one that Argo CD makes of the URL.
	fresh := held["repo-681412120"]
	if d := cmp.Diff(data("https://git.example.com/new"), fresh.Data); d != "" || fresh.Annotations["managed-by"] != "argocd.argoproj.io" ||
		fresh.Labels["argocd.argoproj.io/secret-type"] != "repository" {
		t.Errorf("there are %d Secrets; the new one is %v (-want +got):\n%s", len(held), fresh.ObjectMeta, d)
	}
	for _, url := range []string{"https://git.example.com/shop", "https://git.example.com/new"} {
		if err := r.Remove(t.Context(), url); err != nil {
			t.Fatal(err)
		}
	}
	held = b.held()
	left, stays := held["applied"]
	if _, labelled := left.Labels["argocd.argoproj.io/secret-type"]; len(held) != 1 || !stays || labelled {
		t.Errorf("after the removal there are %v", held)
	}
	if got, err := r.List(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("it lists %v (%v)", got, err)
	}
}

func TestLoginsThatMayNotBeReadOrWritten(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.secret("shop", "repository", map[string]string{"url": "https://git.example.com/shop", "password": "text"})
	login := app.RepositoryLogin{Repository: app.Repository{URL: "https://git.example.com/new"}}
	reader := b.allowed("list")
	for name, tt := range map[string]struct {
		of   *gitsrc.Registry
		do   func(r *gitsrc.Registry) error
		says []string
	}{
		"a list": {b.registry(b.stranger()), func(r *gitsrc.Registry) error { _, err := r.List(t.Context()); return err }, []string{"list Secrets in namespace " + b.namespace, `cannot list resource "secrets"`}},
		"a login": {b.registry(b.stranger()), func(r *gitsrc.Registry) error {
			_, err := r.Login(t.Context(), "https://public.example.com")
			return err
		}, []string{`cannot list resource "secrets"`}},
		"a new Secret": {b.registry(reader), func(r *gitsrc.Registry) error { return r.Add(t.Context(), login) }, []string{"create Secret repo-681412120", `cannot create resource "secrets"`}},
		"another's removal": {b.registry(reader), func(r *gitsrc.Registry) error { return r.Remove(t.Context(), "https://git.example.com/shop") }, []string{
			"update Secret shop", `cannot update resource "secrets"`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := tt.do(tt.of)
			if !apierrors.IsForbidden(err) || !strings.Contains(hint.Of(err), "secrets in namespace "+b.namespace) {
				t.Fatalf("the error is %v with the remedy %q", err, hint.Of(err))
			}
			for _, part := range tt.says {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the error is %v; it must say %q", err, part)
				}
			}
		})
	}
	t.Run("who may list reads, without whom to trust", func(t *testing.T) {
		t.Parallel()
		if l, err := b.registry(reader).Login(t.Context(), "https://git.example.com/shop"); err != nil || l.Password.Reveal() != "text" {
			t.Errorf("the login is %+v (%v)", l, err)
		}
	})
}

func TestLoginsOfAClusterThatIsGone(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	line := b.newLine()
	r := b.registry(line.cluster)
	if err := r.Add(t.Context(), app.RepositoryLogin{Repository: app.Repository{URL: "https://git.example.com/shop"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	line.cut()
	if l, err := r.Login(t.Context(), "https://git.example.com/shop"); err != nil || !l.Registered {
		t.Errorf("what is known does not serve: %+v (%v)", l, err)
	}
	err := r.Add(t.Context(), app.RepositoryLogin{Repository: app.Repository{URL: "https://git.example.com/other"}})
	if err == nil || !strings.Contains(err.Error(), "of cluster "+line.cluster.Name()) || !strings.Contains(hint.Of(err), "is reachable") {
		t.Errorf("writing says %v (%s)", err, hint.Of(err))
	}
	// A write makes what is known too old; the cluster is asked, and does not answer.
	list, err := r.List(t.Context())
	if err == nil || !strings.Contains(err.Error(), "of cluster "+line.cluster.Name()) || len(list) != 1 {
		t.Errorf("it lists %v (%v)", list, err)
	}
	if l, err := b.registry(line.cluster).Login(t.Context(), "https://public.example.com"); err == nil || l.Registered {
		t.Errorf("of a process that knows nothing the login is %+v", l)
	}
}

func TestANamespaceOfLoginsThatIsNotThere(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.namespace += "-gone"
	if list, err := b.registry(b.cluster).List(t.Context()); err == nil || !strings.Contains(err.Error(), "there is no such namespace") || len(list) != 0 {
		t.Errorf("it lists %v (%v)", list, err)
	}
	if err := b.registry(b.cluster).Remove(t.Context(), "https://git.example.com"); err == nil || errors.Is(err, app.ErrNotFound) {
		t.Errorf("removing says %v", err)
	}
}

// TestWhomArgoCDTrusts reads certificates and host keys that are kept beside the Secrets.
func TestWhomArgoCDTrusts(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.secret("shop", "repository", map[string]string{"url": "https://git.example.com:8443/shop", "password": "text"})
	b.secret("own", "repository", map[string]string{"url": "https://git.example.com/own", "ca": "own"})
	b.apply(b.configMap("argocd-tls-certs-cm", "git.example.com=certificate", "public.example.com=other"))
	const hosts = "git.example.com ssh-ed25519 AAAA"
	b.apply(b.configMap("argocd-ssh-known-hosts-cm", "ssh_known_hosts="+hosts))
	r := b.registry(b.cluster)
	for url, want := range map[string]string{
		"https://git.example.com:8443/shop": "certificate", "https://git.example.com/own": "own", "https://git.example.com/third": "certificate",
		"https://public.example.com/shop": "other", "https://nobody.example.com": "",
	} {
		if l, err := r.Login(t.Context(), url); err != nil || l.CA != want {
			t.Errorf("%s is trusted by %q, want %q (%v)", url, l.CA, want, err)
		}
	}
	list, err := r.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var templates []string
	for _, l := range list {
		if l.Template {
			templates = append(templates, l.URL+" of "+l.From)
		}
	}
	slices.Sort(templates)
	of := " of ConfigMap " + b.namespace + "/argocd-tls-certs-cm of cluster playground"
	if d := cmp.Diff([]string{"https://git.example.com" + of, "https://public.example.com" + of}, templates); d != "" {
		t.Errorf("what serves a whole host (-want +got):\n%s", d)
	}
	s := repository.New(repository.Place{Context: "playground", Namespace: b.namespace, Open: func() (repository.Cluster, error) { return b.cluster, nil }}, slog.New(slog.DiscardHandler))
	text, from, err := s.KnownHosts(t.Context())
	if err != nil || text != hosts || from != "ConfigMap "+b.namespace+"/argocd-ssh-known-hosts-cm of cluster playground" {
		t.Errorf("the host keys are %q from %q (%v)", text, from, err)
	}
}
