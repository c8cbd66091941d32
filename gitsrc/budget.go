package gitsrc

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// A host is asked for its references once a second on average, after a beginning in which every repository may be asked
// at once. This machine's own servers have no budget.
const (
	asksPerSecond = 1
	asksAtOnce    = 30
)

// longestHold bounds what a server may ask for with Retry-After.
const longestHold = time.Hour

// budget says when a host may be asked again.
type budget struct {
	mu    sync.Mutex
	hosts map[string]*host
}

type host struct {
	asks *rate.Limiter
	// until is when the host, which sent this status, wants to be asked again.
	until  time.Time
	status int
}

// waitError says that a host asked to be left alone.
type waitError struct {
	host   string
	status int
	until  time.Time
}

// Error implements error.
func (e *waitError) Error() string {
	return fmt.Sprintf("%s answered %d %s and asks to be left alone until %s", e.host, e.status, http.StatusText(e.status),
		e.until.Format(time.TimeOnly))
}

func (b *budget) hostLocked(name string) *host {
	name = strings.ToLower(name)
	h, ok := b.hosts[name]
	if !ok {
		h = &host{asks: rate.NewLimiter(asksPerSecond, asksAtOnce)}
		if b.hosts == nil {
			b.hosts = map[string]*host{}
		}
		b.hosts[name] = h
	}
	return h
}

// limiter returns the budget of a host, nil when there is none.
func (b *budget) limiter(name string) *rate.Limiter {
	bare := name
	if h, _, err := net.SplitHostPort(name); err == nil {
		bare = h
	}
	if ip := net.ParseIP(strings.Trim(bare, "[]")); name == "" || strings.EqualFold(bare, "localhost") || ip != nil && ip.IsLoopback() {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.hostLocked(name).asks
}

// take takes one ask of a host out of the budget, if there is one now.
func (b *budget) take(name string) bool {
	l := b.limiter(name)
	return l == nil || l.Allow()
}

// wait waits until a host may be asked.
func (b *budget) wait(ctx context.Context, name string) error {
	l := b.limiter(name)
	if l == nil {
		return nil
	}
	if err := l.Wait(ctx); err != nil {
		return fmt.Errorf("wait for the turn to ask %s: %w", name, err)
	}
	return nil
}

// hold leaves a host alone for as long as its answer asks for.
func (b *budget) hold(name string, answer *http.Response) error {
	if answer.StatusCode != http.StatusTooManyRequests && answer.StatusCode != http.StatusServiceUnavailable {
		return nil
	}
	pause := min(retryAfter(answer.Header.Get("Retry-After")), longestHold)
	if pause <= 0 {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.hostLocked(name)
	h.until, h.status = time.Now().Add(pause), answer.StatusCode
	return &waitError{name, h.status, h.until}
}

// held returns a waitError as long as a host wants to be left alone.
func (b *budget) held(name string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if h, ok := b.hosts[strings.ToLower(name)]; ok && time.Now().Before(h.until) {
		return &waitError{name, h.status, h.until}
	}
	return nil
}

// retryAfter reads the header's two forms: seconds, or a date.
func retryAfter(text string) time.Duration {
	if n, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return time.Until(at)
	}
	return 0
}

// polite is a transport that heeds Retry-After.
type polite struct {
	budget *budget
	next   http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (p *polite) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := p.budget.held(r.URL.Host); err != nil {
		return nil, err
	}
	answer, err := p.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if err := p.budget.hold(r.URL.Host, answer); err != nil {
		_ = answer.Body.Close()
		return nil, err
	}
	return answer, nil
}

// CloseIdleConnections is what http.Client.CloseIdleConnections calls.
func (p *polite) CloseIdleConnections() {
	if c, ok := p.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}
