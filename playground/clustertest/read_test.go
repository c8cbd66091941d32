package clustertest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

func TestRead(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	live := b.apply(b.configMap("settings", "colour=red"))
	t.Run("an object is read as it is", func(t *testing.T) {
		t.Parallel()
		u, err := b.cluster.Read(t.Context(), object.Of(live))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(live.Object, u.Object); d != "" {
			t.Errorf("the object (-applied +read):\n%s", d)
		}
	})
	t.Run("a cluster-scoped object is read", func(t *testing.T) {
		t.Parallel()
		u, err := b.cluster.Read(t.Context(), object.Ref{Kind: "Namespace", Name: b.namespace})
		if err != nil || u.GetName() != b.namespace {
			t.Errorf("the namespace is %v (%v)", u, err)
		}
	})
	for name, ref := range map[string]object.Ref{
		"an object that is not there":   b.ref("", "ConfigMap", "gone"),
		"an object of another kind":     b.ref("", "Secret", "settings"),
		"an object of another space":    {Kind: "ConfigMap", Namespace: "default", Name: "settings"},
		"an object of another group":    b.ref("example.com", "ConfigMap", "settings"),
		"a namespace that is not there": {Kind: "Namespace", Name: b.namespace + "-gone"},
	} {
		t.Run(name+" is not found", func(t *testing.T) {
			t.Parallel()
			u, err := b.cluster.Read(t.Context(), ref)
			if !errors.Is(err, app.ErrNotFound) || !strings.Contains(err.Error(), ref.String()) {
				t.Errorf("it is %v (%v)", u, err)
			}
		})
	}
}

// TestLiveWithoutAWatch reads few objects one by one and many by a list.
func TestLiveWithoutAWatch(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	line := b.newLine()
	const many = 20
	var all []object.Ref
	for i := range many {
		all = append(all, object.Of(b.apply(b.marked(b.configMap(fmt.Sprintf("settings-%02d", i), "colour=red")))))
	}
	gone, noKind := b.ref("", "ConfigMap", "gone"), b.ref("nowhere.example.com", "Widget", "one")
	for name, c := range map[string]struct {
		ask  []object.Ref
		want []object.Ref
	}{
		"nothing is asked for":          {nil, nil},
		"a few":                         {[]object.Ref{all[0], gone, all[1]}, all[:2]},
		"many":                          {append([]object.Ref{gone}, all[:many-1]...), all[:many-1]},
		"several kinds":                 {[]object.Ref{all[0], {Kind: "Namespace", Name: b.namespace}, noKind}, []object.Ref{all[0], {Kind: "Namespace", Name: b.namespace}}},
		"nothing that is there":         {[]object.Ref{gone, noKind}, nil},
		"one twice":                     {[]object.Ref{all[0], all[0]}, all[:1]},
		"a mark is no name, so nothing": {[]object.Ref{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := time.Now()
			set, err := line.cluster.Live(t.Context(), object.LiveQuery{App: b.namespace, Refs: c.ask})
			if err != nil {
				t.Fatal(err)
			}
			var got []object.Ref
			for ref, u := range set.Objects {
				got = append(got, ref)
				if object.Of(u) != ref || u.GetUID() == "" {
					t.Errorf("under %s there is %s", ref, object.Of(u))
				}
			}
			if d := cmp.Diff(c.want, got, cmpopts.EquateEmpty(), cmpopts.SortSlices(func(a, b object.Ref) bool { return a.Compare(b) < 0 })); d != "" {
				t.Errorf("the live objects (-want +got):\n%s", d)
			}
			if len(set.Unreadable) != 0 || set.AsOf.Before(before) {
				t.Errorf("unreadable are %v, as of %s", set.Unreadable, set.AsOf)
			}
		})
	}
	t.Run("many are read by one request", func(t *testing.T) {
		other := b.newLine()
		if _, err := other.cluster.Live(t.Context(), object.LiveQuery{Refs: all}); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]string{"GET /api/v1/namespaces/" + b.namespace + "/configmaps"}, other.about(b.namespace)); d != "" {
			t.Errorf("the requests (-want +got):\n%s", d)
		}
	})
}
