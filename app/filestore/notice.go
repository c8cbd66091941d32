package filestore

import (
	"context"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
)

// The pauses of a watch: how long a folder is to be quiet before it is read, for how long it may stay restless, and how
// often it is read without a notice. Where notices work, that last is for what they do not tell of: a change on the
// other side of a network share, another file system mounted over the folder.
const (
	quietTime    = 60 * time.Millisecond
	restlessTime = 500 * time.Millisecond
	slowPoll     = 30 * time.Second
	fastPoll     = 2 * time.Second
)

// notices tells when a folder, or a folder that its files are linked from, may have changed.
type notices struct {
	dir string
	// watcher is nil, and events and errors block for ever, while the system gives no notices.
	watcher *fsnotify.Watcher
	linked  []string
}

func watchFolder(dir string) *notices {
	n := &notices{dir: dir}
	n.start()
	return n
}

// start asks for notices; where it fails the folder is polled, and asked again each time.
func (n *notices) start() {
	n.close()
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return
	}
	n.watcher = w
	if err := w.Add(n.dir); err != nil {
		n.close()
		return
	}
	n.watchLinked()
}

func (n *notices) close() {
	if n.watcher != nil {
		_ = n.watcher.Close() // nothing is written through it
		n.watcher = nil
	}
}

// follow asks for notices of the folders that files are linked from. It reports whether those are others than before:
// then changes may have gone by unnoticed, and the folder should be read again.
func (n *notices) follow(dirs []string) bool {
	if slices.Equal(n.linked, dirs) {
		return false
	}
	n.linked = dirs
	n.start()
	return true
}

func (n *notices) watchLinked() {
	for _, dir := range n.linked {
		// A folder without notices is still read with every slow poll.
		_ = n.watcher.Add(dir)
	}
}

// wait returns true when the folder should be read again, and false when ctx ends.
func (n *notices) wait(ctx context.Context) bool {
	poll := time.NewTimer(n.pollTime())
	defer poll.Stop()
	var quiet, restless <-chan time.Time
	for {
		events, errs := n.channels()
		select {
		case <-ctx.Done():
			return false
		case e := <-events:
			if !n.concerns(e) {
				continue
			}
			if e.Name == n.dir && e.Has(fsnotify.Remove|fsnotify.Rename) {
				n.close()
				poll.Reset(fastPoll)
			}
			quiet, restless = awaitQuiet(restless)
		case <-errs: //nolint:errcheck // notices were lost, for whatever reason: looking again finds what they would have told
			quiet, restless = awaitQuiet(restless)
		case <-quiet:
			return true
		case <-restless:
			return true
		case <-poll.C:
			n.start()
			return true
		}
	}
}

func awaitQuiet(restless <-chan time.Time) (<-chan time.Time, <-chan time.Time) {
	if restless == nil {
		restless = time.After(restlessTime)
	}
	return time.After(quietTime), restless
}

func (n *notices) pollTime() time.Duration {
	if n.watcher == nil {
		return fastPoll
	}
	return slowPoll
}

func (n *notices) channels() (<-chan fsnotify.Event, <-chan error) {
	if n.watcher == nil {
		return nil, nil
	}
	return n.watcher.Events, n.watcher.Errors
}

// concerns reports whether an event may be about a document: files of other names in the folder are not.
func (n *notices) concerns(e fsnotify.Event) bool {
	return filepath.Dir(e.Name) != n.dir || isDocument(filepath.Base(e.Name))
}
