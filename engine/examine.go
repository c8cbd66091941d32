package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/compare"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/health"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// examination is everything that one look at an application found out: what git asks for, what the cluster has, and
// how they compare. A refresh, a plan, a diff of another revision and a preview of edited values are all examinations,
// made of different questions.
type examination struct {
	app     app.Application
	cluster Cluster
	id      app.ClusterIdentity
	checks  *health.Checks
	want    desired
	live    object.LiveSet
	// namespaceMissing is true when the destination's namespace does not exist yet.
	namespaceMissing bool
	// previous is what the application owned before, as its inventory has it.
	previous []object.Ref
	// claim is that of the inventory when the examination began to look, and open is true when an operation had begun by then that
	// had not ended.
	claim string
	open  bool
	// former is the inventory of another cluster, where the application was before it was moved; nil is none.
	former *app.Released
	// only, where it is not nil, names the only objects that may be deleted.
	only []object.Ref
	// kept names what a record had although git did not ask for it.
	kept []object.Ref
	// resumes is true when the rest of an interrupted operation is planned.
	resumes bool
	// diffs run parallel to want.objects, then come the objects that are live and desired no more. That of an object of which nothing
	// has changed is the one of the examination before: nobody changes one.
	diffs []*diff.Diff
	// base is what it takes over from the examination before, where a few objects have changed since; nil once it is accounted for.
	base *base
	// refs are what the cluster was asked for, namespace the destination's.
	refs      []object.Ref
	namespace object.Ref
	// ground is what the diffs rest on beside the objects, and same is true when they are those of the examination before.
	ground compare.Ground
	same   bool
	// surplus is true when the inventory has more than what was found to be the application's.
	surplus bool
	rows
	concluded *conclusion
	stages    []Stage
	at        time.Time
}

// question says what to examine and how thoroughly.
type question struct {
	// revision replaces the followed revision of the first source.
	revision string
	// at replaces revisions or content of sources.
	at LookAt
	// commits stand for what sources follow, by the index of the source.
	commits map[int]string
	// renderOnly ends the examination with the desired objects.
	renderOnly bool
	// maxAge is how old an answer of the repository may be; 0 asks it.
	maxAge time.Duration
	// kept is the last rendering that may serve again because only the cluster changed, and known the last one, which the
	// renderer need not hand over again when it would still make the same.
	kept, known *desired
	// before are the commits that were rendered before, by the index of the source: they are rendered while nothing differs in the
	// paths that count.
	before map[int]string
	// creates asks the server about all that a step would do, such as to create an object, which only plans and previews
	// need.
	creates bool
	// takeOver names further field managers whose fields are taken over.
	takeOver []string
	// sources replaces the application's sources, overlay files of the one that overlaid is the index of.
	sources  []app.Source
	overlay  map[string][]byte
	overlaid int
	// manifests are compared instead of rendering: those of a record.
	manifests []*unstructured.Unstructured
	memo      *compare.Memo
	// last is the examination before, of which is taken over what is the same.
	last *examination
}

// stageError says in which stage an examination failed; the condition that a user sees depends on it.
type stageError struct {
	stage     string
	condition app.ConditionType
	err       error
}

func (s *stageError) Error() string { return s.err.Error() }

func (s *stageError) Unwrap() error { return s.err }

func failed(stage string, condition app.ConditionType, err error) error {
	if err == nil {
		return nil
	}
	return &stageError{stage: stage, condition: condition, err: err}
}

// conditionOf returns the condition type of a failed examination.
func conditionOf(err error) app.ConditionType {
	if s, ok := errors.AsType[*stageError](err); ok {
		return s.condition
	}
	return app.ConditionComparisonError
}

// examine looks at an application: it renders, reads what is live and compares. It writes nothing. What was found
// before a failure is returned with the error.
func (e *Engine) examine(ctx context.Context, a app.Application, q question) (*examination, error) {
	x := &examination{app: a, at: e.opts.Clock.Now(), checks: e.opts.Checks}
	if err := a.Validate(); err != nil {
		return x, failed("validate", app.ConditionInvalidSpec, err)
	}
	steps := []struct {
		stage string
		run   func(context.Context, question) error
	}{
		{"cluster", e.findCluster(x)},
		{"render", e.findDesired(x)},
		{"live", e.findLive(x)},
		{"compare", e.findDifferences(x)},
	}
	for _, s := range steps {
		begun := e.opts.Clock.Now()
		err := s.run(ctx, q)
		x.stages = append(x.stages, Stage{Name: s.stage, Took: e.opts.Clock.Now().Sub(begun)})
		if err != nil {
			return x, err
		}
		if q.renderOnly && s.stage == "render" {
			break
		}
	}
	return x, nil
}

// findCluster finds the destination and makes sure that it is the cluster that the store was bound to.
func (e *Engine) findCluster(x *examination) func(context.Context, question) error {
	return func(ctx context.Context, _ question) error {
		cluster, id, err := e.boundCluster(ctx, x.app.Spec.Destination)
		if err != nil {
			if errors.Is(err, ErrClusterChanged) {
				return failed("cluster", app.ConditionClusterChanged, err)
			}
			return failed("cluster", app.ConditionComparisonError, err)
		}
		x.cluster, x.id = cluster, id
		return nil
	}
}

func (e *Engine) findDesired(x *examination) func(context.Context, question) error {
	return func(ctx context.Context, q question) error {
		if q.kept != nil {
			x.want = *q.kept
			return nil
		}
		want, err := e.render(ctx, x, q)
		x.want = want
		return failed("render", app.ConditionComparisonError, err)
	}
}

// findLive reads the live objects: those that are desired, those that carry our mark, and those that the inventory
// lists, so that an object whose mark somebody removed is not forgotten.
func (e *Engine) findLive(x *examination) func(context.Context, question) error {
	return func(ctx context.Context, q question) error {
		namespace := object.Ref{Kind: "Namespace", Name: x.app.Spec.Destination.Namespace}
		inventory, err := e.ports.Bindings.Inventory(ctx, x.app.Key())
		if err != nil && !errors.Is(err, app.ErrNotFound) {
			return failed("live", app.ConditionComparisonError, fmt.Errorf("read inventory of %s: %w", x.app.Key(), err))
		}
		// An operation that begins after this question gives the inventory another claim.
		x.claim, x.open = inventory.Claim, e.open(ctx, x.app.Key())
		if inventory.Cluster == x.id {
			x.previous = inventory.Objects
		}
		if movedFrom(&inventory, &x.app, x.id) {
			x.former = &inventory
		}
		x.namespace, x.refs = namespace, x.asks(q.last, namespace, x.previous)
		live, err := x.cluster.Live(ctx, object.LiveQuery{App: x.app.Key().Tracking(), Refs: x.refs})
		if err != nil {
			return failed("live", app.ConditionComparisonError,
				fmt.Errorf("read live objects of %s: %w", x.app.Spec.Destination, err))
		}
		if err := barred(x.want.declared, &live); err != nil {
			return failed("live", app.ConditionComparisonError, err)
		}
		x.live = live
		x.namespaceMissing = namespace.Name != "" && live.Objects[namespace] == nil && live.Unreadable[namespace.Place()] == nil
		return nil
	}
}

// barred returns why the caller may read none of the declared objects; nil where there is one that may be read, or that the server
// fails to tell of. What may not be read beside others is unknown, and the others are compared.
func barred(declared []object.Ref, live *object.LiveSet) error {
	var first error
	for _, ref := range declared {
		reason := live.Unreadable[ref.Place()]
		if reason == nil || live.Objects[ref] != nil || errors.Is(reason, object.ErrFailing) {
			return nil
		}
		if first == nil {
			first = fmt.Errorf("%s: %w", ref.Place(), reason)
		}
	}
	return first
}

func union(a, b []object.Ref) []object.Ref {
	seen := make(map[object.Ref]struct{}, len(a)+len(b))
	out := make([]object.Ref, 0, len(a)+len(b))
	for _, list := range [][]object.Ref{a, b} {
		for _, r := range list {
			if _, dup := seen[r]; !dup {
				seen[r] = struct{}{}
				out = append(out, r)
			}
		}
	}
	return out
}
