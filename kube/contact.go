package kube

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// errLogin says that the server no longer takes the login.
var errLogin = errors.New("the server refuses the login (401 Unauthorized)")

// contact remembers when the server last answered, and why it did not.
type contact struct {
	context string
	// regained is called when the server answers after it did not, before anybody is told that it does, with the time at which it was
	// last heard of before: it may be another one by now, and what it has done meanwhile is not known.
	regained func(lost time.Time)
	// refused is called when the server has too much to do.
	refused func()
	// turned holds something after the server ceased to answer, or began to again.
	turned chan struct{}

	// noting is held while an outcome is noted, with what follows from it; it guards lost, when the server was last heard of before it
	// ceased to answer.
	noting sync.Mutex
	lost   time.Time

	mu   sync.Mutex
	asOf time.Time
	err  error
}

// wrap notes the outcome of every request.
func (c *contact) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		resp, err := promptly(next, req)
		if err == nil && req.Method == http.MethodGet && longWait(resp) {
			resp.Header.Del("Retry-After")
		}
		if err == nil && resp.StatusCode == http.StatusUnauthorized {
			c.note(errLogin)
			return resp, nil
		}
		if err == nil && resp.StatusCode == http.StatusTooManyRequests && c.refused != nil {
			c.refused()
		}
		if err == nil || !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
			c.note(err)
		}
		return resp, err
	})
}

// mostWait bounds the pause after which a read is sent again by itself: the client would do so ten times before it says anything.
const mostWait = 10 * time.Second

// longWait reports whether the server asks for a longer pause than that. Half a minute is what it asks readers for where it cannot
// read the objects of a kind; who writes waits for as long as it says.
func longWait(resp *http.Response) bool {
	seconds, err := strconv.Atoi(resp.Header.Get("Retry-After"))
	return err == nil && time.Duration(seconds)*time.Second > mostWait
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func (c *contact) note(err error) {
	c.noting.Lock()
	defer c.noting.Unlock()
	turned := (c.failure() == nil) != (err == nil)
	switch {
	case turned && err != nil:
		c.lost = c.last()
	case turned && c.regained != nil:
		c.regained(c.lost)
	}
	c.mu.Lock()
	c.err = err
	if err == nil {
		c.asOf = time.Now()
	}
	c.mu.Unlock()
	if !turned {
		return
	}
	select {
	case c.turned <- struct{}{}:
	default:
		// Nobody follows, or has looked since the last one.
	}
}

// heard notes a sign of life within an answer.
func (c *contact) heard() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asOf = time.Now()
}

func (c *contact) failure() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

func (c *contact) last() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.asOf
}
