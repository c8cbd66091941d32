package engine

import (
	"maps"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// forget drops an application that is in the store no more.
func (e *Engine) forget(key app.Key) {
	e.mu.Lock()
	delete(e.entries, key)
	e.mu.Unlock()
	e.leaveClusters(key, nil)
}

// leaveClusters has the watched clusters, but for one, tell an application of changes no longer, and remember nothing for it.
func (e *Engine) leaveClusters(key app.Key, but Cluster) {
	var left []Cluster
	e.mu.Lock()
	for cluster, w := range e.watched {
		if cluster == but || w.keys[key.Tracking()] != key {
			continue
		}
		delete(w.keys, key.Tracking())
		maps.DeleteFunc(w.wanted, func(_ object.Ref, by app.Key) bool { return by == key })
		left = append(left, cluster)
	}
	e.mu.Unlock()
	for _, c := range left {
		c.Forget(key.Tracking())
	}
}
