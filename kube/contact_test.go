package kube

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// ask sends one request through a contact, and drops the answer.
func ask(ctx context.Context, t *testing.T, c *contact, url string) error {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	// A transport of its own keeps no connection that another test's server waits for.
	next := &http.Transport{DisableKeepAlives: true}
	resp, err := c.wrap(next).RoundTrip(req)
	if err == nil {
		_ = resp.Body.Close()
	}
	return err
}

func TestContact(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }))
	t.Cleanup(server.Close)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancelLate := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	t.Cleanup(cancelLate)

	t.Run("nothing is known before the first request", func(t *testing.T) {
		t.Parallel()
		c := &contact{}
		if c.failure() != nil || !c.last().IsZero() {
			t.Errorf("last heard of at %s, failure %v", c.last(), c.failure())
		}
	})
	t.Run("any answer is a sign of life", func(t *testing.T) {
		t.Parallel()
		c := &contact{}
		before := time.Now()
		if err := ask(t.Context(), t, c, server.URL); err != nil {
			t.Fatal(err)
		}
		if c.failure() != nil || c.last().Before(before) {
			t.Errorf("last heard of at %s, failure %v", c.last(), c.failure())
		}
	})
	t.Run("no answer is a failure and moves no time", func(t *testing.T) {
		t.Parallel()
		c := &contact{}
		if err := ask(t.Context(), t, c, server.URL); err != nil {
			t.Fatal(err)
		}
		heard := c.last()
		if err := ask(t.Context(), t, c, gone.URL); err == nil {
			t.Fatal("a server that is gone answers")
		}
		if c.failure() == nil || !c.last().Equal(heard) {
			t.Errorf("last heard of at %s, before at %s, failure %v", c.last(), heard, c.failure())
		}
	})
	t.Run("an answer ends a failure", func(t *testing.T) {
		t.Parallel()
		c := &contact{}
		if err := ask(t.Context(), t, c, gone.URL); err == nil {
			t.Fatal("a server that is gone answers")
		}
		if err := ask(t.Context(), t, c, server.URL); err != nil {
			t.Fatal(err)
		}
		if c.failure() != nil || c.last().IsZero() {
			t.Errorf("last heard of at %s, failure %v", c.last(), c.failure())
		}
	})
	t.Run("who forgets what has passed is told of a return before all others", func(t *testing.T) {
		t.Parallel()
		c, told := &contact{}, 0
		var heard time.Time
		c.regained = func(lost time.Time) {
			if told++; c.failure() == nil || !lost.Equal(heard) {
				t.Errorf("it was lost at %s, want %s, and fails with %v", lost, heard, c.failure())
			}
		}
		for range 2 {
			c.note(nil)
			heard = c.last()
			c.note(errors.New("connection refused"))
			c.heard()
			c.note(errors.New("no route to host"))
		}
		c.note(nil)
		c.note(nil)
		if told != 2 {
			t.Errorf("it was told %d times", told)
		}
	})
	for name, ctx := range map[string]context.Context{"a request that is cancelled": ended, "a request that is too late": late} {
		t.Run(name+" says nothing of the server", func(t *testing.T) {
			t.Parallel()
			c := &contact{}
			if err := ask(ctx, t, c, server.URL); err == nil {
				t.Fatal("the request was sent")
			}
			if c.failure() != nil || !c.last().IsZero() {
				t.Errorf("last heard of at %s, failure %v", c.last(), c.failure())
			}
		})
	}
}
