package engine

import (
	"sync"
	"sync/atomic"

	"github.com/wheelhouse-gitops/wheelhouse/internal/heap"
)

// spread calls f with every number below count, in their order and so many at once, and waits for all. Whoever did one does the
// next: a stack that has grown for the first serves many. More than can be under way at once have room for their garbage.
func spread(count, atOnce int, f func(i int)) {
	if count > atOnce {
		defer heap.Room()()
	}
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(count, atOnce) {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(count); i = next.Add(1) - 1 {
				f(int(i))
			}
		})
	}
	all.Wait()
}
