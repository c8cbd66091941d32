package engine

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// counted is a Clock that notes for how long alarms are set.
type counted struct{ set []time.Duration }

func (*counted) Now() time.Time { return time.Now() }

func (c *counted) After(d time.Duration) <-chan time.Time {
	c.set = append(c.set, d)
	return time.After(d)
}

// TestAQueueSleepsUntilSomethingIsDue wants applications handed out when they are due, the earlier of two times, and nothing done in
// between.
func TestAQueueSleepsUntilSomethingIsDue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		clock, begun := &counted{}, time.Now()
		q := newQueue(clock)
		defer q.ShutDown()
		due := func(name string, after time.Duration) {
			t.Helper()
			key, shutdown := q.Get()
			if took := time.Since(begun); shutdown || key.Name != name || took != after {
				t.Errorf("%s comes after %s, want %s after %s", key, took, name, after)
			}
			q.Done(key)
		}
		q.AddAfter(app.Key{Name: "later"}, time.Hour)
		synctest.Wait()
		q.AddAfter(app.Key{Name: "sooner"}, 2*time.Hour)
		synctest.Wait()
		q.AddAfter(app.Key{Name: "sooner"}, time.Minute)
		synctest.Wait()
		due("sooner", time.Minute)
		due("later", time.Hour)
		synctest.Wait()
		q.AddAfter(app.Key{Name: "late"}, time.Hour)
		synctest.Wait()
		q.Add(app.Key{Name: "now"})
		due("now", time.Hour)
		due("late", 2*time.Hour)
		want := []time.Duration{time.Hour, time.Hour, time.Minute, 59 * time.Minute, time.Hour}
		if !slices.Equal(clock.set, want) {
			t.Errorf("alarms were set for %v, want %v", clock.set, want)
		}
	})
}
