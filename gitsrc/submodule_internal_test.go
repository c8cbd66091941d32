package gitsrc

import "testing"

func TestURLsOfSubmodules(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ parent, raw, want string }{
		{"https://git.example.com/team/shop.git", "../lib.git", "https://git.example.com/team/lib.git"},
		{"https://git.example.com/team/shop.git", "../../other/lib.git", "https://git.example.com/other/lib.git"},
		{"https://mira@git.example.com/team/shop.git/", "./lib.git", "https://mira@git.example.com/team/shop.git/lib.git"},
		{"https://git.example.com/shop.git", "../../lib.git", ""},
		{"git@git.example.com:team/shop.git", "../lib.git", "git@git.example.com:team/lib.git"},
		{"git@git.example.com:/srv/shop.git", "../lib.git", "git@git.example.com:/srv/lib.git"},
		{"git@git.example.com:shop.git", "../../lib.git", ""},
		{"ssh://git@git.example.com:2222/team/shop.git", "../lib.git", "ssh://git@git.example.com:2222/team/lib.git"},
		{"https://git.example.com/shop.git", "https://other.example.com/lib.git", "https://other.example.com/lib.git"},
		{"https://git.example.com/shop.git", "git@other.example.com:lib.git", "git@other.example.com:lib.git"},
		{"https://git.example.com/shop.git", "file:///etc", ""},
		{"https://git.example.com/shop.git", "/etc", ""},
		{"https://git.example.com/shop.git", "git://other.example.com/lib.git", ""},
		{"file:///srv/shop.git", "file:///srv/lib.git", "file:///srv/lib.git"},
	} {
		if got, err := submoduleURL(tt.parent, tt.raw); got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%s of %s is %q, %v, want %q", tt.raw, tt.parent, got, err, tt.want)
		}
	}
}
