package app

import (
	"fmt"
	"time"
)

// Retrying is the pause before an operation that failed is tried again. Argo CD has the same in the operation's message only.
type Retrying struct {
	// Attempt counts the retries from 1, and Limit is how many there may be; -1 is without end.
	Attempt int64 `json:"attempt"`
	Limit   int64 `json:"limit"`
	// At is when it begins, unless there is a newer commit before.
	At time.Time `json:"at"`
	// Why is what the attempt before failed with.
	Why string `json:"why"`
}

// String names the retry and its time: retry 2 of 5 at 2026-03-01T12:00:00Z.
func (r *Retrying) String() string {
	of := ""
	if r.Limit >= 0 {
		of = fmt.Sprintf(" of %d", r.Limit)
	}
	return fmt.Sprintf("retry %d%s at %s", r.Attempt, of, r.At.UTC().Format(time.RFC3339))
}
