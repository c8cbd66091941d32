package main

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// TestLittleIsAllocatedForWhatHasNotChanged compares a small and a large application after a change of one object of each: what the
// large one takes more is for objects that are as before. Of each there is a place in the cluster's answer, a row of the status,
// which is one list, and what it takes to write that row and the step of the last sync: half a kilobyte, and more under the race
// detector. It was three when verdicts, marks and the text of the status were copied. It is not parallel, for it counts what the
// process allocates.
func TestLittleIsAllocatedForWhatHasNotChanged(t *testing.T) {
	const few, many, most = 100, 1600, 1500
	figures, text := measured(t, "-only", "refresh", "-objects", fmt.Sprint(few), "-many", fmt.Sprint(many), "-rounds", "1", "-others=false")
	spent := func(count int) float64 {
		t.Helper()
		figure := figures[fmt.Sprintf("allocated after a change of 1 of %d objects", count)]
		mebibytes, err := strconv.ParseFloat(strings.TrimSuffix(figure, " MiB"), 64)
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		return mebibytes * (1 << 20)
	}
	if each := (spent(many) - spent(few)) / (many - few); each > most {
		t.Errorf("%.0f bytes are allocated for each object that has not changed, and at most %d may be:\n%s", each, most, text)
	}
}
