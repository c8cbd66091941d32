package repository

import (
	"context"
	"net/url"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// The ConfigMaps in which Argo CD keeps whom to trust: certificates by host name, and a file of known hosts.
const (
	certificatesMap = "argocd-tls-certs-cm"
	hostsMap        = "argocd-ssh-known-hosts-cm"
)

// configMap returns the data of a ConfigMap; nothing when it is not there or may not be read, for then nobody is trusted more.
func (s *Secrets) configMap(ctx context.Context, cluster Cluster, name string) (map[string]string, error) {
	m, err := cluster.Client().CoreV1().ConfigMaps(s.place.Namespace).Get(ctx, name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case apierrors.IsForbidden(err):
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.denied[name] {
			s.denied[name] = true
			s.log.Warn("nobody is trusted by this, for it may not be read", "from", s.nameOfMap(name), "error", err)
		}
		return nil, nil
	case err != nil:
		return nil, s.failed(cluster, "get", "ConfigMap "+name, err)
	}
	return m.Data, nil
}

// trusting gives logins the certificates of their hosts where they have none of their own. A host that no entry is for gets
// a template, which is the URL of no repository: its certificate serves public repositories too.
func trusting(all []app.RepositoryLogin, certificates map[string]string, from string) []app.RepositoryLogin {
	for i := range all {
		if u, err := url.Parse(all[i].URL); err == nil && u.Scheme == "https" && all[i].CA == "" {
			all[i].CA = certificates[u.Hostname()]
		}
	}
	for host, pem := range certificates {
		at := "https://" + host
		if !slices.ContainsFunc(all, func(l app.RepositoryLogin) bool { return l.URL == at }) {
			all = append(all, app.RepositoryLogin{Repository: app.Repository{URL: at, CA: pem, From: from, Template: true}})
		}
	}
	return all
}
