package cli_test

import "testing"

func TestAnOperatorIsRefusedWhatIsForAdministrators(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.must(append(webFlags, "--role", "operator")...)
	p.must("app", "set", "web", "--revision", "v2", "--role", "operator")
	for name, args := range map[string][]string{
		"delete an application":              {"app", "delete", "web", "--yes"},
		"change the registered repositories": {"repo", "add", "https://git.example.com/team"},
		"change the clusters of the store":   {"cluster", "add", "prod"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := p.in(t).expect(6, append(args, "--role", "operator")...)
			contains(t, r.err, name+": not allowed: needs the role admin", "started with --role operator; start it without that")
		})
	}
}

func TestARoleIsASetting(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.must(webFlags...)
	set := []string{"app", "set", "web", "--revision", "v3"}
	contains(t, p.expect(6, append(set, "--role", "viewer")...).err, "needs the role operator", "started with --role viewer")
	contains(t, p.expect(6, append(set, "--role", "admin", "--read-only")...).err, "needs the role operator", "started with --read-only")
	contains(t, p.expect(6, "automate", "--role", "viewer").err, "a viewer automates nothing", "started with --role viewer")
	contains(t, p.expect(2, append(set, "--role", "root")...).err, "--role", "a role is one of viewer, operator, admin")
	contains(t, p.must("__complete", "--role", ""), "operator\n")

	file := p.write("wheelhouse/config.yaml", "role: viewer\n")
	contains(t, p.expect(6, set...).err, "started with role: viewer in "+file)
	p.must(append(set, "--role", "operator")...)
	if got := settings(t, p)["role"]; got != "viewer file" {
		t.Errorf("the role is %q", got)
	}
}
