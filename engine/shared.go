package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// sharedNamed bounds the conditions about single objects that an application shares with others.
const sharedNamed = 10

// claim is one object of one cluster, whatever destinations call it.
type claim struct {
	cluster app.ClusterIdentity
	ref     object.Ref
}

// claims is the index of what applications declare: by object, so that whoever declares one that another does too is found
// without a look at all others. It is safe for concurrent use.
type claims struct {
	mu sync.Mutex
	by map[claim][]app.Key
	of map[app.Key]declared
	// told keeps what conditions said of an application, until it or another one declares something else of what they share.
	told map[app.Key][]app.Condition
	// complete is true once all applications were loaded: a command that knows one only cannot tell what is shared.
	complete bool
}

// declared is what one application declares.
type declared struct {
	cluster app.ClusterIdentity
	refs    []object.Ref
}

func newClaims() *claims {
	return &claims{by: map[claim][]app.Key{}, of: map[app.Key]declared{}, told: map[app.Key][]app.Condition{}}
}

// set takes over what an application declares, and returns the others with which it shares something now, or did before.
func (c *claims) set(key app.Key, now declared) []app.Key {
	c.mu.Lock()
	defer c.mu.Unlock()
	old := c.of[key]
	if old.cluster == now.cluster && (object.SameList(old.refs, now.refs) || slices.Equal(old.refs, now.refs)) {
		return nil
	}
	delete(c.told, key)
	touched := map[app.Key]struct{}{}
	for _, ref := range old.refs {
		at := claim{old.cluster, ref}
		left := slices.DeleteFunc(c.by[at], func(k app.Key) bool { return k == key })
		for _, other := range left {
			touched[other] = struct{}{}
		}
		if c.by[at] = left; len(left) == 0 {
			delete(c.by, at)
		}
	}
	for _, ref := range now.refs {
		at := claim{now.cluster, ref}
		if slices.Contains(c.by[at], key) {
			continue
		}
		for _, other := range c.by[at] {
			touched[other] = struct{}{}
		}
		c.by[at] = append(c.by[at], key)
	}
	if c.of[key] = now; len(now.refs) == 0 {
		delete(c.of, key)
	}
	for other := range touched {
		delete(c.told, other)
	}
	return slices.SortedFunc(maps.Keys(touched), compareKeys)
}

// loaded says that all applications are known.
func (c *claims) loaded() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.complete = true
}

// conditions says which of an application's objects others declare too, and false while that is not known.
func (c *claims) conditions(key app.Key) ([]app.Condition, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.complete {
		return nil, false
	}
	if known, ok := c.told[key]; ok {
		return slices.Clone(known), true
	}
	var out []app.Condition
	more := 0
	d := c.of[key]
	for _, ref := range d.refs {
		by := c.by[claim{d.cluster, ref}]
		if len(by) < 2 {
			continue
		}
		if len(out) == sharedNamed {
			more++
			continue
		}
		var others []string
		for _, k := range by {
			if k != key {
				others = append(others, k.String())
			}
		}
		slices.Sort(others)
		out = append(out, app.Condition{
			Type: app.ConditionSharedResource, Message: fmt.Sprintf("%s is declared by %s too", ref, strings.Join(others, ", ")),
		})
	}
	if more > 0 {
		out = append(out, app.Condition{
			Type: app.ConditionSharedResource, Message: fmt.Sprintf("%d more of its objects are declared by other applications too", more),
		})
	}
	c.told[key] = out
	return slices.Clone(out), true
}

// sharing returns all who declare an object that an application declares and others do too; none where nobody else does.
func (c *claims) sharing(key app.Key, ref object.Ref) []app.Key {
	c.mu.Lock()
	defer c.mu.Unlock()
	by := c.by[claim{c.of[key].cluster, ref}]
	if len(by) < 2 {
		return nil
	}
	return slices.Clone(by)
}

// withShared replaces what conditions say of shared objects.
func withShared(conditions, shared []app.Condition, now time.Time) []app.Condition {
	rest := slices.DeleteFunc(slices.Clone(conditions), func(c app.Condition) bool { return c.Type == app.ConditionSharedResource })
	return append(rest, timed(conditions, shared, now)...)
}

// declares returns what an examination found to be declared.
func (x *examination) declares() declared {
	return declared{cluster: x.id, refs: x.want.declared}
}

// declaredBy returns what an application's stored status says that it declares.
func declaredBy(a *app.Application, known identities) declared {
	d := declared{cluster: known.of(a.Spec.Destination.Cluster())}
	for _, r := range a.Status.Resources {
		if !r.RequiresPruning && !r.Hook {
			d.refs = append(d.refs, r.Ref())
		}
	}
	return d
}

// shares returns conditions with what they say of shared objects as it is now. It is asked where they are written: others may have
// declared something since the application was looked at, and have told it.
func (e *Engine) shares(key app.Key, conditions []app.Condition, now time.Time) []app.Condition {
	shared, known := e.claims.conditions(key)
	if !known {
		return conditions
	}
	return withShared(conditions, shared, now)
}

// claim takes over what an application declares, and tells the others with whom it now shares more or less.
func (e *Engine) claim(ctx context.Context, key app.Key, d declared) {
	for _, other := range e.claims.set(key, d) {
		if _, known := e.claims.conditions(other); !known {
			return
		}
		_, err := e.ports.Store.UpdateStatus(context.WithoutCancel(ctx), other, func(s *app.Status) {
			s.Conditions = e.shares(other, s.Conditions, e.opts.Clock.Now())
		})
		if errors.Is(err, app.ErrNotFound) {
			continue
		}
		if err != nil {
			e.opts.Log.Warn("status not written", "app", other.String(), "error", err)
			continue
		}
		if en, ok := e.find(other); ok {
			en.change(func(v *View) { v.App.Status.Conditions = e.shares(other, v.App.Status.Conditions, e.opts.Clock.Now()) })
			e.notify(other)
		}
	}
}
