package plan

import (
	"fmt"
	"math"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Heat remembers how often each object was put back lately. Every heal adds one degree, and heat halves every
// heatHalfLife: somebody who changes an object now and then is put back at once each time, while two controllers that
// fight over it heat it up until healing pauses, for longer and longer. The pause itself cools nothing, or a fight would
// start anew after each.
type Heat map[object.Ref]Warmth

// Warmth is the heat of one object right after it was put back at a time.
type Warmth struct {
	Degrees float64
	At      time.Time
}

const (
	heatHalfLife = 5 * time.Minute
	// coolEnough is the heat from which on healing waits: more than ten changes by hand in a row, and fewer than
	// an autoscaler makes in five minutes.
	coolEnough   = 12
	firstPause   = 2 * time.Second
	pauseFactor  = 3
	longestPause = 5 * time.Minute
	// hottest is the heat at which the longest pause is reached; more would only take longer to cool.
	hottest = coolEnough + 6
)

// pause is how long an object is left alone after it was put back.
func (w Warmth) pause() time.Duration {
	over := math.Floor(w.Degrees) - coolEnough
	if over < 0 {
		return 0
	}
	return min(time.Duration(float64(firstPause)*math.Pow(pauseFactor, over)), longestPause)
}

// degrees is what is left of the heat at a time.
func (w Warmth) degrees(now time.Time) float64 {
	cooling := now.Sub(w.At) - w.pause()
	if cooling <= 0 {
		return w.Degrees
	}
	return w.Degrees * math.Exp2(-cooling.Seconds()/heatHalfLife.Seconds())
}

// Add notes that an object is put back.
func (h Heat) Add(ref object.Ref, now time.Time) {
	h[ref] = Warmth{Degrees: min(h[ref].degrees(now)+1, hottest), At: now}
}

// Wait returns how long it takes until the first of the objects that are too hot may be put back; 0 when none is.
func (h Heat) Wait(refs []object.Ref, now time.Time) time.Duration {
	var first time.Duration
	for _, r := range refs {
		wait := h[r].At.Add(h[r].pause()).Sub(now)
		if wait > 0 && (first == 0 || wait < first) {
			first = wait
		}
	}
	return first
}

// Fight names who changes a hot object back, for the user; "" when none is hot.
func (h Heat) Fight(refs []object.Ref, diffs []*diff.Diff, now time.Time) string {
	for _, r := range refs {
		if h.Wait([]object.Ref{r}, now) == 0 {
			continue
		}
		for _, d := range diffs {
			if d.Ref == r {
				if what := fought(d); what != "" {
					return "self-heal pauses: " + what
				}
			}
		}
	}
	return ""
}

// fought says what somebody does again and again to an object, and what to do about it.
func fought(d *diff.Diff) string {
	switch {
	case len(d.Changes) > 0:
		return fmt.Sprintf("%s of %s keeps being changed back by %s; end that, or leave the field to it with ignoreDifferences",
			d.Changes[0].Path, d.Ref, orNobody(d.Changes[0].Manager))
	case d.Verdict == diff.Create:
		return fmt.Sprintf("%s keeps being deleted; end that, or take it out of git", d.Ref)
	case d.Verdict == diff.Prune:
		return fmt.Sprintf("%s keeps being made again; end that, or keep it in git", d.Ref)
	}
	return ""
}

func orNobody(s string) string {
	if s == "" {
		return "somebody"
	}
	return s
}
