package gitsrc

import (
	"net/url"
	"testing"
	"time"
)

func TestTheLFSServerOfAURL(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://git.example.com/team/shop":            "https://git.example.com/team/shop.git/info/lfs",
		"https://git.example.com/team/shop.git":        "https://git.example.com/team/shop.git/info/lfs",
		"https://git.example.com/team/shop/":           "https://git.example.com/team/shop.git/info/lfs",
		"https://mira:word@git.example.com/shop.git":   "https://git.example.com/shop.git/info/lfs",
		"https://git.example.com:8443/a%2Fb/shop":      "https://git.example.com:8443/a%2Fb/shop.git/info/lfs",
		"ssh://git@git.example.com:2222/team/shop.git": "https://git.example.com/team/shop.git/info/lfs",
		"git@git.example.com:team/shop.git":            "https://git.example.com/team/shop.git/info/lfs",
		"ssh://git@git.example.com/~mira/shop":         "https://git.example.com/~mira/shop.git/info/lfs",
	} {
		t.Run(raw, func(t *testing.T) {
			t.Parallel()
			u, err := beside(raw)
			if err != nil || u.String() != want {
				t.Errorf("got %v (%v), want %s", u, err, want)
			}
		})
	}
}

func TestAGrantEnds(t *testing.T) {
	t.Parallel()
	given := time.Date(2024, 5, 6, 7, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		grant largeGrant
		want  time.Duration
	}{
		"that does not say when": {largeGrant{}, time.Minute},
		"after some seconds":     {largeGrant{ExpiresIn: 600}, 570 * time.Second},
		"at a time":              {largeGrant{ExpiresAt: given.Add(time.Hour)}, time.Hour - 30*time.Second},
		"by the seconds of both": {largeGrant{ExpiresIn: 60, ExpiresAt: given.Add(time.Hour)}, 30 * time.Second},
		"that is over at once":   {largeGrant{ExpiresIn: -5}, -35 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := tt.grant.end(given).Sub(given); got != tt.want {
				t.Errorf("it ends after %s, want %s", got, tt.want)
			}
		})
	}
}

func TestOriginsAreSchemeHostAndPort(t *testing.T) {
	t.Parallel()
	for raw, same := range map[string]bool{
		"https://git.example.com/x": true, "https://GIT.example.com:443/y": true, "HTTPS://git.example.com": true,
		"http://git.example.com/x": false, "https://git.example.com:8443": false, "https://example.com": false, "https://lfs.git.example.com": false,
	} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if got := sameOrigin("https://mira:word@git.example.com/team/shop.git", u); got != same {
			t.Errorf("%s has the origin: %t, want %t", raw, got, same)
		}
	}
}
