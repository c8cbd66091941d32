package compare

import (
	"context"
	"reflect"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

const (
	// age is how long a server's answer serves: policy engines change their mind without any version moving. A proof holds
	// for as long as what it was made of.
	age = 10 * time.Minute
	// failedAge is how long it serves that a server failed (500), as while a webhook that it has to call is down: that says little of
	// the object, and passes without anything moving.
	failedAge = 15 * time.Second
)

// Memo holds the last verdict of each object of an application, with all that it was reached from. It is safe for
// concurrent use. A nil *Memo holds nothing.
type Memo struct {
	mu       sync.Mutex
	verdicts map[object.Ref]*verdict
	// converted are live objects in the version of git, where the cluster tells of them in another.
	converted map[object.Ref]*unstructured.Unstructured
	// learned counts the calls of Learn.
	learned uint64
}

// verdict is one remembered comparison.
type verdict struct {
	// want and live are the objects of the comparison, or later ones that are the same: a desired object that was rendered
	// anew, a live one of which only status and bookkeeping have moved.
	want, live   *unstructured.Unstructured
	kind         schema.GroupVersionKind
	epoch, rules string
	// asked is true when the server answered, at a time, and failed when it answered that it failed.
	asked, failed bool
	at            time.Time
	// diff is shared with all who are told the verdict.
	diff *diff.Diff
	// made is the server's answer to an apply that has not been looked at since: it stands in place of all of the above
	// but want and epoch.
	made *object.Answer
}

// NewMemo returns a Memo that holds nothing.
func NewMemo() *Memo {
	return &Memo{verdicts: map[object.Ref]*verdict{}, converted: map[object.Ref]*unstructured.Unstructured{}}
}

// Learn takes over the server's answer to a real apply: to apply the same object to it would change nothing. The epoch is that of the
// kind before the apply was sent: what came after it had no part in the answer.
func (m *Memo) Learn(want *unstructured.Unstructured, made object.Answer, epoch object.Epoch, at time.Time) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.learned++
	m.verdicts[object.Of(want)] = &verdict{want: want, epoch: epoch.ID, made: &made, asked: true, at: at}
}

// Keep forgets objects other than these, so that no more are held than these are.
func (m *Memo) Keep(refs []object.Ref) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.verdicts, m.converted = only(m.verdicts, refs), only(m.converted, refs)
}

// only returns what is of these objects; the map itself where it holds no more than they are.
func only[V any](of map[object.Ref]V, refs []object.Ref) map[object.Ref]V {
	if len(of) <= len(refs) {
		return of
	}
	kept := make(map[object.Ref]V, len(refs))
	for _, ref := range refs {
		if v, ok := of[ref]; ok {
			kept[ref] = v
		}
	}
	return kept
}

func (m *Memo) recall(
	ctx context.Context, c *Comparer, ref object.Ref, want, live *unstructured.Unstructured,
) (*diff.Diff, bool) {
	m.mu.Lock()
	v, ok := m.verdicts[ref]
	m.mu.Unlock()
	if !ok {
		return nil, false
	}
	if v.made != nil {
		v, ok = c.examine(ctx, v)
		if !ok {
			return nil, false
		}
	}
	if v.made == nil && v.want == want && v.live == live {
		// The very same objects: only what else it was reached from may have changed.
		return v.diff, v.fresh(ctx, c)
	}
	next := *v
	if !next.holds(ctx, c, want, live) {
		return nil, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.verdicts[ref] = &next
	return next.diff, true
}

// examine turns what the server made into a verdict.
func (c *Comparer) examine(ctx context.Context, v *verdict) (*verdict, bool) {
	made, err := v.made.Made()
	if err != nil || made == nil || lostEmpty(v.want.Object, made.Object) {
		return nil, false
	}
	d := c.verdict(ctx, diff.Input{Asked: true, Proof: object.Unchanged}, v.want, made)
	out := newVerdict(c, v.want, made, d, true)
	out.at, out.epoch = v.at, v.epoch
	return out, true
}

// lostEmpty reports whether an empty map or list of the desired object is not in what an apply of it made. When an apply
// empties a list, the server takes it out whole, and only the next apply writes the empty one.
func lostEmpty(want, made any) bool {
	switch want := want.(type) {
	case map[string]any:
		have, ok := made.(map[string]any)
		if !ok {
			return len(want) == 0
		}
		for k, v := range want {
			if lostEmpty(v, have[k]) {
				return true
			}
		}
	case []any:
		have, ok := made.([]any)
		if !ok {
			return len(want) == 0
		}
		for i := range min(len(want), len(have)) {
			if lostEmpty(want[i], have[i]) {
				return true
			}
		}
	}
	return false
}

// holds reports whether nothing has changed that a verdict was reached from, and takes over what is the same in another
// form.
func (v *verdict) holds(ctx context.Context, c *Comparer, want, live *unstructured.Unstructured) bool {
	if !v.fresh(ctx, c) {
		return false
	}
	if v.want != want && !reflect.DeepEqual(v.want.Object, want.Object) || v.live != live && !SameContent(v.live, live) {
		return false
	}
	v.want, v.live = want, live
	return true
}

// fresh reports whether a verdict holds, the objects apart: rules and epoch are the same, and it is not of age.
func (v *verdict) fresh(ctx context.Context, c *Comparer) bool {
	if v.rules != c.rulesOf(v.kind.GroupKind()) || v.epoch != c.epoch(ctx, v.kind).ID {
		return false
	}
	return !v.asked || !c.Now.After(v.until()) || c.Again != nil && !c.Again()
}

// until is when the server's answer comes of age.
func (v *verdict) until() time.Time {
	if v.failed {
		return v.at.Add(failedAge)
	}
	return v.at.Add(age)
}

// store remembers a verdict that a server gave, which may have failed at it, or else a proof. What is not there, or was not truly
// answered, is not remembered.
func (m *Memo) store(c *Comparer, want, live *unstructured.Unstructured, d diff.Diff, asked, failed bool) {
	if m == nil || live == nil || d.Verdict == diff.NotCompared {
		return
	}
	v := newVerdict(c, want, live, d, asked)
	v.failed = failed
	c.mu.Lock()
	v.epoch = c.epochs[want.GroupVersionKind()].ID
	c.mu.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.verdicts[object.Of(want)] = v
}

func newVerdict(c *Comparer, want, live *unstructured.Unstructured, d diff.Diff, asked bool) *verdict {
	return &verdict{
		want: want, live: live, kind: want.GroupVersionKind(), rules: c.rulesOf(want.GroupVersionKind().GroupKind()),
		asked: asked, at: c.Now, diff: &d,
	}
}
