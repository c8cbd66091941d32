package cli_test

import (
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/command"
)

func TestUsage(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	for name, c := range map[string]struct {
		status int
		args   []string
		says   []string
	}{
		"help lists the commands":              {0, []string{"--help"}, []string{"app", "repo", "cluster", "admin", "doctor", "demo"}},
		"a group without a verb explains it":   {0, []string{"app"}, []string{"sync", "rollback"}},
		"the version":                          {0, []string{"version"}, []string{"wheelhouse", "go1."}},
		"completion":                           {0, []string{"completion", "bash"}, []string{"__start_wheelhouse"}},
		"an unknown command":                   {2, []string{"aap"}, []string{`"aap"`, "app"}},
		"an unknown verb":                      {2, []string{"app", "launch"}, []string{`"launch"`, "wheelhouse app --help"}},
		"a verb that is nearly one":            {2, []string{"app", "synch"}, []string{"did you mean sync"}},
		"an unknown flag":                      {2, []string{"app", "list", "--nope"}, []string{"--nope", "wheelhouse app list --help"}},
		"a store of an unknown kind":           {2, []string{"app", "list", "--store", "ftp:x"}, []string{"ftp:x", "file:"}},
		"a store that is no folder":            {7, []string{"app", "list", "--store", "file:/dev/null/x"}, []string{"/dev/null/x"}},
		"a store in a cluster":                 {7, []string{"app", "list", "--store", "cluster"}, []string{"--store file:DIR"}},
		"a duration that is none":              {2, []string{"app", "wait", "x", "--timeout", "soon"}, []string{"--timeout", "soon", "30s, 5m"}},
		"a size of the cache that is none":     {2, []string{"app", "list", "--cache-limit", "much"}, []string{"--cache-limit", "a size is"}},
		"a time to render that is negative":    {2, []string{"app", "list", "--render-timeout", "-5s"}, []string{"--render-timeout", "more than 0", "90s"}},
		"no time to render":                    {2, []string{"app", "list", "--render-timeout", "0s"}, []string{"--render-timeout", "more than 0"}},
		"a scheme that is none of the web":     {2, []string{"app", "list", "--values-file-schemes", "https,s3"}, []string{"--values-file-schemes", "s3", "use https, http, or both"}},
		"a time to render that is none":        {2, []string{"app", "list", "--render-timeout", "soon"}, []string{"--render-timeout", "such as 90s"}},
		"no pause between looks":               {2, []string{"app", "list", "--interval", "0s"}, []string{"--interval", "more than 0"}},
		"a limit that is negative":             {2, []string{"app", "list", "--sync-timeout", "-1s"}, []string{"--sync-timeout", "cannot be negative", "0 for none"}},
		"a pin that ended before it began":     {2, []string{"app", "pin", "web", "--reason", "x", "--for", "-1h"}, []string{"--for", "-1h", "cannot be negative", "72h"}},
		"a negative number of seconds":         {2, []string{"app", "sync", "web", "--timeout", "-5"}, []string{"--timeout", "cannot be negative", "number of seconds"}},
		"fewer retries than none":              {2, []string{"app", "sync", "web", "--retry-limit", "-7"}, []string{"--retry-limit -7", "-1 (without end)"}},
		"a pause of nothing":                   {2, []string{"app", "pause", "web", "--for", "0"}, []string{"for how long?", "--end ends a pause"}},
		"a pause that begins and ends":         {2, []string{"app", "pause", "web", "--for", "1m", "--end"}, []string{"give one of them"}},
		"pauses that shrink":                   {2, []string{"app", "sync", "web", "--retry-backoff-factor", "0"}, []string{"--retry-backoff-factor 0", "1 (the same pause"}},
		"settled, and only tried":              {2, []string{"app", "resume", "web", "--discard", "--dry-run"}, []string{"--discard", "runs no step", "leave it out"}},
		"settled, and a step skipped":          {2, []string{"app", "resume", "web", "--discard", "--skip", "hook:Job/web/a"}, []string{"--discard", "--skip"}},
		"settled, and a guard confirmed":       {2, []string{"app", "resume", "web", "--discard", "--confirm", "hook:Job/web/a"}, []string{"--discard", "--confirm"}},
		"two records of one kind":              {2, []string{"app", "history", "web", "--diff", "r1,r2", "--only", "actions"}, []string{"--only", "--diff", "leave one of them out"}},
		"the root of no folder to compare":     {2, []string{"app", "diff", "web", "--local-repo-root", "."}, []string{"--local-repo-root goes with --local"}},
		"the root of no folder to print":       {2, []string{"app", "manifests", "web", "--local-repo-root", "."}, []string{"--local-repo-root goes with --local"}},
		"too little memory to render":          {2, []string{"app", "list", "--render-memory", "1Ki"}, []string{"--render-memory", "at least 128Mi"}},
		"a repository of an unknown type":      {2, []string{"repo", "add", "https://git.invalid", "--type", "svn"}, []string{"use git, helm or oci"}},
		"a password that nobody types":         {2, []string{"repo", "add", "https://git.invalid", "--password", "-"}, []string{"standard input"}},
		"a host key of a web server":           {2, []string{"repo", "trust", "https://git.invalid"}, []string{"no host key", "--ca-path"}},
		"a repository that is no URL":          {2, []string{"repo", "add", "notaurl"}, []string{"notaurl", "for example"}},
		"a password beside a token":            {2, []string{"repo", "add", "https://git.invalid", "--password", "a", "--bearer-token", "b"}, []string{"--bearer-token"}},
		"a place for logins without a context": {2, []string{"repo", "list", "--repositories", "argocd"}, []string{`"argocd"`, "CONTEXT/NAMESPACE"}},
		"an application that is not there":     {3, []string{"app", "get", "nobody"}, []string{"nobody", "wheelhouse app list"}},
		"a name that cannot be one":            {2, []string{"app", "get", "a/b/c"}, []string{"a/b/c", "NAMESPACE/NAME"}},
		"create without a name and a document": {2, []string{"app", "create"}, []string{"NAME", "-f FILE"}},
		"set without a flag":                   {2, []string{"app", "set", "x"}, []string{"at least one flag"}},
		"a resource of another form":           {2, []string{"app", "plan", "x", "--resource", "web"}, []string{"GROUP:KIND"}},
		"the worker by hand":                   {7, []string{"render-worker"}, []string{"wheelhouse admin render"}},
		"the console without a terminal":       {2, nil, []string{"terminal"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := p.in(t).expect(c.status, c.args...)
			contains(t, r.out+r.err, c.says...)
			if c.status != 0 && (r.out != "" || !strings.HasPrefix(r.err, "wheelhouse: ")) {
				t.Errorf("errors go to the error stream, under the program's name:\n%s|%s", r.out, r.err)
			}
		})
	}
}

// TestEveryVerb gives every row of the table what is wrong for all of them, and asks for its help.
func TestEveryVerb(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	for _, v := range command.Table() {
		t.Run(v.Group+" "+v.Name, func(t *testing.T) {
			t.Parallel()
			p := p.in(t)
			help := p.must(v.Group, v.Name, "--help")
			contains(t, help, "wheelhouse "+v.Group+" "+v.Name, v.Args)
			contains(t, p.expect(2, v.Group, v.Name, "--no-such-flag").err, "--no-such-flag", "--help")
			if v.MaxArgs >= 0 {
				contains(t, p.expect(2, append([]string{v.Group, v.Name}, make([]string, v.MaxArgs+1)...)...).err, "takes")
			}
			if v.MinArgs > 0 {
				contains(t, p.expect(2, v.Group, v.Name).err, "takes", v.Args)
			}
			if len(v.Formats) > 0 {
				args := append([]string{v.Group, v.Name}, make([]string, v.MinArgs)...)
				for i := range v.MinArgs {
					args[2+i] = "x"
				}
				contains(t, p.expect(2, append(args, "-o", "xml")...).err, "xml", v.Formats[0])
			}
		})
	}
}
