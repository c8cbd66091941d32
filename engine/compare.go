package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

const (
	// dryRunsInFlight bounds the dry runs of one examination (the knee measured is 16 to 64).
	dryRunsInFlight = 32
	// verdictAge is how long a server's answer serves: policy engines change their mind without any version moving.
	verdictAge = 10 * time.Minute
)

// memo holds the last verdict of each object with what it was reached from.
type memo map[object.Ref]verdict

// verdict is one remembered comparison.
type verdict struct {
	desired string
	// version is the live resourceVersion of the comparison; content is the hash of the live object without status
	// and bookkeeping, which stays the same when only the status moves.
	version string
	content string
	rules   string
	at      time.Time
	diff    diff.Diff
}

// findDifferences compares every desired object with its live one, and finds the live ones that are desired no more.
// Objects of which neither side has changed since their last verdict cost nothing; the others are asked of the server.
func (e *Engine) findDifferences(x *examination) func(context.Context, question) error {
	return func(ctx context.Context, q question) error {
		rules, err := diff.NewRules(x.app.Spec.IgnoreDifferences)
		if err != nil {
			return failed("compare", app.ConditionInvalidSpec, err)
		}
		c := comparer{engine: e, x: x, q: q, rules: rules, now: e.opts.Clock.Now()}
		if c.rulesHash, err = object.Hash(x.app.Spec.IgnoreDifferences); err != nil {
			return failed("compare", app.ConditionInvalidSpec, err)
		}
		x.diffs = make([]diff.Diff, len(x.want.objects))
		fresh := make([]verdict, len(x.want.objects))
		newer := make([]*unstructured.Unstructured, len(x.want.objects))
		g, ctx := errgroup.WithContext(ctx)
		g.SetLimit(dryRunsInFlight)
		for i, want := range x.want.objects {
			if v, ok := c.remembered(want); ok {
				fresh[i], x.diffs[i] = v, v.diff
				continue
			}
			g.Go(func() error {
				v, live, err := c.compare(ctx, want)
				fresh[i], x.diffs[i], newer[i] = v, v.diff, live
				return err
			})
		}
		if err := g.Wait(); err != nil {
			return failed("compare", app.ConditionComparisonError, err)
		}
		for _, live := range newer {
			if live != nil {
				x.live.Objects[object.Of(live)] = live
			}
		}
		if q.memo != nil {
			clear(q.memo)
			for i, want := range x.want.objects {
				if want.GetName() != "" {
					q.memo[object.Of(want)] = fresh[i]
				}
			}
		}
		x.diffs = append(x.diffs, c.extra()...)
		return nil
	}
}

// comparer compares the objects of one examination.
type comparer struct {
	engine    *Engine
	x         *examination
	q         question
	rules     *diff.Rules
	rulesHash string
	now       time.Time
}

// remembered returns the verdict of an object when nothing that it was reached from has changed.
func (c *comparer) remembered(want *unstructured.Unstructured) (verdict, bool) {
	v, ok := c.q.memo[object.Of(want)]
	live := c.x.live.Objects[object.Of(want)]
	if !ok || live == nil || v.rules != c.rulesHash || c.now.Sub(v.at) > verdictAge {
		return verdict{}, false
	}
	if h, err := object.Hash(want.Object); err != nil || h != v.desired {
		return verdict{}, false
	}
	if live.GetResourceVersion() == v.version {
		return v, true
	}
	content, err := liveContent(live)
	if err != nil || content != v.content {
		return verdict{}, false
	}
	v.version = live.GetResourceVersion()
	return v, true
}

// compare asks for the verdict of one object. It returns the live object too when it had to be read anew.
func (c *comparer) compare(ctx context.Context, want *unstructured.Unstructured) (verdict, *unstructured.Unstructured, error) {
	known := c.x.live.Objects[object.Of(want)]
	answer, live, err := c.ask(ctx, want, known)
	if err != nil {
		return verdict{}, nil, err
	}
	answer.Desired, answer.Live, answer.Rules = want, live, c.rules
	answer.App, answer.Installation = c.x.app.Key().Tracking(), c.engine.ports.Store.Installation()

	v := verdict{rules: c.rulesHash, at: c.now}
	if v.desired, err = object.Hash(want.Object); err != nil {
		return v, nil, err
	}
	if live != nil {
		v.version = live.GetResourceVersion()
		if v.content, err = liveContent(live); err != nil {
			return v, nil, err
		}
	}
	v.diff = diff.Compare(ctx, answer)
	if live == known {
		live = nil
	}
	return v, live, nil
}

// staleReads bounds how often a live object is read anew because it moved while the server was asked about it.
const staleReads = 3

// ask has the server predict one object. A prediction starts from what the server has, not from what is known here: when
// the two are of different versions, what somebody else just changed would be taken for ours, so live is read anew.
func (c *comparer) ask(
	ctx context.Context, want, live *unstructured.Unstructured,
) (diff.Input, *unstructured.Unstructured, error) {
	if !c.asks(want, live) {
		return diff.Input{}, live, nil
	}
	for tries := 0; ; tries++ {
		answer, err := c.x.cluster.Apply(ctx, object.ApplyRequest{Object: want, DryRun: true})
		for _, text := range answer.Warnings {
			c.engine.opts.Log.Warn("the API server warns", "cluster", clusterName(c.x.app.Spec.Destination), "object", object.Of(want).String(), "warning", text)
		}
		if denied(err) {
			return c.withoutAsking(want, live, err)
		}
		if unanswered(err) {
			return diff.Input{}, live, err
		}
		in := diff.Input{Asked: true, Predicted: answer.Object, Err: err, Warnings: answer.Warnings}
		if err != nil || live == nil || tries == staleReads || answer.Object.GetResourceVersion() == live.GetResourceVersion() {
			return in, live, nil
		}
		newest, err := c.x.cluster.Read(ctx, object.Of(want))
		if errors.Is(err, app.ErrNotFound) {
			return in, live, nil
		}
		if err != nil {
			return in, live, err
		}
		live = newest
		if answer.Object.GetResourceVersion() == live.GetResourceVersion() {
			return in, live, nil
		}
	}
}

// withoutAsking predicts an object that the caller has no right to apply, not even as a dry run.
func (c *comparer) withoutAsking(want, live *unstructured.Unstructured, denial error) (diff.Input, *unstructured.Unstructured, error) {
	in := diff.Input{Asked: true, Denied: denial, Predicted: want}
	if live == nil {
		return in, nil, nil
	}
	predicted, err := c.x.cluster.Predict(want, live)
	if err != nil {
		return diff.Input{}, live, errors.Join(denial, err)
	}
	in.Predicted = predicted
	return in, live, nil
}

// asks decides whether the server is asked about an object: hooks are not part of a comparison, and what does not exist
// yet is asked about only for plans.
func (c *comparer) asks(want, live *unstructured.Unstructured) bool {
	if want.GetName() == "" || plan.IsHook(want) {
		return false
	}
	return live != nil || c.q.creates
}

// extra returns the diffs of live objects that carry our mark and are desired no more.
func (c *comparer) extra() []diff.Diff {
	wanted := make(map[object.Ref]struct{}, len(c.x.want.objects))
	for _, r := range c.x.want.refs() {
		wanted[r] = struct{}{}
	}
	var out []diff.Diff
	for ref, live := range c.x.live.Objects {
		if _, ok := wanted[ref]; ok {
			continue
		}
		if !object.Owned(live, c.x.app.Key().Tracking(), c.engine.ports.Store.Installation()) || plan.IsHook(live) {
			continue
		}
		out = append(out, diff.Extra(live))
	}
	slices.SortFunc(out, func(a, b diff.Diff) int { return a.Ref.Compare(b.Ref) })
	return out
}

// liveContent hashes what counts of a live object in a comparison: all but its status and the server's bookkeeping.
// Who owns which field counts, when it was written does not.
func liveContent(live *unstructured.Unstructured) (string, error) {
	top := make(map[string]any, len(live.Object))
	for k, v := range live.Object {
		if k != "status" && k != "metadata" {
			top[k] = v
		}
	}
	meta := map[string]any{}
	if m, ok := live.Object["metadata"].(map[string]any); ok {
		for k, v := range m {
			switch k {
			case "resourceVersion", "generation", "managedFields":
			default:
				meta[k] = v
			}
		}
	}
	top["metadata"] = meta
	top["managers"] = owners(live)
	return object.Hash(top)
}

// owners returns the managed fields without their times, and without those of subresources.
func owners(live *unstructured.Unstructured) []any {
	var out []any
	for _, f := range live.GetManagedFields() {
		if f.Subresource != "" {
			continue
		}
		fields := ""
		if f.FieldsV1 != nil {
			fields = f.FieldsV1.GetRawString()
		}
		out = append(out, []string{f.Manager, string(f.Operation), f.APIVersion, fields})
	}
	return out
}
