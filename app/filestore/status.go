package filestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// lateness is how old the stored time of the last comparison may become while nothing else changes.
const lateness = time.Minute

// UpdateStatus reads an application's status, lets change edit it and writes it, as one act among all processes. A
// change that moves nothing but the time of the last comparison, and that by less than a minute, is not written.
func (s *Store) UpdateStatus(ctx context.Context, key app.Key, change func(*app.Status)) (app.Status, error) {
	if err := ctx.Err(); err != nil {
		return app.Status{}, err
	}
	d, err := s.find(key)
	if err != nil {
		return app.Status{}, err
	}
	status, err := s.updateStatus(ctx, d, change)
	if err != nil {
		return app.Status{}, fmt.Errorf("update status of %s: %w", key, err)
	}
	return status, nil
}

func (s *Store) updateStatus(ctx context.Context, d *document, change func(*app.Status)) (app.Status, error) {
	if err := s.present(); err != nil {
		return app.Status{}, err
	}
	name := d.app.Metadata.Name
	var after app.Status
	err := locked(ctx, s.state.path("status", name+".lock"), func() error {
		a, err := s.withStatus(d)
		if err != nil {
			return err
		}
		before := a.Status
		after = copied(before)
		change(&after)
		if negligible(before, after) {
			return nil
		}
		return s.statuses.write(s.statusPath(name), copied(after))
	})
	return after, err
}

// negligible reports whether a change may be written later.
func negligible(before, after app.Status) bool {
	if before.ReconciledAt == nil || after.ReconciledAt == nil || after.ReconciledAt.Sub(*before.ReconciledAt).Abs() >= lateness {
		return false
	}
	if !slices.EqualFunc(before.Resources, after.Resources, sameRow) {
		return false
	}
	before.ReconciledAt, before.Resources = after.ReconciledAt, after.Resources
	return reflect.DeepEqual(before, after)
}

// sameRow compares two rows, which share what they lead to when nothing has changed.
func sameRow(a, b app.ResourceStatus) bool { return a == b || reflect.DeepEqual(a, b) }

// withStatus returns a copy of a document's application with its stored status; until there is one, with the status
// that its file brought along. A status is computed anew at any time, so a damaged one counts as none; one that may not
// or cannot be read is no reason to write over what it says.
func (s *Store) withStatus(d *document) (app.Application, error) {
	a := d.app.Clone()
	status, err := s.readStatus(a.Metadata.Name)
	_, unread := errors.AsType[*fs.PathError](err)
	switch {
	case err == nil:
		a.Status = status
	case errors.Is(err, fs.ErrNotExist):
	case unread:
		return app.Application{}, fmt.Errorf("read its status: %w", err)
	default:
		a.Status = app.Status{}
	}
	return a, nil
}

// readStatus returns a copy of the stored status of an application.
func (s *Store) readStatus(name string) (app.Status, error) {
	status, err := s.statuses.read(s.statusPath(name))
	return copied(status), err
}

func copied(s app.Status) app.Status { return app.Application{Status: s}.Clone().Status }

func (s *Store) statusPath(name string) string { return s.state.path("status", name+".json") }
