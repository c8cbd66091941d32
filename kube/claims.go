package kube

import (
	"maps"
	"slices"
	"strings"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// stem is stemOf for a record that no owner reference speaks for.
func (r *record) stem() (object.Ref, bool) {
	if len(r.owners) > 0 {
		return object.Ref{}, false
	}
	return stemOf(r.ref)
}

// claimsLocked returns the claims of a StatefulSet of which the body is kept, nothing of others. The caller holds the lock.
func (c *cache) claimsLocked(set *record) []*record {
	if set.ref.GroupKind() != setKind {
		return nil
	}
	var out []*record
	for _, stem := range stemsOf(set.objectLocked()) {
		out = slices.AppendSeq(out, maps.Keys(c.claims[stem]))
	}
	return out
}

// setOfLocked returns the StatefulSet that a claim belongs to, nil where none is known. Each dash may be the end of the template's
// name: only the sets themselves say which one is. The caller holds the lock.
func (c *cache) setOfLocked(claim *record) *record {
	stem, ok := claim.stem()
	if !ok {
		return nil
	}
	ref := object.Ref{Group: setKind.Group, Kind: setKind.Kind, Namespace: stem.Namespace}
	for rest := stem.Name; ; {
		if _, rest, ok = strings.Cut(rest, "-"); !ok {
			return nil
		}
		ref.Name = rest
		if set := c.objects[ref]; set != nil && slices.Contains(stemsOf(set.objectLocked()), stem) {
			return set
		}
	}
}
