package engine

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// own finds the live objects that are the application's: what another object owns is not, unless git asks for it. While none has become
// so or ceased to be, they are those of the examination before. Where nothing is known they are those of the inventory.
func (x *examination) own(before *examination, installation string) {
	if before != nil && x.ownsAsBefore(before, installation) {
		x.owned = before.owned
		return
	}
	x.owned = make([]object.Ref, 0, len(x.live.Objects))
	for ref, live := range x.live.Objects {
		if x.owns(ref, live, installation) {
			x.owned = append(x.owned, ref)
		}
	}
	for _, ref := range x.previous {
		if x.live.Unreadable[ref.Place()] != nil && x.live.Objects[ref] == nil {
			x.owned = append(x.owned, ref)
		}
	}
	sortRefs(x.owned)
}

// owns reports whether a live object is the application's.
func (x *examination) owns(ref object.Ref, live *unstructured.Unstructured, installation string) bool {
	_, wanted := x.want.at[ref]
	return object.Owned(live, x.app.Key().Tracking(), installation) && (wanted || !plan.Dependent(live))
}

// ownsAsBefore reports whether the same objects are live as in the examination before, and the application's among them are the
// same. Only those are asked that have changed.
func (x *examination) ownsAsBefore(before *examination, installation string) bool {
	same := func(error, error) bool { return true }
	if len(x.live.Objects) != len(before.live.Objects) || !maps.EqualFunc(before.live.Unreadable, x.live.Unreadable, same) {
		return false
	}
	if x.base != nil {
		return !slices.ContainsFunc(x.live.Changed, func(ref object.Ref) bool {
			was, live := before.live.Objects[ref], x.live.Objects[ref]
			return (was == nil) != (live == nil) || live != nil && before.owns(ref, was, installation) != x.owns(ref, live, installation)
		})
	}
	for ref, live := range x.live.Objects {
		was, known := before.live.Objects[ref]
		_, wanted := x.want.at[ref]
		_, wantedBefore := before.want.at[ref]
		moved := was != live || wanted != wantedBefore
		if !known || moved && before.owns(ref, was, installation) != x.owns(ref, live, installation) {
			return false
		}
	}
	return true
}
