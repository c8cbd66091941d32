package kube

import (
	"context"
	"sync"
	"time"
)

// How many applies are in flight at one server. Measured, the knee lies between 16 and 64: below it the server idles,
// above it requests only wait for each other. Beginning with the most costs a small server nothing but a queue; beginning
// lower cost a large one a tenth of a thousand applies.
const (
	firstInFlight = 64
	leastInFlight = 4
	mostInFlight  = 64
	// turns is how many times as many answers as there may be requests in flight make a measurement.
	turns = 4
	// gain is the throughput, in hundredths of that before, from which more in flight are worth it: half of what half as many
	// more can bring. loss is the one below which there are fewer. Both are several times what measurements differ by chance.
	gain, loss = 125, 70
	// respite is the number of measurements between two attempts at more.
	respite = 8
)

// pace bounds the applies in flight at one server, whoever asks for them, and finds the bound by what comes of it: it is
// halved when the server says that it is too much, lowered when much less is answered, and raised again while more is
// answered in the same time. The zero pace is ready.
type pace struct {
	mu      sync.Mutex
	limit   int
	flying  int
	waiting []chan struct{}

	// A measurement: since when, and how many were answered. It counts only while requests wait for their turn.
	since    time.Time
	answered int
	// rate is what the measurements at this limit found, the newest weighing a quarter, per second; 0 when there is none. trying is
	// the limit to go back to while a higher one is tried, and resting counts down to the next try.
	rate    float64
	trying  int
	resting int
	// halved is when the server last refused.
	halved time.Time
}

// enter waits for a turn. Whoever got one calls leave.
func (p *pace) enter(ctx context.Context) error {
	p.mu.Lock()
	if p.limit == 0 {
		p.limit = firstInFlight
	}
	if p.flying == 0 {
		p.forgetLocked()
	}
	if p.flying < p.limit {
		p.flying++
		p.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	p.waiting = append(p.waiting, turn)
	p.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, w := range p.waiting {
		if w == turn {
			p.waiting = append(p.waiting[:i], p.waiting[i+1:]...)
			return ctx.Err()
		}
	}
	// The turn came just now: it is passed on.
	p.flying--
	p.nextLocked()
	return ctx.Err()
}

// leave ends a turn.
func (p *pace) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flying--
	p.answered++
	switch {
	case len(p.waiting) == 0:
		// With room to spare nothing is learned about the limit.
		p.since, p.answered = time.Now(), 0
	case p.answered >= turns*p.limit:
		p.measureLocked(float64(p.answered) / max(time.Since(p.since), time.Microsecond).Seconds())
		p.since, p.answered = time.Now(), 0
	}
	p.nextLocked()
}

// refused notes that the server has too much to do. What it refuses within a second is one refusal.
func (p *pace) refused() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.limit == 0 || time.Since(p.halved) < time.Second {
		return
	}
	p.limit, p.halved = max(leastInFlight, p.limit/2), time.Now()
	p.trying, p.resting = 0, respite
	p.since, p.answered, p.rate = time.Now(), 0, 0
}

// forgetLocked begins anew after a pause: what was written then may have cost more or less.
func (p *pace) forgetLocked() {
	if p.trying > 0 {
		p.limit, p.trying = p.trying, 0
	}
	p.since, p.answered, p.rate = time.Now(), 0, 0
}

// measureLocked moves the limit by a measurement.
func (p *pace) measureLocked(rate float64) {
	before := p.rate
	switch {
	case p.trying > 0 && 100*rate < gain*before:
		p.limit, p.trying, p.resting = p.trying, 0, respite
		return
	case p.trying > 0, before == 0:
		p.rate = rate
	case 100*rate < loss*before:
		p.limit, p.resting, p.rate = max(leastInFlight, 2*p.limit/3), respite, 0
		return
	default:
		p.rate = (3*before + rate) / 4
	}
	if p.resting > 0 {
		p.resting--
	} else {
		p.trying = p.limit
		p.limit = min(mostInFlight, p.limit+p.limit/2)
	}
}

// nextLocked lets as many in as there is room for, in the order in which they came.
func (p *pace) nextLocked() {
	for p.flying < p.limit && len(p.waiting) > 0 {
		turn := p.waiting[0]
		p.waiting = p.waiting[1:]
		p.flying++
		close(turn)
	}
}
