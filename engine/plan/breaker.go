package plan

import (
	"fmt"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// Drifts remembers, for one cluster, which applications began to differ lately although neither git nor their document
// had changed.
type Drifts map[app.Key]time.Time

const (
	// driftWindow is how long a drift counts.
	driftWindow = time.Minute
	// driftShare is the part of a cluster's applications, one in so many, above which healing them does more harm than good.
	driftShare = 5
	// driftLeast is the number of drifting applications below which nothing is unusual, however few there are.
	driftLeast = 3
)

// Add notes that an application drifted.
func (d Drifts) Add(key app.Key, now time.Time) {
	d[key] = now
	for k, at := range d {
		if now.Sub(at) > driftWindow {
			delete(d, k)
		}
	}
}

// Breaks says why automation is to pause in a cluster of so many applications: more than a fifth of them, and not just one
// or two, drifted within a minute. It returns "" when that is not so.
func (d Drifts) Breaks(applications int, now time.Time) string {
	n := 0
	for _, at := range d {
		if now.Sub(at) <= driftWindow {
			n++
		}
	}
	if n < driftLeast || n*driftShare <= applications {
		return ""
	}
	return fmt.Sprintf("%d of %d applications drifted within a minute, without a commit", n, applications)
}
