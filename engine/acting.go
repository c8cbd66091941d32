package engine

import "time"

// The pauses between two comparisons after live changes, while an operation of this process runs: the changes are most
// likely its own writes, and its end has all of them compared. While it waits for what it wrote, somebody may watch that.
const (
	pauseWhileWriting = 2 * time.Second
	pauseWhileWaiting = 500 * time.Millisecond
	// pauseShare is how many times as long as a comparison the pause after it is at least.
	pauseShare = 10
)

// acting returns how long a comparison after a live change can wait, because an operation runs; 0 when none does. A
// comparison that takes long is made more rarely, so that it does not hold up what it looks at.
func (en *entry) acting() time.Duration {
	en.mu.Lock()
	defer en.mu.Unlock()
	if en.run == nil || en.run.ended() {
		return 0
	}
	pause := pauseWhileWriting
	if en.run.waits() {
		pause = pauseWhileWaiting
	}
	var took time.Duration
	if en.last != nil {
		for _, s := range en.last.stages {
			took += s.Took
		}
	}
	return max(pause, pauseShare*took)
}

// waits reports whether the operation waits for something that it wrote.
func (r *Run) waits() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.progress.Waiting != ""
}
