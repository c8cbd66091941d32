package plan

import (
	"cmp"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Argo CD applies every object of a wave in each sync, and so waits for every one. Here what is as git asks for is no step; it
// holds the waves and phases after it back all the same.

// Wait is a declared object that the plan does not write. What comes after its wave begins when it is healthy.
type Wait struct {
	Ref  object.Ref
	Wave int
	// Why says what it lacked when the plan was made, empty for nothing.
	Why string
}

// Precedes reports whether a group comes after the wave of the object.
func (w Wait) Precedes(g Group) bool { return slot{Sync, w.Wave}.before(slot{g.Phase, g.Wave}) }

// String names the object with its wave.
func (w Wait) String() string { return fmt.Sprintf("%s (wave %d)", w.Ref, w.Wave) }

// resting is a declared object that the plan does not write.
type resting struct {
	ref  object.Ref
	wave int
	live *unstructured.Unstructured
}

// rest notes that the plan does not write a declared object.
func (b *builder) rest(u *unstructured.Unstructured, ref object.Ref) {
	wave := object.Wave(u)
	if b.plan.rests == nil || wave > *b.plan.rests {
		b.plan.rests = &wave
	}
	b.resting = append(b.resting, resting{ref: ref, wave: wave, live: b.in.Live[ref]})
}

// settleWaits keeps of the unwritten objects those that something comes after: the last wave of all is not waited for. It runs
// when the steps have their order.
func (b *builder) settleWaits() {
	last, _ := b.plan.last()
	for _, o := range b.resting {
		if !(slot{Sync, o.wave}).before(last) || o.live == nil || b.in.Holds == nil {
			continue
		}
		if holds, why := b.in.Holds(o.live); holds {
			b.plan.Waits = append(b.plan.Waits, Wait{Ref: o.ref, Wave: o.wave, Why: why})
		}
	}
	slices.SortStableFunc(b.plan.Waits, func(a, b Wait) int { return cmp.Or(cmp.Compare(a.Wave, b.Wave), a.Ref.Compare(b.Ref)) })
	b.tellWaits()
}

// tellWaits names the objects that hold something back as they are now.
func (b *builder) tellWaits() {
	told, more := 0, 0
	for _, w := range b.plan.Waits {
		switch {
		case w.Why == "":
		case told == mostListed:
			more++
		default:
			told++
			b.note("%s waits for %s: %s", b.plan.after(w), w, w.Why)
		}
	}
	if more > 0 {
		b.note("and for %d more objects", more)
	}
}

// after names the first group that an object holds back.
func (p *Plan) after(w Wait) string {
	for _, g := range p.Groups() {
		switch {
		case g.Phase == SyncFail || !w.Precedes(g):
		case g.Phase == Sync:
			return fmt.Sprintf("wave %d", g.Wave)
		default:
			return g.Phase.String()
		}
	}
	return "the end of the sync"
}

// Goes reports whether git declares anything after a group: hooks for failure do not count. The last group of all is applied
// and not waited for, as in Argo CD.
func (p *Plan) Goes(g Group) bool {
	last, some := p.last()
	return some && slot{g.Phase, g.Wave}.before(last)
}

// last is the last phase and wave in which git declares anything.
func (p *Plan) last() (out slot, some bool) {
	if p.rests != nil {
		out, some = slot{Sync, *p.rests}, true
	}
	for _, g := range p.Groups() {
		if at := (slot{g.Phase, g.Wave}); g.Phase != SyncFail && (!some || out.before(at)) {
			out, some = at, true
		}
	}
	return out, some
}
