package kube

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// served has many requests answered by a server that does a number of them at once, each in 5 to 15 ms, and returns how many
// were in flight at most and the limit at the end.
func served(p *pace, requests, atOnce int) (most, limit int) {
	seats := make(chan struct{}, atOnce)
	var mu sync.Mutex
	var wg sync.WaitGroup
	flying := 0
	for i := range requests {
		wg.Go(func() {
			if p.enter(context.Background()) != nil {
				return
			}
			mu.Lock()
			flying++
			most = max(most, flying)
			mu.Unlock()
			seats <- struct{}{}
			time.Sleep(time.Duration(5+7*i%11) * time.Millisecond)
			<-seats
			mu.Lock()
			flying--
			mu.Unlock()
			p.leave()
		})
	}
	wg.Wait()
	if p.trying > 0 {
		return most, p.trying
	}
	return most, p.limit
}

func TestThePaceFollowsWhatTheServerAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ atOnce, least, most int }{
		"a server of few seats is not given more than it answers": {8, 8, 18},
		"one of many gets more":                                   {200, mostInFlight - mostInFlight/4, mostInFlight},
		"none gets more than the knee":                            {1000, mostInFlight - mostInFlight/4, mostInFlight},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				// It has refused before.
				p := pace{limit: 8}
				if _, limit := served(&p, 3000, c.atOnce); limit < c.least || limit > c.most {
					t.Errorf("in the end %d may be in flight, want %d to %d", limit, c.least, c.most)
				}
			})
		})
	}
}

func TestThePaceBeginsWithTheMost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var p pace
		if most, limit := served(&p, 300, 1000); most != mostInFlight || limit != mostInFlight {
			t.Errorf("%d were in flight at once, and in the end %d may be", most, limit)
		}
	})
}

func TestARefusalHalvesThePace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var p pace
		served(&p, 2000, 1000)
		p.refused()
		p.refused()
		if p.limit != mostInFlight/2 {
			t.Errorf("after refusals at one time %d may be in flight", p.limit)
		}
		for range 10 {
			time.Sleep(2 * time.Second)
			p.refused()
		}
		if p.limit != leastInFlight {
			t.Errorf("after many refusals %d may be in flight", p.limit)
		}
		if most, _ := served(&p, 40, 1000); most != leastInFlight {
			t.Errorf("then %d were in flight at once", most)
		}
	})
}

func TestWhoGivesUpTakesNoTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var p pace
		for range firstInFlight {
			if err := p.enter(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		gone := make(chan error)
		go func() { gone <- p.enter(ctx) }()
		synctest.Wait()
		cancel()
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Fatalf("who gave up got %v", err)
		}
		for range firstInFlight {
			p.leave()
		}
		if p.flying != 0 || len(p.waiting) != 0 {
			t.Errorf("in the end %d are in flight and %d wait", p.flying, len(p.waiting))
		}
	})
}
