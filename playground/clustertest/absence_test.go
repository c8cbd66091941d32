package clustertest

import (
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// TestAServerThatIsAwayIsTold takes a server away: though nothing is told of any object, it is told of the cluster, and again when the
// server is back.
func TestAServerThatIsAwayIsTold(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	line := b.newLine()
	w := watch(t, line.cluster)
	everything := object.Event{Ref: object.Ref{Kind: "*"}}
	line.cut()
	w.hears(everything)
	if n := line.cluster.Knowledge(); n.Err == nil {
		t.Error("it is said to be away, and is known")
	}
	w.forget()
	line.mend()
	w.hears(everything)
	if n := line.cluster.Knowledge(); n.Err != nil {
		t.Errorf("it is said to be back, and known with the error %v", n.Err)
	}
}
