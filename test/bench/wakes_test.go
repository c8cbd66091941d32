package main

import (
	"errors"
	"io"
	"strings"

	"golang.org/x/exp/trace"
)

// wakes reads what the runtime has recorded, and returns how often the clock woke a goroutine of the program, or began one, by the
// functions that it waits or begins in. It sees timers and tickers of the libraries, too.
func wakes(recorded io.Reader) (map[string]int, error) {
	r, err := trace.NewReader(recorded)
	if err != nil {
		return nil, err
	}
	w := watcher{waits: map[trace.GoID]string{}, woken: map[trace.GoID]bool{}, count: map[string]int{}}
	for {
		ev, err := r.ReadEvent()
		if errors.Is(err, io.EOF) {
			return w.count, nil
		}
		if err != nil {
			return nil, err
		}
		if ev.Kind() == trace.EventStateTransition {
			w.see(ev.Goroutine(), ev.StateTransition())
		}
	}
}

// watcher follows the goroutines of a recording.
type watcher struct {
	// waits says what those wait for that wait, and woken which of those that do not were woken by nobody.
	waits map[trace.GoID]string
	woken map[trace.GoID]bool
	count map[string]int
}

// see takes note of one change. Who was woken says where it waited when it waits again, which may have begun before the recording.
func (w *watcher) see(by trace.GoID, change trace.StateTransition) {
	if change.Resource.Kind != trace.ResourceGoroutine {
		return
	}
	g := change.Resource.Goroutine()
	from, to := change.Goroutine()
	switch {
	case to == trace.GoWaiting:
		if w.woken[g] && change.Reason != network {
			w.note(change.Stack)
		}
		delete(w.woken, g)
		w.waits[g] = change.Reason
	case from == trace.GoWaiting && to == trace.GoRunnable:
		w.woken[g] = by == trace.NoGoroutine && w.waits[g] != network
		delete(w.waits, g)
	case from == trace.GoNotExist && by == trace.NoGoroutine:
		w.note(change.Stack)
	}
}

// network is what the runtime calls the wait for a connection, which ends without a goroutine that ends it as a timer's does.
const network = "network"

// note counts a goroutine by those of its functions that are the program's, or a library's of Kubernetes. Those of the playground and of
// the test itself do not count.
func (w *watcher) note(stack trace.Stack) {
	const ours = "github.com/wheelhouse-gitops/wheelhouse/"
	var where []string
	for frame := range stack.Frames() {
		switch {
		case strings.HasPrefix(frame.Func, ours+"test/"), strings.HasPrefix(frame.Func, ours+"playground"):
			return
		case strings.HasPrefix(frame.Func, ours), strings.HasPrefix(frame.Func, "k8s.io/"):
			where = append(where, strings.TrimPrefix(frame.Func, ours))
		}
	}
	if len(where) > 0 {
		w.count[strings.Join(where, " < ")]++
	}
}
