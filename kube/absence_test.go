package kube

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestAShortAbsenceIsNotTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &contact{turned: make(chan struct{}, 1)}
		a := absence{contact: c}
		turn := func(err error) (tell bool) {
			t.Helper()
			c.note(err)
			<-c.turned
			return a.turned()
		}
		gone := errors.New("connection refused")
		if turn(gone) || a.due == nil {
			t.Error("an absence is told at once, or never")
		}
		time.Sleep(patience - time.Millisecond)
		if turn(nil) || a.due != nil {
			t.Error("a return is told of a server that was not told to be away")
		}
		if turn(gone) {
			t.Error("an absence is told at once")
		}
		begun := time.Now()
		<-a.due
		if took := time.Since(begun); !a.lasts() || took != patience {
			t.Errorf("a lasting absence is not told after %s, or not at all", took)
		}
		c.note(gone)
		select {
		case <-c.turned:
			t.Error("another failure is no turn")
		default:
		}
		if !turn(nil) {
			t.Error("the return is not told")
		}
	})
}
