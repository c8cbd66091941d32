package plan

import (
	"fmt"
	"strings"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// What Argo CD does where the application does not say: five more attempts, after 5 s, 10 s, 20 s and so on, never more
// than three minutes apart.
const (
	defaultRetries       = 5
	defaultRetryPause    = 5 * time.Second
	defaultRetryFactor   = 2
	defaultRetryMaxPause = 3 * time.Minute
)

// retry lets a failed automatic sync be tried again after a growing pause, and blocks when it was tried often enough.
// What a person started, or terminated, is not tried again.
func retry(in AutoSyncInput, last *app.OperationState, o Options) Decision {
	limit := int64(defaultRetries)
	var backoff *app.Backoff
	if p := in.App.Spec.SyncPolicy; p != nil && p.Retry != nil {
		limit, backoff = p.Retry.Limit, p.Retry.Backoff
	}
	failures := last.RetryCount + 1
	if !last.Operation.InitiatedBy.Automated || Terminated(last) || limit >= 0 && failures > limit {
		return Decision{Blocked: fmt.Sprintf("Failed last sync attempt to %s: %s", shorts(in.Commits), last.Message)}
	}
	ended := last.StartedAt
	if last.FinishedAt != nil {
		ended = *last.FinishedAt
	}
	// An end that lies in the future is some other clock's, and is not waited for.
	if wait := ended.Add(RetryPause(backoff, failures)).Sub(in.Now); wait > 0 && !ended.After(in.Now) {
		return Decision{Wait: wait}
	}
	return Decision{Do: true, Options: o, Why: fmt.Sprintf("retry %d of commit %s", failures, shorts(in.Commits))}
}

// finishUp tries an automatic sync again that failed after all was applied, as one whose PostSync hook did: nothing differs any more that
// it would write, and the commit has not come to its end.
func finishUp(in AutoSyncInput, full *app.OperationState, o Options) Decision {
	if full == nil || full.Phase == app.OperationSucceeded || !full.Operation.InitiatedBy.Automated || healing(full) || !attempted(full, in) {
		return Decision{}
	}
	return retry(in, full, o)
}

// healAgain lets a heal that follows one that failed come after the pause of a retry, and no more often than these are. It is a heal
// all the same: of the objects that differ by now.
func healAgain(in AutoSyncInput, last *app.OperationState, d Decision) Decision {
	if last.Phase == app.OperationSucceeded || !healing(last) {
		return d
	}
	again := retry(in, last, d.Options)
	if !again.Do {
		again.Fight = d.Fight
		return again
	}
	if d.Do {
		d.Why = fmt.Sprintf("%s, retry %d", d.Why, last.RetryCount+1)
	}
	return d
}

// InterruptedAtHook begins the message of an operation that ended with its process while a hook ran: whether the hook did
// its work cannot be known, so no hook is run again unless a person says so.
const InterruptedAtHook = "operation interrupted while a hook ran"

// Terminated reports whether somebody ended an operation, whose message says so in Argo CD's words, or whether it must
// not be tried again by itself.
func Terminated(last *app.OperationState) bool {
	return strings.HasPrefix(strings.ToLower(last.Message), "operation terminated") ||
		strings.HasPrefix(last.Message, InterruptedAtHook)
}

// Again says whether an operation that a person began is tried again after so many failures, and after which pause. Only one that failed
// by itself is: whoever ended it wants no other.
func Again(policy app.Retry, ended *app.OperationState, failures int64) (pause time.Duration, yes bool) {
	if ended.Phase == app.OperationSucceeded || Terminated(ended) || policy.Limit >= 0 && failures > policy.Limit {
		return 0, false
	}
	return RetryPause(policy.Backoff, failures), true
}

// RetryNote tells that a sync which a person begins is tried again when it fails, and how often; "" where the policy does not say so.
func RetryNote(p *app.SyncPolicy) string {
	if p == nil || p.Retry == nil || p.Retry.Limit == 0 {
		return ""
	}
	often := fmt.Sprintf("at most %d times", p.Retry.Limit)
	switch {
	case p.Retry.Limit < 0:
		often = "without end"
	case p.Retry.Limit == 1:
		often = "at most once"
	}
	return "a sync that fails is tried again, " + often + " (spec.syncPolicy.retry)"
}

// RetryPause returns the pause after this many failures, 1 or more. A policy that is nil or cannot be read counts as Argo
// CD's own.
func RetryPause(b *app.Backoff, failures int64) time.Duration {
	pause, longest, factor := defaultRetryPause, defaultRetryMaxPause, int64(defaultRetryFactor)
	if b != nil {
		pause = durationOr(b.Duration, pause)
		longest = durationOr(b.MaxDuration, longest)
		if b.Factor != nil && *b.Factor > 0 {
			factor = *b.Factor
		}
	}
	for n := int64(1); n < failures && factor > 1 && pause < longest; n++ {
		pause *= time.Duration(factor)
	}
	return min(pause, longest)
}

func durationOr(text string, other time.Duration) time.Duration {
	d, err := app.ParseDuration(text)
	if err != nil || d == 0 {
		return other
	}
	return d
}
