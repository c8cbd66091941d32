package app_test

import (
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

func TestACommitIsNamedInShort(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		strings.Repeat("a1", 20):             "a1a1a1a",
		"sha256:" + strings.Repeat("b2", 32): "sha256:b2b2b2b",
		"1.2.3-rc.1+build":                   "1.2.3-rc.1+build",
		"":                                   "",
	} {
		if got := (app.Commit{ID: id}).Short(); got != want {
			t.Errorf("%q is %q in short, want %q", id, got, want)
		}
	}
}
