package plan

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// sortSteps puts steps into the order in which they start: phase, wave, deletions before writes, kind, name. Deletions
// of one wave go against the order of kinds. The order is total but for one object that a phase lists twice, which
// stays as it came.
func sortSteps(steps []Step) {
	slices.SortStableFunc(steps, func(a, b Step) int {
		return cmp.Or(
			cmp.Compare(place(a.Phase), place(b.Phase)), cmp.Compare(a.Wave, b.Wave), cmp.Compare(side(&a), side(&b)),
			cmp.Compare(kindPlace(&a), kindPlace(&b)), cmp.Compare(a.Ref.Kind, b.Ref.Kind), cmp.Compare(a.Ref.Name, b.Ref.Name),
			a.Ref.Compare(b.Ref), cmp.Compare(a.Verb, b.Verb),
		)
	})
}

// place orders phases in time: the hooks before a deletion come before it.
func place(p Phase) int {
	if p == PreDelete {
		return int(PreSync) - 1
	}
	return int(p)
}

func side(s *Step) int {
	if s.Verb == Delete {
		return 0
	}
	return 1
}

func kindPlace(s *Step) int {
	rank := object.Rank(s.Ref)
	if s.Verb == Delete {
		return -rank
	}
	return rank
}

// mirrorPrunes exchanges the waves of deletions among themselves, lowest against highest: what was created last is
// deleted first.
func mirrorPrunes(steps []Step) {
	var waves []int
	for i := range steps {
		if steps[i].Verb == Delete {
			waves = append(waves, steps[i].Wave)
		}
	}
	slices.Sort(waves)
	waves = slices.Compact(waves)
	for i := range steps {
		if steps[i].Verb == Delete {
			at, _ := slices.BinarySearch(waves, steps[i].Wave)
			steps[i].Wave = waves[len(waves)-1-at]
		}
	}
}

// pruneLast moves deletions behind the last wave of the Sync phase where the application or the object asks for that. Waves
// in which nothing is written count: their objects are to be healthy too.
func pruneLast(p *Plan, spec *app.Spec) {
	last := lastWave(p)
	for i := range p.Steps {
		s := &p.Steps[i]
		if s.Verb == Delete && syncOption(spec, s.Live, "PruneLast=true") {
			s.Wave = last + 1
		}
	}
}

// lastWave is the last wave of the Sync phase, at least 0.
func lastWave(p *Plan) int {
	last := 0
	if p.rests != nil {
		last = max(last, *p.rests)
	}
	for i := range p.Steps {
		if p.Steps[i].Phase == Sync {
			last = max(last, p.Steps[i].Wave)
		}
	}
	return last
}

// holdPrunes moves the deletions of a plan of which a step fails behind all else, in the order that they have: an operation that
// cannot succeed deletes nothing. It reports whether there are any.
func holdPrunes(p *Plan) (held bool) {
	if !slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Fails() }) {
		return false
	}
	last, first := lastWave(p), 0
	for i := range p.Steps {
		if s := &p.Steps[i]; s.Verb == Delete {
			first = min(first, s.Wave)
		}
	}
	for i := range p.Steps {
		if s := &p.Steps[i]; s.Verb == Delete {
			s.Wave += last + 1 - first
			held = true
		}
	}
	return held
}

// settleContainers moves the deletion of a Namespace or CustomResourceDefinition behind every other deletion: it would
// take what it holds along, out of turn.
func settleContainers(steps []Step) {
	last, found := 0, false
	for i := range steps {
		if s := &steps[i]; s.Verb == Delete && (!found || s.Wave > last) {
			last, found = s.Wave, true
		}
	}
	for i := range steps {
		if s := &steps[i]; s.Verb == Delete && (object.IsNamespace(s.Ref) || s.Ref.Kind == "CustomResourceDefinition") {
			s.Wave = last
		}
	}
}

// slot is a phase and wave.
type slot struct {
	phase Phase
	wave  int
}

func (s slot) before(o slot) bool {
	return place(s.phase) < place(o.phase) || s.phase == o.phase && s.wave < o.wave
}

// pullAhead moves a Namespace and a CustomResourceDefinition into the phase and wave of the first step that needs it.
func pullAhead(steps []Step) {
	namespaces, kinds := map[string]slot{}, map[schema.GroupKind]slot{}
	for i := range steps {
		s := &steps[i]
		if s.Verb == Delete || s.Verb == Keep {
			continue
		}
		at := slot{s.Phase, s.Wave}
		if first, ok := namespaces[s.Ref.Namespace]; !ok || at.before(first) {
			namespaces[s.Ref.Namespace] = at
		}
		if first, ok := kinds[s.Ref.GroupKind()]; !ok || at.before(first) {
			kinds[s.Ref.GroupKind()] = at
		}
	}
	for i := range steps {
		s := &steps[i]
		if s.Verb == Delete || s.Verb == Keep || s.Desired == nil {
			continue
		}
		first, used := slot{}, false
		if gk, ok := defined(s.Desired); ok {
			first, used = kinds[gk]
		} else if object.IsNamespace(s.Ref) {
			first, used = namespaces[s.Ref.Name]
		}
		if used && first.before(slot{s.Phase, s.Wave}) {
			s.Phase, s.Wave = first.phase, first.wave
		}
	}
}
