package cli

import (
	"errors"
	"os/user"
	"strings"

	"github.com/spf13/pflag"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// roleNames are what the flag takes, from the least role on.
var roleNames = []string{app.Viewer.String(), app.Operator.String(), app.Admin.String()}

// role is a flag for one of the roles of a Principal.
type role app.Role

var _ pflag.Value = (*role)(nil)

// Set reads the name of a role.
func (r *role) Set(text string) error {
	for i, name := range roleNames {
		if name == text {
			*r = role(i)
			return nil
		}
	}
	return errors.New("a role is one of " + strings.Join(roleNames, ", "))
}

// String writes the role's name.
func (r *role) String() string { return app.Role(*r).String() }

// Type names what the flag takes.
func (r *role) Type() string { return "role" }

// principal is the person who runs the program, with the role that was asked for. On a file store everybody who may write it is its
// administrator: a lesser role keeps from slips, and holds where somebody else writes the command line.
func (g *global) principal() app.Principal {
	p := app.Principal{Name: "unknown", Role: app.Role(g.role)}
	if u, err := user.Current(); err == nil {
		p.Name = u.Username
	}
	by := "role"
	if g.readOnly {
		p.Role, by = app.Viewer, "read-only"
	}
	if p.Role < app.Admin {
		p.Denied = g.startedWith(by)
	}
	return p
}

// startedWith tells where a setting that takes rights away is to be found.
func (g *global) startedWith(name string) string {
	for _, s := range g.settings {
		if s.Name == name && s.From == "file" {
			return "started with " + name + ": " + s.Value + " in " + configPath()
		}
	}
	if name == "role" {
		return "started with --role " + g.role.String()
	}
	return "started with --" + name
}
