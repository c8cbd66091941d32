package app_test

import (
	"fmt"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

func TestTheFirstOfTwoLoginsWithOneURLServes(t *testing.T) {
	t.Parallel()
	of := func(name string, template bool) app.RepositoryLogin {
		return app.RepositoryLogin{Repository: app.Repository{URL: "https://git.example.com/shop", Name: name, Username: "mira", Template: template}}
	}
	for want, all := range map[string][]app.RepositoryLogin{
		"first":      {of("first", false), of("second", false)},
		"repository": {of("template", true), of("repository", false)},
	} {
		if got := app.NewLogins(all).For("https://git.example.com/shop/deeper"); got.Name != want {
			t.Errorf("%s serves, want %s", got.Name, want)
		}
	}
}

// BenchmarkLoginOfManyRepositories is one question among 5,000 entries.
func BenchmarkLoginOfManyRepositories(b *testing.B) {
	var all []app.RepositoryLogin
	for i := range 5000 {
		all = append(all, app.RepositoryLogin{Repository: app.Repository{URL: fmt.Sprintf("https://git.example.com/team-%d/shop.git", i)}})
	}
	known := app.NewLogins(all)
	for b.Loop() {
		if !known.For("https://git.example.com/team-4711/shop").Registered {
			b.Fatal("it is not found")
		}
	}
}

func TestOneRepositoryHasSeveralURLs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"https://h/x", "https://h/x/", true},
		{"https://h/x", "https://h/x.git", true},
		{"https://h/x.git/", "https://u:p@h/x", true},
		{"git@h:x.git", "git@h:x", true},
		{"https://h/x", "https://h/x/y", false},
		{"https://h/x", "https://h/xy", false},
		{"https://h/x", "http://h/x", false},
		{"ssh://git@h/x", "ssh://ada@h/x", false},
	} {
		if got := app.SameRepository(tt.a, tt.b); got != tt.want {
			t.Errorf("%s and %s: %v, want %v", tt.a, tt.b, got, tt.want)
		}
	}
}
