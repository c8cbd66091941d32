package gitsrc

import "testing"

func TestServersThatNeedTheGitProgram(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]bool{
		"https://dev.azure.com/team/project/_git/shop": true, "https://mira@dev.azure.com/team/_git/shop": true,
		"https://team.visualstudio.com/_git/shop": true, "git@ssh.dev.azure.com:v3/team/project/shop": true,
		"https://github.com/team/shop": false, "https://dev.azure.com.example.com/shop": false,
		"https://example.com/dev.azure.com/shop": false, "file:///dev.azure.com/shop": false,
	} {
		if got := needsProgram(url); got != want {
			t.Errorf("%s: got %v, want %v", url, got, want)
		}
	}
}
