package engine

import "time"

// The time between two comparisons by itself, after live changes or a while, as long as an operation of this process runs: what changes
// is most likely its own writes, and its end has all of them compared. While it waits for what it wrote, somebody may watch that.
const (
	pauseWhileWriting = 5 * time.Second
	pauseWhileWaiting = 500 * time.Millisecond
	// pauseShare is how many times as long as a comparison the pause after it is at least.
	pauseShare = 10
)

// acting returns how long a comparison that nobody asked for can wait yet, because an operation runs; 0 when it need not. A comparison
// that takes long is made more rarely, so that it does not hold up what it looks at.
func (en *entry) acting(now time.Time) time.Duration {
	en.mu.Lock()
	defer en.mu.Unlock()
	if en.run == nil || en.run.ended() {
		return 0
	}
	since, waits, pauses := en.run.acts()
	if pauses {
		return 0
	}
	pause := pauseWhileWriting
	if waits {
		pause = pauseWhileWaiting
	}
	if en.last != nil {
		var took time.Duration
		for _, s := range en.last.stages {
			took += s.Took
		}
		pause = max(pause, pauseShare*took)
		if compared := en.last.at.Add(took); compared.After(since) {
			since = compared
		}
	}
	return min(pause, max(0, since.Add(pause).Sub(now)))
}

// acts returns when the operation began, whether it waits for something that it wrote, and whether it only pauses before a retry.
func (r *Run) acts() (since time.Time, waits, pauses bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.progress.Started, r.progress.Waiting != "", r.progress.Retrying != nil
}
