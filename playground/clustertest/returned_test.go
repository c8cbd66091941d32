package clustertest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestTheFirstAnswerAfterAnAbsence changes an object while nothing can be heard, for so long that the watches are seldom tried: as
// soon as there is an answer again it is what is so now, and the answer does not take long.
func TestTheFirstAnswerAfterAnAbsence(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	for _, name := range []string{"changes", "goes"} {
		b.apply(b.marked(b.configMap(name, "colour=red")))
	}
	line := b.newLine()
	w := watch(t, line.cluster)
	ours := object.LiveQuery{App: b.namespace, Refs: []object.Ref{b.ref("", "ConfigMap", "changes")}}
	b.becomes(line.cluster, ours, map[string]string{"changes": "red", "goes": "red"})

	line.cut()
	w.hears(object.Event{Ref: object.Ref{Kind: "*"}})
	b.patch("changes", `{"data":{"colour":"blue"}}`, "colleague")
	b.remove("goes")
	b.apply(b.marked(b.configMap("comes", "colour=green")))
	line.mend()
	var begun time.Time
	playtest.Eventually(t, playtest.Patience, "there is an answer", func() error {
		begun = time.Now()
		got, err := b.colours(line.cluster, ours)
		if err != nil {
			return err
		}
		if d := cmp.Diff(map[string]string{"changes": "blue", "comes": "green"}, got); d != "" {
			t.Errorf("the first answer (-want +got):\n%s", d)
		}
		return nil
	})
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
	if n := line.cluster.Knowledge(); time.Since(n.AsOf) > time.Second {
		t.Errorf("it is known as of %s after that", n.AsOf)
	}
}
