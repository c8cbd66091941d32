package engine

import (
	"context"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/compare"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

const (
	// comparisonsAtOnce bounds the comparisons of one examination; how many dry runs are in flight is the cluster's to decide.
	comparisonsAtOnce = 64
	// agedPerSecond and agedAtOnce bound how often the server is asked again about objects whose verdict has come of age.
	agedPerSecond, agedAtOnce = 10, 300
)

// findDifferences compares every desired object with its live one, and finds the live ones that are desired no more.
// Objects of which nothing has changed since their last verdict cost nothing; package compare says who is asked about the
// others.
func (e *Engine) findDifferences(x *examination) func(context.Context, question) error {
	return func(ctx context.Context, q question) error {
		c, err := e.comparer(x, q)
		if err != nil {
			return failed("compare", app.ConditionInvalidSpec, err)
		}
		if x.takeOver(ctx, q.last, c) {
			return nil
		}
		if done, err := e.compareMoved(ctx, x, q.last, c); done {
			return failed("compare", app.ConditionComparisonError, err)
		}
		var ignored *diff.Rules
		if x.app.Spec.SyncOption("RespectIgnoreDifferences=true") {
			ignored = c.Rules
		}
		live, err := x.declared(ctx, c, ignored)
		if err != nil {
			return failed("compare", app.ConditionComparisonError, err)
		}
		x.want = x.want.keepingLive(ctx, live, ignored, c.Taken)
		x.diffs = make([]*diff.Diff, len(x.want.objects))
		// What the server says of an object depends on whether a sync writes the definition of its kind first.
		if err := x.compareAll(ctx, c, x.want.definitions); err != nil {
			return failed("compare", app.ConditionComparisonError, err)
		}
		c.Pending = x.pending()
		if err := x.compareAll(ctx, c, x.want.others); err != nil {
			return failed("compare", app.ConditionComparisonError, err)
		}
		q.memo.Keep(x.want.names)
		x.ground = c.Ground(x.diffs)
		x.diffs = append(x.diffs, e.extra(x)...)
		return nil
	}
}

// declared returns the live objects that desired ones take values of, each in the version that git declares. One that the server does
// not convert is left out: its comparison will say why.
func (x *examination) declared(ctx context.Context, c *compare.Comparer, ignored *diff.Rules) (map[object.Ref]*unstructured.Unstructured, error) {
	var other []int
	for i, want := range x.want.objects {
		ref := x.want.refs[i]
		_, unstable := x.want.unstable[ref]
		live := x.live.Objects[ref]
		if live != nil && !x.want.hook[i] && (ignored != nil || unstable) && live.GroupVersionKind() != want.GroupVersionKind() {
			other = append(other, i)
		}
	}
	if len(other) == 0 {
		return x.live.Objects, nil
	}
	read, failures := make([]*unstructured.Unstructured, len(other)), make([]error, len(other))
	spread(len(other), comparisonsAtOnce, func(n int) {
		read[n], failures[n] = c.Declared(ctx, x.want.objects[other[n]], x.live.Objects[x.want.refs[other[n]]])
	})
	out := maps.Clone(x.live.Objects)
	for n, i := range other {
		if err := failures[n]; err != nil && diff.Unanswered(err) && !diff.Denied(err) {
			return nil, err
		}
		if out[x.want.refs[i]] = read[n]; read[n] == nil {
			delete(out, x.want.refs[i])
		}
	}
	return out, nil
}

// compareAll gives desired objects, by their place among all, their diffs.
func (x *examination) compareAll(ctx context.Context, c *compare.Comparer, places []int) error {
	var open []int
	for _, i := range places {
		ref, want := x.want.refs[i], x.want.objects[i]
		live := x.live.Objects[ref]
		if ref.Name == "" || x.want.hook[i] {
			x.diffs[i] = new(c.Unasked(ctx, want, live))
			continue
		}
		if reason := x.live.Unreadable[ref.Place()]; reason != nil && live == nil {
			x.diffs[i] = new(diff.Unknown(want, reason))
			continue
		}
		if d, ok := c.Known(ctx, ref, want, live); ok {
			x.diffs[i] = d
			continue
		}
		open = append(open, i)
	}
	return x.compare(ctx, c, open)
}

// compare compares desired objects of which nothing is known, several at once. The first that cannot be compared ends it.
func (x *examination) compare(ctx context.Context, c *compare.Comparer, open []int) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	newer := make([]*unstructured.Unstructured, len(open))
	spread(len(open), comparisonsAtOnce, func(n int) {
		if ctx.Err() != nil {
			return
		}
		i := open[n]
		d, live, err := c.Compare(ctx, x.want.objects[i], x.live.Objects[x.want.refs[i]])
		if err != nil {
			end(err)
		}
		x.diffs[i], newer[n] = &d, live
	})
	if err := context.Cause(ctx); err != nil {
		return err
	}
	for _, live := range newer {
		if live == nil {
			continue
		}
		if x.live.Edition != 0 {
			// What the cluster answered is the cluster's.
			x.live.Objects, x.live.Edition, x.live.Since = maps.Clone(x.live.Objects), 0, 0
		}
		x.live.Objects[object.Of(live)] = live
	}
	return nil
}

// comparer prepares the comparison of an examination.
func (e *Engine) comparer(x *examination, q question) (*compare.Comparer, error) {
	rules, err := e.opts.Rules.Rules(x.app.Spec.IgnoreDifferences)
	if err != nil {
		return nil, err
	}
	id, err := rulesID(&x.app)
	if err != nil {
		return nil, err
	}
	name := x.app.Spec.Destination.Cluster()
	return &compare.Comparer{
		Cluster: x.cluster, App: x.app.Key().Tracking(), Installation: e.ports.Store.Installation(), Rules: rules, RulesID: id,
		Takes: func(want *unstructured.Unstructured) []string {
			return slices.Concat(plan.Takes(&x.app, want), q.takeOver)
		},
		Lenient: func(want *unstructured.Unstructured) bool { return plan.Lenient(&x.app.Spec, want) },
		Memo:    q.memo, Plan: q.creates, Now: e.opts.Clock.Now(), Again: e.aged.Allow,
		Warn: func(ref object.Ref, text string) {
			e.opts.Log.Warn("the API server warns", "cluster", name, "object", ref.String(), "warning", text)
		},
	}, nil
}

// rulesID identifies what an application says of comparisons. What an object's annotations say is part of the object.
func rulesID(a *app.Application) (string, error) {
	s := &a.Spec
	return object.Hash([]any{
		s.IgnoreDifferences, s.SyncOption("ClientSideApplyMigration=false"), s.SyncOption("Validate=false"),
		a.Metadata.Annotations[object.AnnotationMigrate],
	})
}

// extra returns the diffs of live objects that are the application's and desired no more. Some servers tell of one object in two groups,
// such as OpenShift's bindings: what git declares in one of them is not too much in the other.
func (e *Engine) extra(x *examination) []*diff.Diff {
	var out []*diff.Diff
	for ref, live := range x.live.Objects {
		if e.isExtra(x, ref, live) {
			out = append(out, new(diff.Extra(live)))
		}
	}
	return x.withoutDesired(out)
}

// withoutDesired drops those diffs of extra objects whose object git declares in another group, and sorts the rest.
func (x *examination) withoutDesired(extras []*diff.Diff) []*diff.Diff {
	if len(extras) == 0 {
		return nil
	}
	desired := map[types.UID]bool{}
	for _, ref := range x.want.names {
		if live := x.live.Objects[ref]; live != nil && live.GetUID() != "" {
			desired[live.GetUID()] = true
		}
	}
	extras = slices.DeleteFunc(extras, func(d *diff.Diff) bool { return desired[x.live.Objects[d.Ref].GetUID()] })
	sortDiffs(extras)
	return extras
}
