package gitsrc

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

func TestABudgetIsOneAskASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var b budget
		for range asksAtOnce {
			if !b.take("git.example.com") {
				t.Fatal("the beginning has no room for every repository")
			}
		}
		if b.take("git.example.com") || b.take("GIT.example.com") {
			t.Error("a host is asked more often than its budget allows")
		}
		if !b.take("other.example.com") || !b.take("127.0.0.1:8080") || !b.take("localhost") || !b.take("") {
			t.Error("another host has to wait")
		}
		begun := time.Now()
		for range 3 {
			if err := b.wait(t.Context(), "git.example.com"); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(begun); took != 3*time.Second {
			t.Errorf("three asks took %s, want 3s", took)
		}
		for range 2 * asksAtOnce {
			if !b.take("[::1]:80") {
				t.Fatal("this machine has a budget")
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		begun = time.Now()
		if err := b.wait(ctx, "git.example.com"); err == nil || time.Since(begun) > time.Millisecond {
			t.Errorf("a caller that gives up waited %s, %v", time.Since(begun), err)
		}
	})
}

func TestRetryAfterIsHeeded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for name, tt := range map[string]struct {
			status int
			header string
			// away is how far the date is.
			away time.Duration
			want time.Duration
		}{
			"seconds":                {http.StatusTooManyRequests, "90", 0, 90 * time.Second},
			"a date":                 {http.StatusServiceUnavailable, "date", 2 * time.Minute, 2 * time.Minute},
			"at most an hour":        {http.StatusTooManyRequests, "999999", 0, time.Hour},
			"nothing":                {http.StatusServiceUnavailable, "", 0, 0},
			"what is neither":        {http.StatusTooManyRequests, "soon", 0, 0},
			"a date that has passed": {http.StatusTooManyRequests, "date", -time.Minute, 0},
			"another status":         {http.StatusForbidden, "90", 0, 0},
		} {
			if tt.header == "date" {
				tt.header = time.Now().UTC().Add(tt.away).Format(http.TimeFormat)
			}
			var b budget
			answer := &http.Response{StatusCode: tt.status, Header: http.Header{"Retry-After": {tt.header}}}
			begun := time.Now()
			err := b.hold("git.example.com", answer)
			if (err != nil) != (tt.want > 0) || (b.held("GIT.example.com") != nil) != (tt.want > 0) {
				t.Errorf("%s: got %v, want %s", name, err, tt.want)
			}
			if b.held("other.example.com") != nil {
				t.Errorf("%s: another host is left alone too", name)
			}
			for b.held("git.example.com") != nil {
				time.Sleep(time.Second)
			}
			if took := time.Since(begun); took != tt.want {
				t.Errorf("%s: left alone for %s, want %s", name, took, tt.want)
			}
		}
	})
}

func TestPausesAfterFailuresGrow(t *testing.T) {
	t.Parallel()
	for failures, want := range map[int]time.Duration{
		1: 2 * time.Second, 2: 4 * time.Second, 3: 8 * time.Second, 8: 256 * time.Second, 9: 5 * time.Minute, 1000: 5 * time.Minute,
	} {
		if got := (listing{failures: failures}).pause(); got != want {
			t.Errorf("after %d failures the pause is %s, want %s", failures, got, want)
		}
	}
}

func TestWhoWaitsForTheBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const url = "https://git.example.com/shop.git"
		f := New(Options{CacheDir: t.TempDir()})
		for f.clients.budget.take("git.example.com") {
		}
		for name, tt := range map[string]struct {
			maxAge time.Duration
			known  bool
			want   error
			waits  bool
		}{
			"who looks regularly takes what is known":     {5 * time.Second, true, errLater, false},
			"who looks regularly and knows nothing waits": {5 * time.Second, false, nil, true},
			"who is about to act waits":                   {time.Second, true, nil, true},
			"who accepts no old answer asks at once":      {0, true, nil, false},
		} {
			begun := time.Now()
			if err := f.turn(t.Context(), url, tt.maxAge, tt.known); !errors.Is(err, tt.want) || (time.Since(begun) > 0) != tt.waits {
				t.Errorf("%s: got %v after %s", name, err, time.Since(begun))
			}
		}
	})
}

func TestHostName(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://mira@git.example.com:8443/shop.git": "git.example.com:8443", "ssh://git@git.example.com/shop.git": "git.example.com:22",
		"git@git.example.com:shop.git": "git.example.com:22", "file:///srv/shop.git": "", "/srv/shop.git": "",
	} {
		if got := hostName(raw); got != want {
			t.Errorf("%s is at %q, want %q", raw, got, want)
		}
	}
}

func TestEveryProtocolCountsForItsHost(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://git.example.com/shop.git": "git.example.com", "git://git.example.com/shop.git": "git.example.com",
		"git://git.example.com:9419/shop.git": "git.example.com:9419", "git@git.example.com:shop.git": "git.example.com:22",
		"ssh://git@git.example.com:2222/shop.git": "git.example.com:2222", "file:///srv/shop.git": "", "/srv/shop.git": "",
	} {
		if got := hostName(raw); got != want {
			t.Errorf("%s counts for %q, want %q", raw, got, want)
		}
	}
}
