// Package repository keeps the logins of repositories as Secrets in a namespace of a cluster, in the form that Argo CD gives
// them: those who come from it have theirs there already, and several people share them.
//
// A Secret with the label argocd.argoproj.io/secret-type is a repository, or a template (repo-creds) that lends its
// credentials. [Secrets.Logins] answers from memory: the namespace is listed when somebody asks and what is known is older
// than half a minute, once for all who ask at a time. A cluster that does not answer leaves what was known last, and is
// asked again after ten seconds. What a Secret holds enters no error and no log.
package repository

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// Limits of reading the Secrets.
const (
	// maxAge is how long an answer of the cluster serves, and failurePause how long its failure does.
	maxAge       = 30 * time.Second
	failurePause = 10 * time.Second
	readTimeout  = 10 * time.Second
	pageSize     = 500
	mostSecrets  = 20_000
)

// Cluster is the cluster that the Secrets are in. Its methods are safe for concurrent use.
type Cluster interface {
	Client() kubernetes.Interface
	// Explain adds the remedy to an error of a request.
	Explain(err error) error
}

// Place is where the Secrets are.
type Place struct {
	// Context is that of a kubeconfig, as errors name it.
	Context, Namespace string
	// Open finds the context's cluster.
	Open func() (Cluster, error)
}

// String names the place as a person does.
func (p Place) String() string {
	return fmt.Sprintf("namespace %s of cluster %s", p.Namespace, p.Context)
}

// Secrets are the logins in a place. Its methods are safe for concurrent use.
type Secrets struct {
	place  Place
	log    *slog.Logger
	flight singleflight.Group

	mu    sync.Mutex
	known *content
	// at is when the cluster was asked last; err is why it did not answer then.
	at  time.Time
	err error
	// changes counts what this process wrote: an answer from before is none about now.
	changes int
	// denied are the ConfigMaps of which the log says that they may not be read.
	denied map[string]bool
}

// content is what was read at one time.
type content struct {
	logins *app.Logins
	hosts  string
}

// New returns the logins in a place; it asks nothing.
func New(place Place, log *slog.Logger) *Secrets {
	return &Secrets{place: place, log: log, denied: map[string]bool{}}
}

// Logins returns what the place has, or with an error what it had when it was last read: nil when it never was.
func (s *Secrets) Logins(ctx context.Context) (*app.Logins, error) {
	c, err := s.current(ctx)
	if c == nil {
		return nil, err
	}
	return c.logins, err
}

// KnownHosts returns the text of the SSH host keys that the place has, as Argo CD keeps them, and where they are.
func (s *Secrets) KnownHosts(ctx context.Context) (text, from string, err error) {
	c, err := s.current(ctx)
	if c == nil {
		return "", "", err
	}
	return c.hosts, fmt.Sprintf("ConfigMap %s/%s of cluster %s", s.place.Namespace, hostsMap, s.place.Context), nil
}

// current returns what is known, when it is young enough, or reads it.
func (s *Secrets) current(ctx context.Context) (*content, error) {
	s.mu.Lock()
	known, err, age, changes := s.known, s.err, time.Since(s.at), s.changes
	s.mu.Unlock()
	if err != nil && age < failurePause || err == nil && known != nil && age < maxAge {
		return known, err
	}
	ch := s.flight.DoChan(fmt.Sprint(changes), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readTimeout)
		defer cancel()
		fresh, err := s.read(ctx)
		return s.learn(fresh, err, changes), err
	})
	select {
	case <-ctx.Done():
		return known, fmt.Errorf("read logins in %s: %w", s.place, ctx.Err())
	case r := <-ch:
		c, _ := r.Val.(*content)
		return c, r.Err
	}
}

// learn remembers an answer and returns what is known with it.
func (s *Secrets) learn(fresh *content, err error, changes int) *content {
	s.mu.Lock()
	defer s.mu.Unlock()
	if changes != s.changes {
		return fresh
	}
	s.at, s.err = time.Now(), err
	switch {
	case err == nil:
		s.known = fresh
	case s.known != nil:
		s.log.Warn("logins are those that were known last", "error", err)
	}
	return s.known
}

// changed makes what is known too old for everybody.
func (s *Secrets) changed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at, s.err = time.Time{}, nil
	s.changes++
}

// read asks the cluster for the Secrets, and for what Argo CD keeps beside them.
func (s *Secrets) read(ctx context.Context) (*content, error) {
	cluster, err := s.place.Open()
	if err != nil {
		return nil, fmt.Errorf("read logins in %s: %w", s.place, err)
	}
	secrets, err := s.list(ctx, cluster)
	if err != nil {
		return nil, err
	}
	certificates, err := s.configMap(ctx, cluster, certificatesMap)
	if err != nil {
		return nil, err
	}
	hosts, err := s.configMap(ctx, cluster, hostsMap)
	if err != nil {
		return nil, err
	}
	all := make([]app.RepositoryLogin, 0, len(secrets))
	for i := range secrets {
		l := loginOf(&secrets[i])
		if l.From = s.nameOf(&secrets[i]); l.URL == "" {
			s.log.Warn("a Secret of a repository has no url", "secret", l.From)
			continue
		}
		all = append(all, l)
	}
	return &content{app.NewLogins(trusting(all, certificates, s.nameOfMap(certificatesMap))), hosts["ssh_known_hosts"]}, nil
}

// list returns the Secrets of repositories and templates, those that serve every project first.
func (s *Secrets) list(ctx context.Context, cluster Cluster) ([]corev1.Secret, error) {
	var out []corev1.Secret
	o := metav1.ListOptions{LabelSelector: labelType + " in (" + typeRepository + "," + typeTemplate + ")", Limit: pageSize}
	for {
		page, err := cluster.Client().CoreV1().Secrets(s.place.Namespace).List(ctx, o)
		if err != nil {
			return nil, s.failed(cluster, "list", "Secrets", err)
		}
		if out = append(out, page.Items...); len(out) > mostSecrets {
			return nil, fmt.Errorf("list Secrets in %s: there are more than %d", s.place, mostSecrets)
		}
		if o.Continue = page.Continue; o.Continue == "" {
			break
		}
	}
	sortSecrets(out)
	if len(out) == 0 {
		return nil, s.checkNamespace(ctx, cluster)
	}
	return out, nil
}

// checkNamespace tells a namespace without Secrets from a name with a slip in it; who may not look gives it the benefit of the
// doubt.
func (s *Secrets) checkNamespace(ctx context.Context, cluster Cluster) error {
	_, err := cluster.Client().CoreV1().Namespaces().Get(ctx, s.place.Namespace, metav1.GetOptions{})
	if err == nil || apierrors.IsForbidden(err) {
		return nil
	}
	if apierrors.IsNotFound(err) {
		return hint.With(fmt.Errorf("read logins in %s: there is no such namespace", s.place), "correct it, or make it: --repositories CONTEXT/NAMESPACE")
	}
	return s.failed(cluster, "get", "the namespace", err)
}

// failed says which act on what did not succeed, and what to do.
func (s *Secrets) failed(cluster Cluster, verb, what string, err error) error {
	err = fmt.Errorf("%s %s in %s: %w", verb, what, s.place, cluster.Explain(err))
	if apierrors.IsForbidden(err) {
		return hint.With(err, fmt.Sprintf("ask for the right to %s secrets in namespace %s, or keep logins elsewhere: --repositories CONTEXT/NAMESPACE",
			verb, s.place.Namespace))
	}
	return err
}

func (s *Secrets) nameOf(secret *corev1.Secret) string {
	return fmt.Sprintf("Secret %s/%s of cluster %s", secret.Namespace, secret.Name, s.place.Context)
}

func (s *Secrets) nameOfMap(name string) string {
	return fmt.Sprintf("ConfigMap %s/%s of cluster %s", s.place.Namespace, name, s.place.Context)
}
