package compare

import (
	"context"
	"errors"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Prover knows what an apply comes to without making one. Its methods are safe for concurrent use.
type Prover interface {
	// Epoch returns what the outcome of an apply of a kind depends on beside the objects.
	Epoch(ctx context.Context, gvk schema.GroupVersionKind) (object.Epoch, error)
	// Prove decides by the merge alone whether an apply of want would change live.
	Prove(ctx context.Context, want, live *unstructured.Unstructured) (object.Proof, error)
	// Predict returns the merge itself; admission and new defaults are not in it.
	Predict(ctx context.Context, want, live *unstructured.Unstructured) (*unstructured.Unstructured, error)
}

// Asker is the server. Its methods are safe for concurrent use.
type Asker interface {
	Apply(ctx context.Context, req object.ApplyRequest) (object.Answer, error)
	// ReadAs reads an object in a version of its kind.
	ReadAs(ctx context.Context, gvk schema.GroupVersionKind, ref object.Ref) (*unstructured.Unstructured, error)
}

// Cluster is what a comparison needs of a cluster.
type Cluster interface {
	Prover
	Asker
}

// Comparer compares the objects of one application. Its methods are safe for concurrent use once its fields are set.
type Comparer struct {
	Cluster Cluster
	// App and Installation are the owner that live objects should be marked with.
	App, Installation string
	// Rules are the user's. RulesID changes with them and with what Takes and Lenient decide by beside the object.
	Rules   *diff.Rules
	RulesID string
	// Memo holds what was found out before; nil holds nothing.
	Memo *Memo
	// Plan asks the server about everything that a step of a plan would do: objects that are not there yet, and those
	// of which only the owner would change.
	Plan bool
	// NoForce asks about an apply that takes no field over from another manager.
	NoForce bool
	// Takes names the field managers whose fields an apply of an object takes over; nil takes none.
	Takes func(want *unstructured.Unstructured) []string
	// Pending are the definitions that a sync writes, by the kind that they define. They are set before objects of these kinds are
	// compared.
	Pending map[schema.GroupKind]Pending
	// Lenient says whether an apply lets fields pass that the schema does not know; nil never does.
	Lenient func(want *unstructured.Unstructured) bool
	Now     time.Time
	// Again says whether the server may be asked again about an object whose verdict has come of age; nil allows it.
	Again func() bool
	// Warn hears what the server warns of; nil drops it.
	Warn func(ref object.Ref, text string)

	mu     sync.Mutex
	epochs map[schema.GroupVersionKind]object.Epoch
}

func (c *Comparer) lenient(want *unstructured.Unstructured) bool {
	return c.Lenient != nil && c.Lenient(want)
}

// Unasked returns what can be said of an object that nobody is to be asked about, such as a hook.
func (c *Comparer) Unasked(ctx context.Context, want, live *unstructured.Unstructured) diff.Diff {
	return c.verdict(ctx, diff.Input{}, want, live)
}

// Known returns the verdict of the object of a Ref when nothing that it was reached from has changed. It costs no call, and is the
// one of before, which is shared: nobody changes it. A plan shows no remembered refusal: what refused may have gone, which nothing
// tells, and what a plan shows as refused is not done.
func (c *Comparer) Known(ctx context.Context, ref object.Ref, want, live *unstructured.Unstructured) (*diff.Diff, bool) {
	if c.Memo == nil || live == nil {
		return nil, false
	}
	d, ok := c.Memo.recall(ctx, c, ref, want, live)
	if ok && c.Plan && (d.Verdict == diff.Refused || d.Denied != "") {
		return nil, false
	}
	return d, ok
}

// Compare finds out how an object compares. It returns the live object too when it had to be read anew. An error says
// that nothing was found out.
func (c *Comparer) Compare(
	ctx context.Context, want, live *unstructured.Unstructured,
) (diff.Diff, *unstructured.Unstructured, error) {
	if d, ok := c.Known(ctx, object.Of(want), want, live); ok {
		return *d, nil, nil
	}
	// What is remembered is what the cluster tells of the object, in whichever version.
	told := live
	live, err := c.declare(ctx, want, told)
	switch {
	case err != nil && diff.Unanswered(err) && !diff.Denied(err):
		return diff.Diff{}, nil, err
	case err != nil:
		return diff.Unknown(want, err), nil, nil
	case live == nil && !c.Plan:
		return c.Unasked(ctx, want, nil), nil, nil
	}
	takes := c.Taken(want, live)
	// Of an object that is converted the merge proves nothing: the server adds what is a default in this version alone.
	if proof := c.prove(ctx, want, told); len(takes) == 0 && (proof == object.Unchanged || proof == object.OwnersChange && !c.Plan) {
		d := c.verdict(ctx, diff.Input{Proof: proof}, want, live)
		c.Memo.store(c, want, told, d, false, false)
		return d, nil, nil
	}
	in, newest, err := c.ask(ctx, want, live, takes)
	if err == nil {
		in, err = c.judge(ctx, in, want, newest, takes)
	}
	if err != nil {
		return diff.Diff{}, nil, err
	}
	d := c.verdict(ctx, in, want, newest)
	if newest != nil && in.Predicted != nil && len(object.Held(in.Predicted, takes)) == 0 {
		d.Takes = takes
	}
	if sameObject(newest, told) {
		newest = told
	}
	c.Memo.store(c, want, newest, d, true, apierrors.IsInternalError(in.Err))
	if newest == told {
		newest = nil
	}
	return d, newest, nil
}

// Taken returns the managers that hold fields of a live object and would lose them to an apply.
func (c *Comparer) Taken(want, live *unstructured.Unstructured) []string {
	if c.Takes == nil || c.NoForce || live == nil {
		return nil
	}
	return object.Held(live, c.Takes(want))
}

func (c *Comparer) verdict(ctx context.Context, in diff.Input, want, live *unstructured.Unstructured) diff.Diff {
	in.Desired, in.Live, in.Rules, in.App, in.Installation = want, live, c.Rules, c.App, c.Installation
	return diff.Compare(ctx, in)
}

// prove tries to decide without the server. Where something may change objects on their way in, a merge proves nothing.
func (c *Comparer) prove(ctx context.Context, want, live *unstructured.Unstructured) object.Proof {
	if live == nil || !c.epoch(ctx, want.GroupVersionKind()).Provable() {
		return object.Unproven
	}
	proof, err := c.Cluster.Prove(ctx, want, live)
	if err != nil {
		// What cannot be merged here is for the server to judge.
		return object.Unproven
	}
	return proof
}

// epoch returns the epoch of a kind, once for all objects of a comparison. One that cannot be found out proves nothing.
func (c *Comparer) epoch(ctx context.Context, gvk schema.GroupVersionKind) object.Epoch {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.epochs[gvk]; ok {
		return e
	}
	e, err := c.Cluster.Epoch(ctx, gvk)
	if err != nil {
		e = object.Epoch{MutatorsUnknown: err.Error()}
		if errors.Is(err, context.Canceled) {
			return e
		}
	}
	if c.epochs == nil {
		c.epochs = map[schema.GroupVersionKind]object.Epoch{}
	}
	c.epochs[gvk] = e
	return e
}
