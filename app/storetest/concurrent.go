package storetest

import (
	"fmt"
	"sync"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

func updateRace(t *testing.T, p Place) {
	p.created(t, "web")
	const writers, each = 4, 5
	var wg sync.WaitGroup
	for w := range writers {
		s := p.Open(t).Store
		wg.Go(func() {
			for i := range each {
				_, err := s.Update(t.Context(), p.key("web"), func(a *app.Application) error {
					if a.Metadata.Labels == nil {
						a.Metadata.Labels = map[string]string{}
					}
					a.Metadata.Labels[fmt.Sprintf("w%d-%d", w, i)] = "x"
					return nil
				})
				if err != nil {
					t.Errorf("update: %v", err)
				}
			}
		})
	}
	wg.Wait()
	if got := p.load(t, p.Open(t), "web").Metadata.Labels; len(got) != writers*each {
		t.Errorf("%d of %d updates are left", len(got), writers*each)
	}
}

func installation(t *testing.T, p Place) {
	first := p.Open(t).Store
	if first.Installation() == "" || first.Name() == "" {
		t.Errorf("the store is %q with the installation %q", first.Name(), first.Installation())
	}
	if again := p.Open(t).Store.Installation(); again != first.Installation() {
		t.Errorf("the installation was %q and is %q", first.Installation(), again)
	}
}
