package main

import "testing"

func TestUsage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		args   []string
		says   []string
	}{
		"no command prints the commands":           {0, nil, []string{"up --dir DIR", "down --dir DIR", "status --dir DIR", "git stop|start"}},
		"help is no error":                         {0, []string{"help"}, []string{"up --dir DIR"}},
		"an unknown command is wrong use":          {exitUsage, []string{"launch", "--dir", "x"}, []string{`"launch"`, "up --dir DIR"}},
		"an unknown flag is wrong use":             {exitUsage, []string{"up", "--nope"}, []string{"-nope"}},
		"a folder that is not named":               {exitUsage, []string{"up"}, []string{"--dir DIR"}},
		"git wants stop or start":                  {exitUsage, []string{"git", "pause", "--dir", "x"}, []string{`"git"`}},
		"a folder without a playground: status":    {exitNone, []string{"status", "--dir", "/nowhere"}, []string{"/nowhere", "wheelhouse-playground up --dir /nowhere"}},
		"a folder without a playground: down":      {exitNone, []string{"down", "--dir", "/nowhere"}, []string{"/nowhere", "wheelhouse-playground up --dir /nowhere"}},
		"a folder without a playground: git":       {exitNone, []string{"git", "stop", "--dir", "/nowhere"}, []string{"/nowhere"}},
		"a folder that cannot be made is an error": {exitError, []string{"up", "--dir", "/dev/null/x"}, []string{"/dev/null/x"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := expect(t, c.status, c.args...)
			contains(t, r.out+r.err, c.says...)
		})
	}
}
