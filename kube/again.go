package kube

import (
	"math/rand/v2"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// triedAgain is the pause after which what may not be watched is tried again; up to a quarter of it is added, so that many
// consoles do not come together.
const triedAgain = 10 * time.Minute

// again tries anew what is skipped, if the last time is long past. It is asked with questions, so that without them nothing is.
func (c *cache) again(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.watcher == nil || len(c.skip) == 0:
	case c.againAt.IsZero():
		c.againLocked(now)
	case now.After(c.againAt):
		c.retryLocked(now)
	}
}

// soon has what is skipped tried again with the next question.
func (c *cache) soon() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.againAt = time.Unix(0, 1)
}

// read takes note of what the server let be read of what a question asked for, and what it did not. If something may be read
// that might not the last time, rights were granted, and all that is skipped is tried again.
func (c *cache) read(asked []object.Ref, unreadable map[object.Place]error, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	granted := false
	for _, ref := range asked {
		p := ref.Place()
		if _, closed := c.closed[p]; closed && unreadable[p] == nil {
			delete(c.closed, p)
			granted = true
		}
	}
	for p := range unreadable {
		c.closed[p] = struct{}{}
	}
	if granted && c.watcher != nil {
		c.retryLocked(now)
	}
}

// retryLocked begins the watches of the kinds that are skipped. Of those that are refused again, the watches of namespaces
// follow: see [watcher.spreadLocked]. The caller holds the lock.
func (c *cache) retryLocked(now time.Time) {
	c.againLocked(now)
	old := c.skip
	c.skip = map[object.Place]error{}
	for p := range old {
		c.watcher.beginLocked(p.Wide())
	}
}

func (c *cache) againLocked(now time.Time) {
	c.againAt = now.Add(triedAgain + rand.N(triedAgain/4))
}
