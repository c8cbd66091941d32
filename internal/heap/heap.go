// Package heap gives work that makes much garbage in little time room for it.
//
// The collector of a process that shares its cores with the server that it waits for takes them from that server, and runs
// most often while the heap is small. What is collected a little later costs memory for as long as the work lasts.
package heap

import (
	"os"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// room is how much garbage there may be before it is collected, in bytes beside what is alive when the first asks, and usual and
// most are what that may come to in hundredths (GOGC), for the runtime knows shares only: where more comes to be alive meanwhile
// the room grows with it.
const (
	room        = 128 << 20
	usual, most = 100, 400
)

var (
	mu    sync.Mutex
	users int
	// before is the setting to go back to.
	before int
)

// Room lets more garbage than usual come together until the function that it returns is called, once; others who have asked for
// room keep it. It does nothing in a process whose environment sets GOGC.
func Room() (leave func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	mu.Lock()
	defer mu.Unlock()
	if users++; users == 1 {
		before = debug.SetGCPercent(percent(alive()))
	}
	return func() {
		mu.Lock()
		defer mu.Unlock()
		if users--; users == 0 {
			debug.SetGCPercent(before)
		}
	}
}

// percent is the setting that leaves room beside a heap of so many bytes.
func percent(alive uint64) int {
	return int(min(most, max(usual, room*100/max(alive, 1))))
}

// alive is what the last collection left, in bytes; 0 before the first.
func alive() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return sample[0].Value.Uint64()
}
