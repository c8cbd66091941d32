package engine

import (
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/engine/compare"
	"github.com/wheelhouse-gitops/wheelhouse/engine/definition"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
)

// pending returns the definitions among the desired objects that a sync writes, by the kind that they define. They are compared. One
// that the server refuses, or that is somebody else's, is not written.
func (x *examination) pending() map[schema.GroupKind]compare.Pending {
	out := map[schema.GroupKind]compare.Pending{}
	for _, i := range x.want.definitions {
		if !redefines(x.diffs[i]) {
			continue
		}
		next, err := definition.Read(x.want.objects[i])
		if err != nil {
			continue // the server will say what is wrong with it
		}
		p := compare.Pending{Next: next}
		if live := x.live.Objects[x.want.refs[i]]; live != nil {
			if now, err := definition.Read(live); err == nil {
				p.Now = now
			}
		}
		out[next.Kind()] = p
	}
	return out
}

// redefines reports whether an apply of a definition says something new of its kind.
func redefines(d *diff.Diff) bool {
	if d.Verdict == diff.Create {
		return true
	}
	if d.Verdict != diff.Differs {
		return false
	}
	for _, c := range d.Changes {
		if strings.HasPrefix(c.Path, ".spec") {
			return true
		}
	}
	return false
}
