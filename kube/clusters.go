// Package kube talks to Kubernetes API servers: it finds the cluster behind a destination, keeps its live objects in a
// watch cache, and applies and deletes.
//
// [Clusters] reads a kubeconfig and hands out one [Cluster] per context. A Cluster answers reads from its cache while
// [Cluster.Watch] runs, and by asking the server otherwise: a one-shot command starts no watch. All writes go through
// server-side apply under one field manager; errors keep the server's own status.
package kube

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// homeServer and homeName are how Argo CD writes the cluster that it runs in; here they are the store's home cluster.
const (
	homeServer = "https://kubernetes.default.svc"
	homeName   = "in-cluster"
)

// Options say where clusters are found.
type Options struct {
	// Kubeconfig is the path of a kubeconfig; empty uses $KUBECONFIG and the default place.
	Kubeconfig string
	// Home is the context that https://kubernetes.default.svc and in-cluster stand for; empty is the current context.
	Home string
	// Log receives what exec plugins write; nothing is logged by default.
	Log *slog.Logger
}

// Clusters finds clusters by the contexts of a kubeconfig. Its methods are safe for concurrent use.
type Clusters struct {
	opts   Options
	config clientcmdapi.Config
	err    error

	mu    sync.Mutex
	known map[string]*Cluster
}

// NewClusters reads the kubeconfig. One that cannot be read is reported when a cluster is asked for, so that what needs
// no cluster works without.
func NewClusters(opts Options) *Clusters {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	c := &Clusters{opts: opts, known: map[string]*Cluster{}}
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = opts.Kubeconfig
	config, err := rules.Load()
	if err != nil {
		c.err = hint.With(fmt.Errorf("read kubeconfig: %w", err), "name one with --kubeconfig or $KUBECONFIG")
		return c
	}
	c.config = *config
	return c
}

// Contexts returns the names of the contexts, sorted, and which of them is the home cluster.
func (c *Clusters) Contexts() (names []string, home string, err error) {
	if c.err != nil {
		return nil, "", c.err
	}
	return slices.Sorted(maps.Keys(c.config.Contexts)), c.home(), nil
}

// Server returns the URL of a context's server.
func (c *Clusters) Server(context string) string {
	ctx, ok := c.config.Contexts[context]
	if !ok {
		return ""
	}
	if cl, ok := c.config.Clusters[ctx.Cluster]; ok {
		return cl.Server
	}
	return ""
}

func (c *Clusters) home() string {
	if c.opts.Home != "" {
		return c.opts.Home
	}
	return c.config.CurrentContext
}

// Cluster returns the cluster of a destination. It connects to nothing. An unknown name is an error that lists the
// names there are.
func (c *Clusters) Cluster(dest app.Destination) (*Cluster, error) {
	if c.err != nil {
		return nil, c.err
	}
	name, err := c.contextOf(dest)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if known, ok := c.known[name]; ok {
		return known, nil
	}
	cluster, err := c.connect(name)
	if err != nil {
		return nil, fmt.Errorf("cluster %s: %w", name, err)
	}
	c.known[name] = cluster
	return cluster, nil
}

// contextOf finds the context that a destination means.
func (c *Clusters) contextOf(dest app.Destination) (string, error) {
	switch {
	case dest.Name == homeName || dest.Name == "" && strings.TrimSuffix(dest.Server, "/") == homeServer:
		home := c.home()
		if _, ok := c.config.Contexts[home]; !ok {
			return "", hint.With(errors.New("no current context in the kubeconfig, and so no home cluster"),
				"choose one with --context")
		}
		return home, nil
	case dest.Name != "":
		if _, ok := c.config.Contexts[dest.Name]; ok {
			return dest.Name, nil
		}
		return "", c.unknown("context "+dest.Name, app.ErrNotFound)
	}
	for _, name := range slices.Sorted(maps.Keys(c.config.Contexts)) {
		if strings.TrimSuffix(c.Server(name), "/") == strings.TrimSuffix(dest.Server, "/") {
			return name, nil
		}
	}
	return "", c.unknown("context for server "+dest.Server, app.ErrNotFound)
}

func (c *Clusters) unknown(what string, err error) error {
	names := slices.Sorted(maps.Keys(c.config.Contexts))
	if len(names) == 0 {
		return hint.With(fmt.Errorf("%s: %w: the kubeconfig has no contexts", what, err), "name a kubeconfig with --kubeconfig")
	}
	return hint.With(fmt.Errorf("%s: %w", what, err), "the kubeconfig has: "+strings.Join(names, ", "))
}
