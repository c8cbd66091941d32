package engine

import (
	"context"
	"sync"

	"k8s.io/client-go/util/workqueue"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// lane is the queue of the applications of one cluster, with workers of its own: a cluster that takes long to answer, or never
// does, holds up nobody else's applications.
type lane = workqueue.Typed[app.Key]

// handOut gives the applications that are due to the workers of their clusters, until the queue shuts down. It returns when all
// of these have stopped.
func (e *Engine) handOut(ctx context.Context) error {
	var workers sync.WaitGroup
	lanes := map[string]*lane{}
	for {
		key, shutdown := e.queue.Get()
		if shutdown {
			break
		}
		cluster := e.clusterName(key)
		l, ok := lanes[cluster]
		if !ok {
			l = workqueue.NewTyped[app.Key]()
			lanes[cluster] = l
			for range e.opts.Workers {
				workers.Go(func() { e.work(ctx, l) })
			}
		}
		l.Add(key)
		e.queue.Done(key)
	}
	for _, l := range lanes {
		l.ShutDown()
	}
	workers.Wait()
	return nil
}

// work refreshes one application of a lane after another until it shuts down.
func (e *Engine) work(ctx context.Context, l *lane) {
	for {
		key, shutdown := l.Get()
		if shutdown {
			return
		}
		e.tend(ctx, key)
		l.Done(key)
	}
}

// clusterName is what an application's destination calls its cluster.
func (e *Engine) clusterName(key app.Key) string {
	v, _ := e.View(key)
	return v.App.Spec.Destination.Cluster()
}
