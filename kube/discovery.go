package kube

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// errNoCore is the error of a discovery without the kinds that every cluster has.
var errNoCore = errors.New("the answer has not even Namespaces: it is not the API server's, or not all of it")

// rediscover is the least pause between two discoveries for a kind that was not found.
const rediscover = 2 * time.Second

// kinds is what a cluster serves.
type kinds struct {
	version string
	byKind  map[schema.GroupVersionKind]object.Resource
	// preferred is the version that the server prefers of each kind.
	preferred map[schema.GroupKind]object.Resource
	apis      []string
	// failed are the groups whose own server does not say what it serves.
	failed map[string]*failure
}

// Resource returns how the cluster serves a kind, in the version that it prefers where none is named. A kind that is not found is
// looked for again, for its definition may be new; then it is object.ErrNoKind, or object.ErrFailing where its group does not say
// what it serves.
func (k *Cluster) Resource(_ context.Context, gvk schema.GroupVersionKind) (object.Resource, error) {
	return k.lookUp(gvk)
}

// resourceOf returns the preferred version of a group and kind.
func (k *Cluster) resourceOf(gk schema.GroupKind) (object.Resource, error) {
	return k.lookUp(gk.WithVersion(""))
}

func (k *Cluster) lookUp(gvk schema.GroupVersionKind) (object.Resource, error) {
	known, err := k.discover(false)
	if err != nil {
		return object.Resource{}, err
	}
	if r, ok := known.find(gvk); ok {
		return r, nil
	}
	if known, err = k.discoverAnew(); err != nil {
		return object.Resource{}, err
	}
	if r, ok := known.find(gvk); ok {
		return r, nil
	}
	return object.Resource{}, known.missing(gvk)
}

// find returns how a kind is served in a version, or in the preferred one where none is named.
func (s *kinds) find(gvk schema.GroupVersionKind) (object.Resource, bool) {
	if gvk.Version == "" {
		r, ok := s.preferred[gvk.GroupKind()]
		return r, ok
	}
	r, ok := s.byKind[gvk]
	return r, ok
}

// missing is the error for a kind that is not served, or not in this version.
func (s *kinds) missing(gvk schema.GroupVersionKind) error {
	if f := s.failed[gvk.Group]; f != nil {
		return hint.With(fmt.Errorf("%s in %s: %w", gvk.Kind, gvk.GroupVersion(), f), remedy)
	}
	if r, ok := s.preferred[gvk.GroupKind()]; ok {
		err := fmt.Errorf("%s in %s: %w in this version, but in %s", gvk.Kind, gvk.GroupVersion(), object.ErrNoKind, r.Version)
		return hint.With(err, "write it in version "+r.Version)
	}
	err := fmt.Errorf("%s in %s: %w", gvk.Kind, gvk.GroupVersion(), object.ErrNoKind)
	return hint.With(err, "install its CustomResourceDefinition first, or correct apiVersion and kind")
}

// discoverAnew looks again at what is served, and tells the watcher if it is more than that knows of.
func (k *Cluster) discoverAnew() (*kinds, error) {
	found, err := k.discover(true)
	if err == nil {
		k.cache.discovered(found)
	}
	return found, err
}

// discover returns what is served, from memory unless it is to be renewed and the last look is not too young.
func (k *Cluster) discover(renew bool) (*kinds, error) {
	k.mu.Lock()
	known, at := k.kinds, k.kindsAt
	k.mu.Unlock()
	if known != nil && (!renew || time.Since(at) < rediscover) {
		return known, nil
	}
	found, err := k.ask(known)
	if err != nil {
		return nil, fmt.Errorf("ask cluster %s what it serves: %w", k.name, k.explain(err))
	}
	k.schemas.forget()
	k.mu.Lock()
	k.kinds, k.kindsAt = found, time.Now()
	k.mu.Unlock()
	return found, nil
}

// ask discovers. A group whose own server is down serves what it did before.
func (k *Cluster) ask(before *kinds) (*kinds, error) {
	groups, lists, err := k.discovery.ServerGroupsAndResources()
	failed, partial := discovery.GroupDiscoveryFailedErrorGroups(err)
	if err != nil && !partial {
		return nil, err
	}
	if !slices.ContainsFunc(lists, func(l *metav1.APIResourceList) bool { return l.GroupVersion == "v1" }) {
		// The client takes a 404 for no groups: a proxy that knows of no server for a moment answers so.
		return nil, errNoCore
	}
	version, err := k.discovery.ServerVersion()
	if err != nil {
		return nil, err
	}
	s := &kinds{
		version: version.GitVersion, byKind: map[schema.GroupVersionKind]object.Resource{},
		preferred: map[schema.GroupKind]object.Resource{},
	}
	best := map[string]string{}
	for _, g := range groups {
		best[g.Name] = g.PreferredVersion.Version
	}
	for _, l := range lists {
		s.add(l, best)
	}
	s.carryOver(before, failed)
	slices.Sort(s.apis)
	s.apis = slices.Compact(s.apis)
	return s, nil
}

func (s *kinds) add(l *metav1.APIResourceList, best map[string]string) {
	gv, err := schema.ParseGroupVersion(l.GroupVersion)
	if err != nil {
		return
	}
	s.apis = append(s.apis, l.GroupVersion)
	for _, r := range l.APIResources {
		if strings.Contains(r.Name, "/") {
			continue
		}
		res := object.Resource{
			Group: gv.Group, Version: gv.Version, Kind: r.Kind, Plural: r.Name, Namespaced: r.Namespaced, Verbs: r.Verbs,
		}
		s.byKind[res.GroupVersionKind()] = res
		s.apis = append(s.apis, l.GroupVersion+"/"+r.Kind)
		gk := schema.GroupKind{Group: gv.Group, Kind: r.Kind}
		if _, ok := s.preferred[gk]; !ok || gv.Version == best[gv.Group] {
			s.preferred[gk] = res
		}
	}
}

// Capabilities returns what templates may know of the cluster.
func (k *Cluster) Capabilities(context.Context) (app.Capabilities, error) {
	known, err := k.discover(false)
	if err != nil {
		return app.Capabilities{}, err
	}
	return app.Capabilities{KubeVersion: known.version, APIVersions: known.apis}, nil
}
