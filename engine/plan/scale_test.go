package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// set is a live StatefulSet of so many Pods from an ordinal on, with one claim each; policy is what becomes of those of Pods that go.
func set(replicas, start int64, policy string) *unstructured.Unstructured {
	u := stateful("Retain", 1)
	spec := u.Object["spec"].(map[string]any)
	spec["replicas"] = replicas
	spec["ordinals"] = map[string]any{"start": start}
	spec["persistentVolumeClaimRetentionPolicy"] = map[string]any{"whenScaled": policy}
	return u
}

// without returns an object without one of its fields.
func without(u *unstructured.Unstructured, path ...string) *unstructured.Unstructured {
	unstructured.RemoveNestedField(u.Object, path...)
	return u
}

const scaledDown = "scale:StatefulSet/web/db: scales StatefulSet/web/db down and deletes the claims of "

// TestScalingDownIsGuardedWhereClaimsGo asks about a change of a StatefulSet that has claims deleted, in git and by hand.
func TestScalingDownIsGuardedWhereClaimsGo(t *testing.T) {
	t.Parallel()
	const one, two = scaledDown + "1 Pod that goes", scaledDown + "2 Pods that go"
	for name, c := range map[string]struct {
		live, after *unstructured.Unstructured
		want        string
	}{
		"down by two":                   {set(3, 0, "Delete"), set(1, 0, "Delete"), two},
		"to nothing":                    {set(1, 0, "Delete"), set(0, 0, "Delete"), one},
		"up":                            {set(1, 0, "Delete"), set(3, 0, "Delete"), ""},
		"not at all":                    {set(3, 0, "Delete"), set(3, 0, "Delete"), ""},
		"to one as git does not say":    {set(3, 0, "Delete"), without(set(3, 0, "Delete"), "spec", "replicas"), two},
		"claims stay":                   {set(3, 0, "Retain"), set(1, 0, "Retain"), ""},
		"the same change has them stay": {set(3, 0, "Delete"), set(1, 0, "Retain"), ""},
		"the same change has them go":   {set(3, 0, "Retain"), set(1, 0, "Delete"), two},
		"Pods of other ordinals":        {set(3, 0, "Delete"), set(3, 1, "Delete"), one},
		"Pods of lower ordinals again":  {set(2, 5, "Delete"), without(set(2, 5, "Delete"), "spec", "ordinals"), two},
		"there are no claims":           {set(3, 0, "Delete"), without(set(1, 0, "Delete"), "spec", "volumeClaimTemplates"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.want != "" {
				c.want += " (whenScaled: Delete), and perhaps the data on them"
			}
			said := func(guards []plan.Guard) (out string) {
				for _, g := range guards {
					out += g.Name + ": " + g.Message
				}
				return out
			}
			if d := cmp.Diff(c.want, said(plan.GuardsOfChange(c.live, c.after))); d != "" {
				t.Errorf("by hand (-want +got):\n%s", d)
			}
			s := situate().want(diff.Differs, thing("StatefulSet/web/db"))
			s.in.Live[object.Of(c.live)] = c.live
			s.in.Objects[0].Diff.Live, s.in.Objects[0].Diff.Predicted = c.live, c.after
			p := s.build(t)
			if d := cmp.Diff(c.want, said(p.Guards)); d != "" {
				t.Errorf("in git (-want +got):\n%s", d)
			}
			if c.want != "" && p.Guards[0].Step != only(t, p).ID {
				t.Errorf("the guard is of the step %q", p.Guards[0].Step)
			}
		})
	}
}

// TestScalingDownWhatIsNotComparedIsGuarded scales with a change of another field: replicas are left out of the comparison, and written.
func TestScalingDownWhatIsNotComparedIsGuarded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ignored []diff.Change
		want    []string
	}{
		"written all the same": {[]diff.Change{{Path: ".spec.replicas", Old: int64(3), New: int64(1), HasOld: true, HasNew: true}}, []string{"scale:StatefulSet/web/db"}},
		"left as they are":     {nil, nil},
	} {
		s := situate().want(diff.Differs, thing("StatefulSet/web/db"))
		live := set(3, 0, "Delete")
		s.in.Live[object.Of(live)] = live
		d := &s.in.Objects[0].Diff
		d.Ignored, d.Live = c.ignored, without(set(3, 0, "Delete"), "spec", "replicas")
		d.Predicted = d.Live
		if d := cmp.Diff(c.want, guards(s.build(t))); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

// TestReplacingWithFewerPodsSaysThatClaimsGo adds to the guard of a StatefulSet that is made anew what its new one gives up.
func TestReplacingWithFewerPodsSaysThatClaimsGo(t *testing.T) {
	t.Parallel()
	s := situate().want(diff.Immutable, without(set(1, 0, "Delete"), "metadata", "uid"))
	live := set(3, 0, "Delete")
	s.in.Live[object.Of(live)] = live
	s.in.Options.Force = true
	p := s.build(t)
	want := "deletes StatefulSet/web/db without its Pods and claims and creates it anew around them: ; then it scales StatefulSet/web/db down " +
		"and deletes the claims of 2 Pods that go (whenScaled: Delete), and perhaps the data on them"
	if len(p.Guards) != 1 || p.Guards[0].Name != "replace:StatefulSet/web/db" || p.Guards[0].Message != want {
		t.Errorf("guards %+v, want %q", p.Guards, want)
	}
}
