package engine

import "github.com/wheelhouse-gitops/wheelhouse/app"

// forget drops an application that is in the store no more.
func (e *Engine) forget(key app.Key) {
	e.mu.Lock()
	delete(e.entries, key)
	e.drops(key)
	e.mu.Unlock()
	e.leaveClusters(key, nil)
}

// release publishes an application whose document is gone while its objects are known.
func (e *Engine) release(r app.Released) {
	e.entry(r.Key).release(r)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.drops(r.Key)
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
		for ref, by := range w.wanted {
			if by != key {
				continue
			}
			delete(w.wanted, ref)
			for _, other := range e.claims.sharing(key, ref) {
				if other != key && w.keys[other.Tracking()] == other {
					w.wanted[ref] = other
				}
			}
		}
		left = append(left, cluster)
	}
	e.mu.Unlock()
	for _, c := range left {
		c.Forget(key.Tracking())
	}
}
