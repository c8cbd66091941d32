package clustertest

import (
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// TestAnAnswerIsLeftUnread applies without a need for the answer: that stays text, and is the live object when it is read.
func TestAnAnswerIsLeftUnread(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	watching := newBench(t, nil)
	watch(t, watching.cluster)
	for _, c := range []struct {
		what string
		b    *bench
		dry  bool
		text bool
	}{
		{what: "without a watch", b: b, text: true},
		{what: "as a dry run of what is there", b: b, dry: true},
		{what: "with a watch", b: watching, text: true},
	} {
		t.Run(c.what, func(t *testing.T) {
			want := c.b.marked(c.b.configMap("unread", "colour=blue"))
			answer, err := c.b.cluster.Apply(t.Context(), object.ApplyRequest{Object: want, DryRun: c.dry, Unread: true})
			if err != nil {
				t.Fatal(err)
			}
			if text := answer.Object == nil; text != c.text {
				t.Errorf("it is left as text: %v", text)
			}
			made, err := answer.Made()
			if err != nil {
				t.Fatal(err)
			}
			live, err := c.b.cluster.Read(t.Context(), object.Of(want))
			if err != nil {
				t.Fatal(err)
			}
			if made.GetUID() != live.GetUID() || made.GetResourceVersion() != live.GetResourceVersion() || len(made.GetManagedFields()) != 1 {
				t.Errorf("it is version %s of %s, and live is version %s of %s", made.GetResourceVersion(), made.GetUID(), live.GetResourceVersion(), live.GetUID())
			}
			set, err := c.b.cluster.Live(t.Context(), object.LiveQuery{Refs: []object.Ref{object.Of(want)}})
			if err != nil {
				t.Fatal(err)
			}
			if c.b == watching && set.Objects[object.Of(want)] != made {
				t.Error("what the watch knows is another object")
			}
		})
	}
}
