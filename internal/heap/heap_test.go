package heap

import (
	"runtime"
	"runtime/debug"
	"testing"
)

func TestPercent(t *testing.T) {
	t.Parallel()
	for alive, want := range map[uint64]int{
		0: most, 10 << 20: most, 32 << 20: most, 64 << 20: 200, 128 << 20: usual, 10 << 30: usual,
	} {
		if got := percent(alive); got != want {
			t.Errorf("beside %d MiB it is %d, want %d", alive>>20, got, want)
		}
	}
}

// TestRoomIsGivenBack asks for room twice at a time. It sets what all of the process share.
func TestRoomIsGivenBack(t *testing.T) {
	t.Setenv("GOGC", "")
	now := func() int {
		p := debug.SetGCPercent(100)
		debug.SetGCPercent(p)
		return p
	}
	old := debug.SetGCPercent(70)
	defer debug.SetGCPercent(old)
	runtime.GC()
	if alive() == 0 {
		t.Error("after a collection nothing is alive")
	}
	first, second := Room(), Room()
	roomy := now()
	first()
	if kept := now(); roomy <= 70 || kept != roomy {
		t.Errorf("with room it is %d, and %d when one of two has left", roomy, kept)
	}
	second()
	if back := now(); back != 70 {
		t.Errorf("in the end it is %d, want what it was, 70", back)
	}

	t.Setenv("GOGC", "50")
	leave := Room()
	if set := now(); set != 70 {
		t.Errorf("where the user has set it it becomes %d", set)
	}
	leave()
}
