package engine

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// TestADocumentThatCannotBeReadIsLookedAtAtItsPace has an editor leave a document as nothing that can be read, while it is followed.
func TestADocumentThatCannotBeReadIsLookedAtAtItsPace(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		// onScreen has somebody look at the application all the time.
		onScreen    bool
		least, most int
	}{
		"one that nobody watches": {least: 9, most: 11},
		"one on a screen":         {onScreen: true, least: 110, most: 121},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := &countingStore{}
				e := New(Ports{Store: store}, Options{Interval: 5 * time.Second})
				t.Cleanup(e.Close)
				e.running = true
				key := app.Key{Name: "web"}
				e.entry(key).change(func(*View) {})
				go func() { _ = e.handOut(t.Context()) }()

				e.enqueue(key, levelResolve)
				for range 60 {
					if c.onScreen {
						e.Attend(key)
					}
					time.Sleep(10 * time.Second)
				}
				synctest.Wait()
				if store.loads < c.least || store.loads > c.most {
					t.Errorf("within ten minutes it is looked at %d times, not %d to %d", store.loads, c.least, c.most)
				}
				// As a change of the document has it.
				before := store.loads
				e.enqueue(key, levelResolve)
				synctest.Wait()
				if store.loads != before+1 {
					t.Errorf("when somebody asks it is looked at %d times", store.loads-before)
				}
			})
		})
	}
}
