package kube

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilnet "k8s.io/apimachinery/pkg/util/net"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// A kind can fail by itself, while the server answers all else: the server behind an aggregated API is down, or the webhook that
// converts its versions. Such a kind holds no question about others up. Of its objects it is said that nothing is known, until a
// list comes: its watch is tried on and on.

// patience is how long a kind that was listed may fail before what is known of it no longer counts: a server that is busy, or
// hands over to another one, fails too.
const patience = 10 * time.Second

// failingGroupPause is the pause until groups that fail to say what they serve are asked again.
const failingGroupPause = 30 * time.Second

// remedy says where to look when a kind fails.
const remedy = "kubectl get apiservices shows an API whose server is down; a conversion webhook that is down is named in the error"

// failure is why a place could not be listed or watched, since when without a list in between.
type failure struct {
	err   error
	since time.Time
	// counts is true when nothing is known of the place any more.
	counts bool
}

func (f *failure) Error() string {
	return fmt.Sprintf("%v, since %s: %v", object.ErrFailing, f.since.Format(time.DateTime), f.err)
}

func (f *failure) Unwrap() []error { return []error{object.ErrFailing, f.err} }

// unknown returns why nothing is known of the objects of a watch; nil when they are known.
func (w *watched) unknown() error {
	if w.failure == nil || !w.failure.counts {
		return nil
	}
	return hint.With(w.failure, remedy)
}

// listFailed takes note that a place could not be listed.
func (w *watcher) listFailed(ctx context.Context, one *watched, err error) {
	if err == nil || ctx.Err() != nil || apierrors.IsResourceExpired(err) {
		return
	}
	if apierrors.IsForbidden(err) || apierrors.IsMethodNotSupported(err) {
		if w.mayPass(one, err) {
			w.fail(one, err)
			return
		}
		// Who may do only one of list and watch would be told nothing either.
		w.giveUp(one, err)
		return
	}
	w.fail(one, err)
	if apierrors.IsNotFound(err) {
		w.missed()
	}
}

// watchFailed takes note that a place could not be watched. A list by watch that fails is followed by an ordinary one, unless the
// server has too much to do.
func (w *watcher) watchFailed(ctx context.Context, one *watched, o metav1.ListOptions, err error) {
	again := utilnet.IsConnectionRefused(err) || apierrors.IsTooManyRequests(err)
	if o.SendInitialEvents == nil || again || apierrors.IsForbidden(err) || apierrors.IsMethodNotSupported(err) || apierrors.IsNotFound(err) {
		w.listFailed(ctx, one, err)
	}
}

// fail takes note of a failure. What has never been listed is unknown at once, and nobody waits for it any longer. A server that
// is not reached at all is no failure of a kind that is known, or was until it was away: see contact.
func (w *watcher) fail(one *watched, err error) {
	var status apierrors.APIStatus
	listed := one.isListed()
	if (listed || one.behind()) && !errors.As(err, &status) {
		one.answer()
		return
	}
	c := w.cluster.cache
	c.mu.Lock()
	now := time.Now()
	f := failure{err: err, since: now}
	counted := one.failure != nil && one.failure.counts
	if one.failure != nil {
		f.since = one.failure.since
	}
	f.counts = counted || !listed || now.Sub(f.since) >= patience
	one.failure = &f
	c.mu.Unlock()
	if f.counts && !counted {
		one.answer()
		w.send(object.Event{Ref: one.place.Any()})
	}
}

// succeed takes note that a place was listed, or is watched again.
func (w *watcher) succeed(one *watched) {
	c := w.cluster.cache
	c.mu.Lock()
	was := one.unknown()
	one.failure = nil
	c.mu.Unlock()
	if was != nil {
		w.send(object.Event{Ref: one.place.Any()})
	}
}

// failing returns the places of which nothing is known, because the server fails to list or watch them.
func (c *cache) failing() map[object.Place]object.Failure {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := map[object.Place]object.Failure{}
	for p, w := range c.watches {
		if f := w.failure; f != nil && f.counts {
			out[p] = object.Failure{Err: f.err.Error(), Since: f.since}
		}
	}
	return out
}

// isFailing reports whether an answer says that the server fails to tell about a kind, and not that it may not or that there is
// nothing.
func isFailing(err error) bool {
	var status apierrors.APIStatus
	return errors.Is(err, object.ErrFailing) || apierrors.IsTooManyRequests(err) || errors.As(err, &status) && status.Status().Code >= 500
}

// everyKind stands for all kinds of a group.
const everyKind = "*"

// carryOver keeps what was known of the groups that fail to say what they serve, and tells which those are. Templates may go on
// to ask whether they are served.
func (s *kinds) carryOver(before *kinds, failed map[schema.GroupVersion]error) {
	s.failed = map[string]*failure{}
	for gv, err := range failed {
		f := &failure{err: err, since: time.Now(), counts: true}
		if before != nil && before.failed[gv.Group] != nil {
			f.since = before.failed[gv.Group].since
		}
		s.failed[gv.Group] = f
		s.apis = append(s.apis, gv.String())
		if before == nil {
			continue
		}
		for gvk, r := range before.byKind {
			if gvk.GroupVersion() == gv {
				s.byKind[gvk] = r
				s.apis = append(s.apis, gv.String()+"/"+gvk.Kind)
			}
		}
		for gk, r := range before.preferred {
			if _, known := s.preferred[gk]; !known && gk.Group == gv.Group && r.Version == gv.Version {
				s.preferred[gk] = r
			}
		}
	}
}

// failingGroups returns the groups that fail to say what they serve.
func (k *Cluster) failingGroups() map[object.Place]object.Failure {
	k.mu.Lock()
	defer k.mu.Unlock()
	out := map[object.Place]object.Failure{}
	if k.kinds == nil {
		return out
	}
	for group, f := range k.kinds.failed {
		out[object.Place{Kind: schema.GroupKind{Group: group, Kind: everyKind}}] = object.Failure{Err: f.err.Error(), Since: f.since}
	}
	return out
}
