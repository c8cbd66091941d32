package filestore

import (
	"context"
	"maps"
	"slices"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// Watch calls sink after every change of a document, by whomever, one call at a time, until ctx ends; then it returns
// nil. It begins with what List returned last, so nothing is missed between the two. Changes in quick succession are
// one event. A file that cannot be read gives an event with Err, a lost folder one for every application: whoever knows
// the application's last good state keeps it.
func (s *Store) Watch(ctx context.Context, sink func(app.StoreEvent)) error {
	n := watchFolder(s.dir)
	defer n.close()
	known, ok := s.baseline()
	for {
		snap, err := s.scan()
		if err != nil {
			known = report(known, lostPrints(known, err), func(string) error { return err }, sink)
		} else {
			if !ok {
				known, ok = snap.fingerprints(), true
			}
			known = report(known, snap.fingerprints(), func(name string) error { return snap.errs[name] }, sink)
			if n.follow(snap.targets(s.dir)) {
				continue
			}
		}
		if !n.wait(ctx) {
			return nil
		}
	}
}

// baseline returns the fingerprints of what List returned last, and false when nothing was listed yet.
func (s *Store) baseline() (map[string]string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil {
		return nil, false
	}
	return s.last.fingerprints(), true
}

func lostPrints(known map[string]string, err error) map[string]string {
	out := maps.Clone(known)
	for name := range out {
		out[name] = err.Error()
	}
	return out
}

// report tells sink how now differs from known, by name, and returns now.
func report(known, now map[string]string, failure func(string) error, sink func(app.StoreEvent)) map[string]string {
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if old, ok := known[name]; !ok || old != now[name] {
			sink(app.StoreEvent{Key: app.Key{Name: name}, Err: failure(name)})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(known)) {
		if _, ok := now[name]; !ok {
			sink(app.StoreEvent{Key: app.Key{Name: name}, Removed: true})
		}
	}
	return now
}
