package gitsrc_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

func TestAShortIDIsFetchedFor(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	r, url, first := s.shop(t)
	second := r.commit(t, "main", "go on", map[string]string{"values.yaml": "replicas: 2\n"})
	f := newFetcher(t)
	for _, id := range []string{first, second} {
		if got := resolve(t, f, source(url, id[:8]), time.Hour); got.ID != id {
			t.Errorf("%s is %s, want %s", id[:8], got.ID, id)
		}
	}
	asked := len(s.requests())
	for range 3 {
		if _, err := f.Resolve(t.Context(), source(url, "0123abcd"), time.Hour); !errors.Is(err, app.ErrNotFound) {
			t.Errorf("an id that nothing has: %v", err)
		}
	}
	if now := len(s.requests()); now != asked {
		t.Errorf("for an id that nothing has, a repository that is known was asked %d times", now-asked)
	}
	third := r.commit(t, "main", "and on", map[string]string{"values.yaml": "replicas: 3\n"})
	if got := resolve(t, f, source(url, third[:8]), 0); got.ID != third {
		t.Errorf("%s is %s, want %s", third[:8], got.ID, third)
	}
}

func TestAShortIDOfARepositoryThatCannotBeFetched(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(r *http.Request) int {
		if r.Method == http.MethodPost {
			return http.StatusForbidden
		}
		return 0
	})
	_, url, id := s.shop(t)
	_, err := newFetcher(t).Resolve(t.Context(), source(url, id[:8]), time.Hour)
	if err == nil || errors.Is(err, app.ErrNotFound) {
		t.Errorf("got %v, want why nothing was fetched", err)
	}
}
