package kube

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Cluster is one API server. Its methods are safe for concurrent use.
type Cluster struct {
	name      string
	config    *rest.Config
	dynamic   dynamic.Interface
	metadata  metadata.Interface
	typed     kubernetes.Interface
	discovery discovery.DiscoveryInterface
	// raw sends what is ready to be sent.
	raw       rest.Interface
	pace      pace
	contact   *contact
	cache     *cache
	schemas   schemas
	admission admission

	mu       sync.Mutex
	identity app.ClusterIdentity
	kinds    *kinds
	kindsAt  time.Time
}

// connect prepares the clients of a context. All share one transport; client-side rate limits are off, for the server
// limits by priority and fairness itself.
func (c *Clusters) connect(name string) (*Cluster, error) {
	config, err := clientcmd.NewNonInteractiveClientConfig(c.config, name, &clientcmd.ConfigOverrides{}, nil).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("read context: %w", err)
	}
	config.QPS = -1
	config.UserAgent = "wheelhouse"
	config.WarningHandlerWithContext = warnings{}
	if config.ExecProvider != nil {
		// A plugin that asks would draw over the screen.
		config.ExecProvider.StdinUnavailable = true
		config.ExecProvider.StdinUnavailableMessage = "log in from a shell first, for example with: kubectl --context " + name + " get namespaces"
	}
	k := &Cluster{name: name, config: config, contact: &contact{context: name, turned: make(chan struct{}, 1)}, cache: newCache()}
	k.contact.regained = func(lost time.Time) {
		k.mu.Lock()
		k.identity = ""
		k.mu.Unlock()
		k.schemas.forget()
		k.admission.forget()
		k.cache.soon()
		k.cache.returned(lost)
	}
	k.contact.refused = k.pace.refused
	config.Wrap(withFate)
	config.Wrap(k.contact.wrap)
	config.Wrap(withLeave)
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("make client: %w", err)
	}
	if k.dynamic, err = dynamic.NewForConfigAndClient(config, client); err != nil {
		return nil, fmt.Errorf("make client: %w", err)
	}
	if k.metadata, err = metadata.NewForConfigAndClient(metadata.ConfigFor(config), client); err != nil {
		return nil, fmt.Errorf("make client: %w", err)
	}
	if k.typed, err = kubernetes.NewForConfigAndClient(config, client); err != nil {
		return nil, fmt.Errorf("make client: %w", err)
	}
	k.discovery = k.typed.Discovery()
	bare := rest.CopyConfig(config)
	bare.NegotiatedSerializer = scheme.Codecs.WithoutConversion()
	if k.raw, err = rest.UnversionedRESTClientForConfigAndClient(bare, client); err != nil {
		return nil, fmt.Errorf("make client: %w", err)
	}
	return k, nil
}

// Client returns the client of the server's own kinds, for those who keep something of theirs in a cluster.
func (k *Cluster) Client() kubernetes.Interface { return k.typed }

// Explain adds the remedy to an error of that client.
func (k *Cluster) Explain(err error) error { return k.explain(err) }

// Name returns the context's name.
func (k *Cluster) Name() string { return k.name }

// Server returns the identity of the way to the cluster, without asking it.
func (k *Cluster) Server() app.ClusterIdentity {
	return app.ServerIdentity(k.config.Host, k.config.CAData)
}

// Identity returns the UID of the kube-system namespace, which tells this cluster from all others whatever it is
// called; where that may not be read, the one of [Cluster.Server].
func (k *Cluster) Identity(ctx context.Context) (app.ClusterIdentity, error) {
	k.mu.Lock()
	known := k.identity
	k.mu.Unlock()
	if known != "" && k.contact.failure() == nil {
		return known, nil
	}
	ns, err := k.typed.CoreV1().Namespaces().Get(ctx, "kube-system", metav1.GetOptions{})
	var id app.ClusterIdentity
	switch {
	case err == nil:
		id = app.ClusterIdentity(ns.UID)
	case apierrors.IsForbidden(err):
		id = k.Server()
	default:
		return "", k.explain(err)
	}
	k.mu.Lock()
	k.identity = id
	k.mu.Unlock()
	return id, nil
}

// explain adds the remedy to an error of a request that got no useful answer.
func (k *Cluster) explain(err error) error {
	switch {
	case err == nil:
		return nil
	case apierrors.IsUnauthorized(err), errors.Is(err, errLogin):
		return hint.With(err, "the login has expired or is wrong; renew it, for example with: kubectl --context "+k.name+" get namespaces")
	case k.config.ExecProvider != nil && strings.Contains(err.Error(), "getting credentials"):
		return hint.With(err, "the login has expired or the plugin wants to ask; log in from a shell, for example with: kubectl --context "+
			k.name+" get namespaces")
	case object.LacksRight(err):
		return hint.With(err, "ask for that right, or use another context")
	case k.contact.failure() != nil:
		return hint.With(err, fmt.Sprintf("check that %s is reachable and that the kubeconfig's context %s is current", k.config.Host, k.name))
	}
	return err
}
